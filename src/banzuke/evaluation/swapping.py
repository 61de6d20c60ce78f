"""Swapping two runs at random: a paired test that holds its level, and the interval of that test.

Where two runs are equally good, it does not matter which of them gave which answer. So the
answers of every passage are swapped between the runs, or not, by the toss of a coin, and the
difference is computed again: p is the share of such differences that are as large as the one
seen. That holds for few items too, where a bootstrap claims too much.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from banzuke.evaluation.columns import Columns
from banzuke.evaluation.drawing import cluster_codes, linked
from banzuke.stats.bootstrap import unanimous_replicates

N_SWAPS = 9_999  # and the runs as they are: 10,000

_ALPHA = 0.05
_ROUNDING = 1e-9
_CELLS = 2_000_000  # of a block of coins, so that memory does not grow with the swaps


@dataclass(frozen=True)
class Swapped:
    """A difference of two scores, and what becomes of it in random swaps.

    Parameters
    ----------
    value : float
    differences : numpy.ndarray, shape (n_swaps,)
        The same difference after each swap.
    balances : numpy.ndarray, shape (n_swaps,)
        Share of the items that kept their run less that of those that were swapped: what
        would become of a difference of 1 on every item.
    limit : float
        No difference is larger.
    """

    value: float
    differences: np.ndarray
    balances: np.ndarray
    limit: float = 1.0

    def p(self) -> float:
        """Return the two-sided p; 1 where there is no difference, NaN where it has no error."""
        if self.value == 0:
            return 1.0
        reach = self._reach(-math.copysign(1, self.value))
        if reach is None:
            return math.nan
        as_large = int((reach >= abs(self.value) - _ROUNDING).sum())
        return (1 + as_large) / (1 + len(reach))

    def interval(self, p: float) -> tuple[float, float]:
        """Return the differences at which this test has a p above .05.

        Parameters
        ----------
        p : float
            Of the difference 0, by this test or by an exact one. Random swaps miss an exact p
            by a little; the level is moved by as much, so that 0 is inside where p > .05.
        """
        below, above = self._reach(-1.0), self._reach(1.0)
        if below is None or above is None:
            return math.nan, math.nan
        level = _ALPHA * float(np.clip(self.p() / p, 0.8, 1.2))
        lower = self.value - _largest(below, level) - _ROUNDING
        upper = self.value + _largest(above, level) + _ROUNDING
        return max(lower, -self.limit), min(upper, self.limit)

    def _reach(self, side: float) -> np.ndarray | None:
        """Return, for each swap, how far from the value it still is as large as the one seen.

        If the runs differed by value + e on every item, a swap would give a difference of
        (difference - value * balance) - e * balance, against -e as seen: larger up to the e
        that is returned. Without any balance left, as when all are swapped, every e.
        """
        known = np.isfinite(self.differences)
        if not math.isfinite(self.value) or 2 * known.sum() < len(known):
            return None
        moved = side * (self.differences - self.value * self.balances)
        with np.errstate(invalid="ignore", divide="ignore"):
            reach = np.abs(moved) / (1 + np.sign(moved) * self.balances)
        return np.where(known & (np.abs(self.balances) < 1 - _ROUNDING), reach, np.inf)


def _largest(reach: np.ndarray, level: float) -> float:
    """Return the farthest e that more than this share of all swaps, the sample's too, reaches."""
    count = max(1, math.floor(level * (1 + len(reach)) + _ROUNDING))
    return float(np.partition(reach, -count)[-count])


def swap(ours: Sequence[Columns], theirs: Sequence[Columns], *, seed: int) -> list[Swapped]:
    """Return the differences of the main strict scores, theirs less ours, in random swaps.

    Data sets that share passages see the same swaps, so that their means are right.

    Parameters
    ----------
    ours, theirs : sequence of Columns
        Of two runs on the same items.
    seed : int
    """
    found: dict[int, Swapped] = {}
    for number, group in enumerate(linked(ours)):
        codes = cluster_codes([ours[place].clusters for place in group])
        pieces: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in group]
        changes = [ours[place].change(theirs[place]) for place in group]
        n_clusters = 1 + max(int(part.max()) for part in codes)
        for coins in _coins(n_clusters, (seed, number)):
            for part, change, items in zip(pieces, changes, codes, strict=True):
                kept = coins[:, items]
                part.append((change(kept), 2 * kept.mean(axis=1) - 1))
        for place, part, items in zip(group, pieces, codes, strict=True):
            differences, balances = (np.concatenate(row) for row in zip(*part, strict=True))
            metric = ours[place].metric
            value = theirs[place].value(metric, "strict") - ours[place].value(metric, "strict")
            limit = 2.0 if metric in ("pearson", "spearman") else 1.0
            one = Swapped(value, differences, balances, limit)
            found[place] = _spread(one, items, (seed, number))
    return [found[place] for place in range(len(ours))]


def _coins(n_clusters: int, seed: Sequence[int]) -> Iterator[np.ndarray]:
    """Yield which clusters keep their run: 1 or 0, some swaps at a time."""
    random = np.random.default_rng(list(seed))
    block = max(1, _CELLS // n_clusters)
    for start in range(0, N_SWAPS, block):
        size = min(block, N_SWAPS - start)
        yield random.integers(0, 2, (size, n_clusters), dtype=np.int8).astype(float)


def _spread(one: Swapped, codes: np.ndarray, seed: Sequence[int]) -> Swapped:
    """Give a difference that is the same on all items the error of `unanimous_replicates`."""
    alike = np.abs(one.differences - one.value * one.balances).max() <= _ROUNDING
    if not alike or abs(one.value - round(one.value)) > _ROUNDING:
        return one
    flat = np.full(len(one.differences), one.value)
    noise = unanimous_replicates(one.value, flat, codes, seed=seed) - one.value
    balances = one.balances if round(one.value) else np.zeros_like(one.balances)
    return Swapped(one.value, one.differences + noise, balances, one.limit)


def mean_of_swapped(parts: Iterable[Swapped]) -> Swapped:
    """Return the plain mean; NaN where a part is."""
    known = list(parts)
    return Swapped(
        value=float(np.mean([part.value for part in known])),
        differences=np.mean([part.differences for part in known], axis=0),
        balances=np.mean([part.balances for part in known], axis=0),
        limit=float(np.mean([part.limit for part in known])),
    )
