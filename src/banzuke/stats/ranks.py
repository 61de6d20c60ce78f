"""Ranks with their uncertainty: which models can be told apart, and which ranks are possible.

The rank interval of a model runs from one more than the number of models that are
significantly better to the number of all models less those that are significantly worse. The
comparisons of one model with all others hold together at the level, so the interval covers
the model's true rank at least that often.

References
----------
Mogstad, Romano, Shaikh and Wilhelm (2024), Inference for ranks with applications to mobility
across neighbourhoods and academic achievement across countries, Review of Economic Studies 91:
their marginal confidence sets, here with two-sided comparisons.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from scipy.stats import t as student

from banzuke.exceptions import InvalidInputError

_MOST_WORK = 100_000_000
_CHUNK = 250
_ENDLESS = 1e18  # times the variance: nothing is told apart


@dataclass(frozen=True, kw_only=True, eq=False)
class RankIntervals:
    """Rank intervals and tie groups, shape (n_models,); 0 where a model has none.

    Attributes
    ----------
    lower, upper : numpy.ndarray of int64
        Best and worst rank that the data leave possible; 1 is the highest score.
    group : numpy.ndarray of int64
        Tie group from 1: going down the scores, a new group starts with the first score whose
        models are all significantly worse than the best of the present group.
    """

    lower: np.ndarray
    upper: np.ndarray
    group: np.ndarray


Compare = Callable[[int], tuple[np.ndarray, np.ndarray]]
"""From a model's row to two masks: who is significantly better, and who worse."""


