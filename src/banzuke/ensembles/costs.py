"""What asking models costs, and what may be spent on one item."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from banzuke.exceptions import InvalidInputError


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Prices and limits for one item.

    Parameters
    ----------
    prices : mapping of str to float, optional
        Money for one answer of each model, 0 or more.
    money : float, optional
        Most that the answers to one item may cost together.
    latencies : mapping of str to float, optional
        Seconds that each model takes; models are asked at the same time.
    seconds : float, optional
        Longest wait; slower models cannot be chosen.

    Examples
    --------
    >>> costs = Costs(prices={"a": 1.0, "b": 3.0}, money=3.5)
    >>> costs.allows(["a"]), costs.allows(["a", "b"]), costs.total(["a", "b"])
    (True, False, 4.0)
    """

    prices: Mapping[str, float] | None = None
    money: float | None = None
    latencies: Mapping[str, float] | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        _check_amounts("price", self.prices)
        _check_amounts("latency", self.latencies)
        if self.money is not None and (self.prices is None or not self.money > 0):
            raise InvalidInputError(
                f"a limit of {self.money} in money needs prices and must be more than 0"
            )
        if self.seconds is not None and (self.latencies is None or not self.seconds > 0):
            raise InvalidInputError(
                f"a limit of {self.seconds} seconds needs latencies and must be more than 0"
            )

    def check(self, models: Sequence[str]) -> None:
        """Refuse a pool in which some model has no price or latency, or none is allowed.

        Raises
        ------
        InvalidInputError
        """
        for what, known in (("price", self.prices), ("latency", self.latencies)):
            missing = [] if known is None else [name for name in models if name not in known]
            if missing:
                raise InvalidInputError(
                    f"model {missing[0]!r} has no {what} ({len(missing)} such); "
                    f"give one for each model, 0 where it is free"
                )
        if not any(self.allows([name]) for name in models):
            raise InvalidInputError("no single model is within the limits; raise them")

    def total(self, models: Sequence[str]) -> float:
        """Return the price of asking all of some models; NaN without prices."""
        if self.prices is None:
            return float("nan")
        return float(sum(self.prices[name] for name in models))

    def allows(self, models: Sequence[str]) -> bool:
        """Return whether some models together are within the limits."""
        slowest = max(((self.latencies or {}).get(name, 0.0) for name in models), default=0.0)
        if self.seconds is not None and slowest > self.seconds:
            return False
        return self.money is None or self.total(models) <= self.money * (1 + 1e-12)


def frontier(costs: Sequence[float], losses: Sequence[float]) -> np.ndarray:
    """Return the positions that no other beats in both cost and loss, cheapest first.

    Parameters
    ----------
    costs, losses : sequence of float, equal length

    Examples
    --------
    >>> frontier([1, 2, 3, 2], [0.9, 0.5, 0.6, 0.7]).tolist()
    [0, 1]
    """
    order = np.lexsort((losses, costs))
    best = np.inf
    kept = []
    for position in order:
        if losses[position] < best:
            best = losses[position]
            kept.append(int(position))
    return np.array(kept, dtype=np.intp)


def lower_hull(costs: Sequence[float], losses: Sequence[float]) -> np.ndarray:
    """Return the positions that neither another nor a mix of two beats, cheapest first.

    To take one option with some chance and another otherwise costs and loses the mean of
    both, so whatever lies above the line between two others is beaten by their mix.

    Parameters
    ----------
    costs, losses : sequence of float, equal length

    Examples
    --------
    >>> lower_hull([1, 2, 3, 4], [0.9, 0.8, 0.3, 0.3]).tolist()
    [0, 2]
    """
    kept: list[int] = []
    for new in frontier(costs, losses).tolist():
        while len(kept) > 1:
            first, middle = kept[-2:]
            share = (costs[middle] - costs[first]) / (costs[new] - costs[first])
            if losses[middle] < (1 - share) * losses[first] + share * losses[new]:
                break
            kept.pop()
        kept.append(new)
    return np.array(kept, dtype=np.intp)


def acceptor(costs: Costs | None, models: Sequence[str]) -> Callable[[tuple[int, ...]], bool]:
    """Return a test of sets of columns against the limits."""
    if costs is None:
        return lambda columns: True
    return lambda columns: costs.allows([models[column] for column in columns])


def _check_amounts(what: str, amounts: Mapping[str, Any] | None) -> None:
    for name, amount in (amounts or {}).items():
        number = isinstance(amount, (int, float, np.number)) and not isinstance(amount, bool)
        if not number or not 0 <= float(amount) < np.inf:
            raise InvalidInputError(
                f"the {what} of model {name!r} is {amount!r}; it must be a number, 0 or more"
            )
