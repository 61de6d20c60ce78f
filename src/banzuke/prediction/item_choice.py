"""Which items to run next for a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction.few_items import estimate
from banzuke.prediction.item_draws import Draws, item_variance
from banzuke.prediction.response_space import ResponseSpace, one_row

__all__ = ["METHODS", "Choice", "Stop", "choose_items"]

METHODS = ("adaptive", "informative", "fixed", "random")
"""Ways to choose, see `choose_items`."""

_ENOUGH = 25  # below, the position is so uncertain that informative items mislead
_UNIFORM = 0.2  # share of the chance that all items get alike


@dataclass(frozen=True)
class Stop:
    """When enough items were run.

    Parameters
    ----------
    width : float, default 0
        The interval of the mean is at most this wide.
    against : tuple of float, default ()
        Scores of rivals: the interval holds none of them, so the rank among them is settled.
    level : float, default 0.9
        Of the interval.
    """

    width: float = 0.0
    against: tuple[float, ...] = ()
    level: float = 0.9


@dataclass(frozen=True)
class Choice:
    """Items to run next.

    Parameters
    ----------
    items : tuple of int
        Columns, in the order to run them; empty where nothing more is needed.
    reason : str
        How they were chosen (one of `METHODS`), or why there are none: ``"narrow enough"``,
        ``"rank settled"`` or ``"all run"``.
    draws : Draws
        Record of the draws before and of these, for `estimate`; None where items were not
        drawn, but picked.
    """

    items: tuple[int, ...]
    reason: str
    draws: Draws | None = None


def choose_items(
    known: Outcomes | ResponseSpace | Any,
    scores: Any = None,
    *,
    n: int = 10,
    method: str = "adaptive",
    stop: Stop | None = None,
    draws: Draws | None = None,
    position: np.ndarray | None = None,
    seed: int = 0,
) -> Choice:
    """Choose the next batch of items to run for a model.

    ``adaptive``
        Items are drawn with a chance that grows with how unsure their result is, given the
        results so far; a fifth of the chance is shared alike. The first 25 are drawn with equal
        chances: with so little known of the model, informative items mislead. `estimate` with
        the record of the draws gives a valid interval.
    ``informative``
        The items that most reduce the expected variance of the mean, one after the other, each
        given those before it (at a normal prior this is Fisher's information about the mean);
        random below 25 results. Best for ``predicted_mean``; no valid interval.
    ``fixed``
        The same, ignoring all results: one subset for every model.
    ``random``
        With equal chances.

    Parameters
    ----------
    known : Outcomes, array-like or ResponseSpace
        As in `estimate`.
    scores : array-like of shape (n_items,), optional
        Results so far; None before any.
    n : int, default 10
        Size of the batch, at least 1.
    method : str, default "adaptive"
        One of `METHODS`.
    stop : Stop, optional
        When to stop; default: when all items are run.
    draws : Draws, optional
        The record of earlier draws, from ``Choice.draws``.
    position : ndarray of shape (n_components,), optional
        As in `estimate`.
    seed : int, default 0

    Returns
    -------
    Choice

    Raises
    ------
    InvalidInputError
        Where ``n`` is below 1, scores have another length, the method is unknown, or a drawn
        item has no result.

    Examples
    --------
    >>> from banzuke.testing import make_outcomes
    >>> choose_items(make_outcomes(100, 200), n=3).reason
    'random'
    """
    if n < 1:
        raise InvalidInputError(f"n is {n}; choose at least 1 item")
    if method not in METHODS:
        raise InvalidInputError(f"there is no method {method!r}; use {', '.join(METHODS)}")
    space = known if isinstance(known, ResponseSpace) else ResponseSpace.fit(known)
    total = len(space.mean)
    row = np.full(total, np.nan) if scores is None else one_row(scores, total)
    left = np.flatnonzero(np.isnan(row))
    past = draws if draws is not None else _taken_as_random(row)
    past.check(row)
    if not left.size:
        return Choice((), "all run", past)
    reason = _stopped(space, row, past, stop or Stop(), position)
    if reason:
        return Choice((), reason, past)
    if method == "fixed":
        order = _greedy(space, np.diag(space.variance), np.arange(total), n + total - left.size)
        return Choice(tuple(item for item in order if np.isnan(row[item]))[:n], "fixed")
    random = np.random.default_rng([seed, total - left.size])
    if method == "random" or total - left.size < _ENOUGH:
        new = _drawn(np.full(left.size, 1.0), left, total, n, random)
        return Choice(new.items, "random", past.then(new))
    state = space.posterior(row, position)
    if method == "informative":
        return Choice(_greedy(space, state.covariance, left, n), "informative")
    spread = item_variance(space, space.expected(state.position), state.covariance)
    size = np.sqrt(spread[left])
    new = _drawn((1 - _UNIFORM) * size / size.mean() + _UNIFORM, left, total, n, random)
    return Choice(new.items, "adaptive", past.then(new))


def _taken_as_random(row: np.ndarray) -> Draws:
    """Return the record of results that came without one: drawn with equal chances."""
    seen = np.flatnonzero(~np.isnan(row))
    chances = 1 / (len(row) - np.arange(len(seen)))
    return Draws(tuple(seen.tolist()), tuple(chances.tolist()), (True,) * len(seen), 0)


def _drawn(
    size: np.ndarray, left: np.ndarray, total: int, n: int, random: np.random.Generator
) -> Draws:
    """Draw one item after the other, each with a chance in proportion to its size."""
    rest = size.copy()
    equal = bool(np.ptp(size) < 1e-12)
    items, chances = [], []
    for _ in range(min(n, len(left))):
        chance = rest / rest.sum()
        place = int(random.choice(len(left), p=chance))
        items.append(int(left[place]))
        chances.append(float(chance[place]))
        rest[place] = 0.0
    return Draws(tuple(items), tuple(chances), (equal,) * len(items), total - len(left))


def _stopped(
    space: ResponseSpace, row: np.ndarray, past: Draws, stop: Stop, position: np.ndarray | None
) -> str:
    """Return why nothing more is needed; empty where more is."""
    n_run = int((~np.isnan(row)).sum())
    if n_run < _ENOUGH or not (stop.width or stop.against):
        return ""
    found = estimate(space, row, draws=past, position=position, level=stop.level)
    if found.upper - found.lower <= stop.width:
        return "narrow enough"
    if stop.against:
        # asked again after each batch: a split over the looks keeps the chance of a wrong rank
        looks = np.log2(max(2.0, len(row) / _ENOUGH))
        level = 1 - (1 - stop.level) / looks
        wide = estimate(space, row, draws=past, position=position, level=level)
        if not any(wide.lower <= rival <= wide.upper for rival in stop.against):
            return "rank settled"
    return ""


def _greedy(
    space: ResponseSpace, covariance: np.ndarray, left: np.ndarray, n: int
) -> tuple[int, ...]:
    target = space.loadings.mean(axis=0)
    candidates, chosen = list(left), []
    for _ in range(min(n, len(candidates))):
        v = space.loadings[candidates]
        spread = v @ covariance
        total = np.einsum("ij,ij->i", spread, v) + space.noise[candidates]
        best = int(np.argmax(np.square(spread @ target) / total))
        covariance = covariance - np.outer(spread[best], spread[best]) / total[best]
        chosen.append(int(candidates.pop(best)))
    return tuple(chosen)