def bootstrap_means(items: np.ndarray, n: int, random: np.random.Generator) -> np.ndarray:
    """Resample items and return each model's mean over each resample.

    All models get the same resamples, so differences of models are paired.

    Parameters
    ----------
    items : numpy.ndarray of shape (n_models, n_items)
        Scores; NaN where an item was not run, which leaves it out of that model's mean.
    n : int
        Number of resamples.
    random : numpy.random.Generator

    Returns
    -------
    numpy.ndarray of float32, shape (n_models, n)

    Raises
    ------
    InvalidInputError
        Where there are no items.

    Examples
    --------
    >>> means = bootstrap_means(np.array([[0.0, 1.0], [1.0, 1.0]]), 4, np.random.default_rng(0))
    >>> means[1].tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    n_items = items.shape[1]
    if not n_items:
        raise InvalidInputError("there are no items to resample")
    seen = ~np.isnan(items)
    values = np.where(seen, items, 0).astype(np.float32)
    shares = np.full(n_items, 1 / n_items)
    found = np.empty((items.shape[0], n), np.float32)
    for start in range(0, n, _CHUNK):
        size = min(_CHUNK, n - start)
        weights = random.multinomial(n_items, shares, size=size).T.astype(np.float32)
        runs = seen.astype(np.float32) @ weights if not seen.all() else np.float32(n_items)
        with np.errstate(invalid="ignore", divide="ignore"):
            found[:, start : start + size] = (values @ weights) / runs
    return found


def paired_rank_intervals(
    scores: np.ndarray,
    replicates: np.ndarray,
    *,
    level: float = 0.95,
    n_items: Sequence[int] | None = None,
) -> RankIntervals:
    """Return rank intervals from paired resamples of the items.

    The critical value of each model is the quantile over resamples of its largest studentised
    difference from any other model. Where that is too much work (n_models^2 x n_resamples
    above 10^8), it is the Šidák bound of the normal distribution, with the same paired
    standard errors.

    Parameters
    ----------
    scores : numpy.ndarray of shape (n_models,)
        NaN where a model is not ranked.
    replicates : numpy.ndarray of shape (n_models, n_resamples)
        The scores on the same resamples for all models; see `bootstrap_means`.
    level : float, default 0.95
    n_items : sequence of int, optional
        Items of each benchmark that the scores average. Resamples of few items vary too little, by
        (n - 1) / n, and Student's distribution takes the place of the normal one; models that
        differ alike on every item are told apart where that many signs could tell. With a
        benchmark of one item nothing is. Default: many.

    Returns
    -------
    RankIntervals
    """
    _check_level(level)
    few = _FewItems.of(n_items)
    known = np.flatnonzero(~np.isnan(scores) & ~np.isnan(replicates).any(axis=1))
    values = scores[known].astype(np.float64)
    centred = (replicates[known] - values[:, None]).astype(np.float32)
    # differences cancel: products of single precision would leave noise in their variance
    covariance = np.cov(centred.astype(np.float64)) if known.size > 1 else np.zeros((1, 1))
    covariance = np.atleast_2d(covariance)
    variances = np.diag(covariance)
    exact = known.size**2 * replicates.shape[1] <= _MOST_WORK
    bound = _sidak(level, known.size)
    wider, tells = few.wider(bound), few.tell(bound)

    def compare(row: int) -> tuple[np.ndarray, np.ndarray]:
        variance = variances[row] + variances - 2 * covariance[row]
        error = np.sqrt(np.maximum(variance, 0))
        moving = error > 1e-6  # models that differ nowhere, or everywhere alike
        critical = bound
        if exact and moving.any():
            gaps = np.abs(centred[row] - centred[moving]) / error[moving, None].astype(np.float32)
            critical = float(np.quantile(gaps.max(axis=0), level))
        difference = values - values[row]
        significant = np.abs(difference) > np.maximum(critical * wider * error, 1e-6)
        significant &= moving | tells
        return significant & (difference > 0), significant & (difference < 0)

    return _spread(_intervals(values, compare), known, scores.size)


@dataclass(frozen=True)
class _FewItems:
    """How much less resamples of few items say than those of many."""

    inflation: float  # of the variance
    freedom: float
    total: float

    @classmethod
    def of(cls, n_items: Sequence[int] | None) -> _FewItems:
        if n_items is None or not len(n_items):
            return cls(1.0, math.inf, math.inf)
        n = np.asarray(n_items, dtype=float)
        if n.min() < 2:
            return cls(_ENDLESS, 1.0, 1.0)
        # Satterthwaite's degrees of freedom of a sum of as large variances
        return cls(float(np.mean(n / (n - 1))), float(n.size**2 / np.sum(1 / (n - 1))), n.sum())

    def wider(self, critical: float) -> float:
        """Return what a critical value of the normal distribution is to be multiplied by."""
        if math.isinf(self.freedom):
            return 1.0
        tail = 1 - NormalDist().cdf(critical)
        return float(student.isf(tail, self.freedom)) / critical * math.sqrt(self.inflation)

    def tell(self, critical: float) -> bool:
        """Return whether as many signs that are all alike are beyond the critical value."""
        return bool(0.5**self.total <= 1 - NormalDist().cdf(critical))


def normal_rank_intervals(
    scores: np.ndarray, standard_errors: np.ndarray, *, level: float = 0.95
) -> RankIntervals:
    """Return rank intervals where only standard errors are known.

    Errors are taken as normal and independent between models, which is wide where models
    were run on the same items; Šidák's bound keeps the comparisons of a model together.

    Parameters
    ----------
    scores, standard_errors : numpy.ndarray of shape (n_models,)
        A model without score is not ranked. One without standard error gets no interval, and
        nobody is told apart from it.
    level : float, default 0.95

    Returns
    -------
    RankIntervals

    Examples
    --------
    >>> found = normal_rank_intervals(np.array([0.9, 0.5, 0.49]), np.array([0.01, 0.01, 0.01]))
    >>> found.lower.tolist(), found.upper.tolist(), found.group.tolist()
    ([1, 2, 2], [1, 3, 3], [1, 2, 2])
    """
    _check_level(level)
    known = np.flatnonzero(~np.isnan(scores))
    values = scores[known].astype(np.float64)
    variances = standard_errors[known].astype(np.float64) ** 2
    critical = _sidak(level, known.size)

    def compare(row: int) -> tuple[np.ndarray, np.ndarray]:
        margin = critical * np.sqrt(variances + variances[row])
        difference = values - values[row]
        return difference > margin, difference < -margin  # NaN: neither

    found = _intervals(values, compare)
    sure = ~np.isnan(variances)
    kept = RankIntervals(
        lower=np.where(sure, found.lower, 0),
        upper=np.where(sure, found.upper, 0),
        group=np.where(sure, found.group, 0),
    )
    return _spread(kept, known, scores.size)


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise InvalidInputError(f"the level must be between 0 and 1, not {level}")


def _sidak(level: float, n: int) -> float:
    return NormalDist().inv_cdf((1 + level ** (1 / max(n - 1, 1))) / 2)


def _intervals(values: np.ndarray, compare: Compare) -> RankIntervals:
    n = values.size
    lower, upper, group = (np.zeros(n, np.int64) for _ in range(3))
    worse_than = np.zeros((n, n), dtype=bool)
    for row in range(n):
        better, worse = compare(row)
        lower[row], upper[row] = 1 + better.sum(), n - worse.sum()
        worse_than[row] = worse
    best, current = np.empty(0, np.intp), 0
    for score in np.unique(values)[::-1]:
        rows = np.flatnonzero(values == score)
        if worse_than[np.ix_(best, rows)].all():
            best, current = rows, current + 1
        group[rows] = current
    return RankIntervals(lower=lower, upper=upper, group=group)


def _spread(found: RankIntervals, rows: np.ndarray, n: int) -> RankIntervals:
    """Put intervals of some rows among all rows."""
    full = [np.zeros(n, np.int64) for _ in range(3)]
    for target, part in zip(full, (found.lower, found.upper, found.group), strict=True):
        target[rows] = part
    return RankIntervals(lower=full[0], upper=full[1], group=full[2])
