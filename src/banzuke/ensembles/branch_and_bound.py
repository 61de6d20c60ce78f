"""The best set of k models without scoring all of them, where a bound says which cannot win."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from banzuke.exceptions import InvalidInputError

Models = tuple[int, ...]
Score = Callable[[Models], float]
Bound = Callable[[Models, Models, int], float]
"""From chosen models, those that may join, and how many will: no such set scores more."""

_SLACK = 1e-12


def monotone_bound(score: Score, *, largest: int = 12) -> Bound:
    """Bound a set by what it would score with every model that may still join.

    Valid where one more model never lowers the score, as for the information of a known
    distribution or of plain counts. From few items it seldom cuts: counts of many models
    explain every label.

    Parameters
    ----------
    score : callable
        From models (sorted positions) to the score.
    largest : int, default 12
        Larger sets are not scored, and so not cut.
    """

    def bound(chosen: Models, rest: Models, missing: int) -> float:
        if len(chosen) + len(rest) > largest:
            return float("inf")
        return score(tuple(sorted((*chosen, *rest))))

    return bound


def submodular_bound(score: Score) -> Bound:
    """Bound a set by its score and the largest single gains of those that may still join.

    Valid where gains only shrink as sets grow: for information, where the answers are
    independent given the label. Correlated errors break it (the exclusive or of two answers).

    Parameters
    ----------
    score : callable
        From models (sorted positions) to the score.
    """

    def bound(chosen: Models, rest: Models, missing: int) -> float:
        before = score(chosen)
        gains = sorted((score(tuple(sorted((*chosen, j)))) - before for j in rest), reverse=True)
        return before + sum(gains[:missing])

    return bound


@dataclass
class _Search:
    score: Score
    bound: Bound
    k: int
    keep: int
    most: int
    accept: Callable[[Models], bool]
    best: list[tuple[float, Models]] = field(default_factory=list)
    n_scored: int = 0

    @property
    def bar(self) -> float:
        """What a set must beat."""
        return self.best[0][0] if len(self.best) == self.keep else float("-inf")

    def visit(self, chosen: Models, rest: Models) -> None:
        missing = self.k - len(chosen)
        if missing == 0:
            self._take(chosen)
            return
        while len(rest) >= missing:
            if self.bound(chosen, rest, missing) < self.bar - _SLACK:
                return
            if self.accept((*chosen, rest[0])):
                self.visit((*chosen, rest[0]), rest[1:])
            rest = rest[1:]

    def _take(self, chosen: Models) -> None:
        models = tuple(sorted(chosen))
        if any(models == known for _, known in self.best):
            return
        self.n_scored += 1
        if self.n_scored > self.most:
            raise InvalidInputError(
                f"the bound cuts too little: {self.most:,} sets of {self.k} models were scored "
                "and more are left; lower the budget or use the method cross-fitted"
            )
        heapq.heappush(self.best, (self.score(models), models))
        if len(self.best) > self.keep:
            heapq.heappop(self.best)


def branch_and_bound(
    score: Score,
    order: Sequence[int],
    k: int,
    bound: Bound,
    *,
    start: Sequence[Models] = (),
    keep: int = 1,
    most: int = 300_000,
    accept: Callable[[Models], bool] = lambda models: True,
) -> list[tuple[Models, float]]:
    """Return the sets of k models with the highest score, exactly as if all were scored.

    Parameters
    ----------
    score : callable
        From models (sorted positions) to the score.
    order : sequence of int
        Positions, the most promising first: what is left at the end is cut soonest.
    k : int
        1 to the number of positions.
    bound : callable
        From `monotone_bound` or `submodular_bound`; the result is exact where it is valid.
    start : sequence of tuple of int
        Good sets known before, such as the greedy one.
    keep : int, default 1
        How many sets to return.
    most : int, default 300,000
        Sets to score before giving up.
    accept : callable
        False for a set that is not allowed, and then for every larger one: a limit in money.

    Returns
    -------
    list of (models, score)
        Best first; ties in order of the positions.

    Raises
    ------
    InvalidInputError
        Where k is out of range, or ``most`` is not enough.

    References
    ----------
    Narendra, Fukunaga (1977), A branch and bound algorithm for feature subset selection.

    Examples
    --------
    >>> weights = [3.0, 1.0, 2.0]
    >>> score = lambda models: sum(weights[j] for j in models)
    >>> branch_and_bound(score, [0, 2, 1], 2, submodular_bound(score))
    [((0, 2), 5.0)]
    """
    if not 1 <= k <= len(order):
        raise InvalidInputError(f"k is {k}, but there are {len(order)} models")
    known: dict[Models, float] = {}

    def remembered(models: Models) -> float:
        if models not in known:
            known[models] = score(models)
        return known[models]

    search = _Search(score=remembered, bound=bound, k=k, keep=keep, most=most, accept=accept)
    for models in start:
        search._take(models)
    search.visit((), tuple(order))
    return [(models, value) for value, models in sorted(search.best, key=lambda p: (-p[0], p[1]))]
