"""The full score of a model from a few items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t as student

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction.conformal import check_level
from banzuke.prediction.item_draws import Draws, of_draws
from banzuke.prediction.response_space import ResponseSpace, one_row
from banzuke.stats.proportion import score_interval, unanimous_bound, unanimous_error

__all__ = ["Estimate", "estimate"]

_FOLDS = 25
_MODEL_WEIGHT = 5  # results that what the model predicts weighs against what was observed
_RIGHT_OR_WRONG = 2  # results as far apart as right and wrong, before any was seen


@dataclass(frozen=True)
class Estimate:
    """The mean score over all items, from some of them.

    Parameters
    ----------
    mean, lower, upper : float
        Estimate, unbiased away from 0 and 1, and its interval, longer towards 1/2; within what the
        items left allow.
    predicted_mean : float
        The observed scores and the predictions of the others, averaged: closer to the truth for
        models like the known ones, biased for others.
    standard_error : float
    n_run, n_items : int
        Items run, and items the estimate is about.
    effective_n : float
        How many random items a plain mean would need for the same standard error.
    """

    mean: float
    lower: float
    upper: float
    predicted_mean: float
    standard_error: float
    n_run: int
    n_items: int
    effective_n: float


def estimate(
    known: Outcomes | ResponseSpace | Any,
    scores: Any,
    *,
    draws: Draws | None = None,
    position: np.ndarray | None = None,
    level: float = 0.9,
    seed: int = 0,
) -> Estimate:
    """Estimate the mean score over all items from some of them.

    Known models say how hard each item is and which go together; a model's own results place it
    among them. Predictions for all items, corrected by the mean error on the items run, give an
    estimate that is unbiased for any model, however unlike the known ones, as long as the items
    were drawn at random. Each item's prediction comes from the other folds of the sample.

    The interval holds the means whose own error explains the distance. Where all results are
    alike it is at least as long as the exact one without any prediction.

    Items that `choose_items` drew with unequal chances need its record, ``draws``: each result
    is then weighted by the inverse of its chance, and compared with what was predicted from the
    results before it.

    Parameters
    ----------
    known : Outcomes, array-like of shape (n_models, n_items), or ResponseSpace
        Models that ran the items; a `ResponseSpace` saves fitting it again.
    scores : array-like of shape (n_items,)
        The new model's scores, NaN where not run; at least 2 must be there.
    draws : Draws, optional
        Which items were drawn, in which order and with which chance. Results of other items
        are taken as known, however they were chosen. None: all were drawn at random.
    position : ndarray of shape (n_components,), optional
        Where the model is expected before any result, such as
        `InductiveKernel.positions` of its card; default the average model.
    level : float, default 0.9
    seed : int, default 0
        Of the folds.

    Returns
    -------
    Estimate

    Raises
    ------
    InvalidInputError
        With fewer than 2 results, a level outside (0, 1), another number of items, or draws
        without a result.

    References
    ----------
    Angelopoulos, Duchi, Zrnic (2023), PPI++, arXiv 2311.01453; Zrnic, Candes (2024),
    Cross-prediction-powered inference, doi:10.1073/pnas.2322083121. With ``draws``: Zrnic, Candes
    (2024), Active statistical inference, arXiv 2403.03208.

    Examples
    --------
    >>> from banzuke.testing import make_outcomes
    >>> known = make_outcomes(100, 200)
    >>> scores = np.full(200, np.nan)
    >>> scores[::5] = known.scores[0, ::5]
    >>> found = estimate(known, scores)
    >>> found.lower < found.mean < found.upper
    True
    """
    check_level(level)
    space = known if isinstance(known, ResponseSpace) else ResponseSpace.fit(known)
    row = one_row(scores, len(space.mean))
    seen = np.flatnonzero(~np.isnan(row))
    n, total = len(seen), len(row)
    if n < 2:
        raise InvalidInputError(f"{n} results cannot bound an error; run at least 2 items")
    mean, spread = _mean_and_spread(space, row, draws, position, seed)
    whole = space.expected(space.posterior(row, position).position)
    predicted = float(np.where(np.isnan(row), whole, row).mean())
    least, most = _possible(row)
    mean = min(max(mean, least), most)
    unit = _pooled(n, mean * (1 - mean), predicted * (1 - predicted))
    lower, upper = _interval(row, mean, unit, spread, level)
    # results that are all alike show no spread: their mean has this error all the same
    alike = unanimous_error(n) ** 2 * (1 - n / total) if np.ptp(row[seen]) == 0 else 0.0
    plain = max(_share(row[seen]) * unit / n * (1 - n / total), alike)
    spread = max(spread, alike)
    return Estimate(
        mean=mean,
        lower=max(lower, least),
        upper=min(upper, most),
        predicted_mean=predicted,
        standard_error=float(np.sqrt(spread)),
        n_run=n,
        n_items=total,
        effective_n=n * (plain / spread if spread > 0 else 1.0),
    )


def _possible(row: np.ndarray) -> tuple[float, float]:
    """Return the means if all items left were wrong, and if all were right."""
    return float(np.nan_to_num(row, nan=0.0).mean()), float(np.nan_to_num(row, nan=1.0).mean())


def _interval(
    row: np.ndarray, mean: float, unit: float, spread: float, level: float
) -> tuple[float, float]:
    """Return the interval of a mean whose squared error is ``spread``.

    ``unit`` is the variance of right or wrong where the spread was found: their ratio is the
    number of independent results that would tell as much, whatever the mean is.
    """
    scores = row[~np.isnan(row)]
    n, total = len(scores), len(row)
    if n == total:
        return mean, mean
    results = unit / spread if unit > 0 and spread > 0 else n / (1 - n / total)
    z = float(student.ppf((1 + level) / 2, n - 1 + _MODEL_WEIGHT))
    lower, upper = score_interval(mean, results, z)
    if np.ptp(scores) == 0:  # predictions are no evidence that no item differs
        differ = unanimous_bound(n, total, level=level)
        same = (1 - differ) * float(scores[0])
        lower, upper = min(lower, same), max(upper, same + differ)
    return lower, upper


def _mean_and_spread(
    space: ResponseSpace,
    row: np.ndarray,
    draws: Draws | None,
    position: np.ndarray | None,
    seed: int,
) -> tuple[float, float]:
    """Return the estimate and its squared standard error."""
    if draws is None or draws.all_random(row):
        return _of_random_sample(space, row, position, seed)[:2]
    first = draws.first_random(row)
    if first is None:
        scale = _share(row[~np.isnan(row)])
        return of_draws(space, row, draws, position=position, scale=scale)
    mean, spread, scale = _of_random_sample(space, first, position, seed)
    return of_draws(space, row, draws, position=position, start=(mean, spread), scale=scale)


def _of_random_sample(
    space: ResponseSpace, row: np.ndarray, position: np.ndarray | None, seed: int
) -> tuple[float, float, float]:
    """Estimate from items drawn with equal chances.

    Returns the mean, its squared standard error, and how much larger the squared errors of the
    predictions are than the model expects (below 1 for partial scores).
    """
    seen = np.flatnonzero(~np.isnan(row))
    n, left = len(seen), 1 - len(seen) / len(row)  # the items run are known exactly
    inside, everywhere = _cross_predictions(space, row, position, seed)
    truth, told = row[seen], float(np.var(everywhere))
    average = float(everywhere.mean()) * (1 - float(everywhere.mean()))
    strength = _strength(truth, inside, told)
    difference = truth - strength * inside
    rest = strength * everywhere[np.isnan(row)].mean() + difference.mean() if left else 0.0
    mean = float(np.clip(truth.mean() * (1 - left) + rest * left, *_possible(row)))
    # a strong model shows few failures or none; the predicted variance knows of those to come
    unexplained = max(_share(truth) * average - strength * (2 - strength) * told, 0.0)
    spread = _pooled(n, float(np.var(difference, ddof=1)), unexplained)
    unit, expected = _pooled(n, mean * (1 - mean), average), average - told
    scale = spread / unit * average / expected if unit > 0 and expected > 0 else 1.0
    return mean, spread / n * left, scale


def _pooled(n: int, observed: float, predicted: float) -> float:
    """Return what n results show, and what the model predicts, averaged by their weights."""
    return (n * observed + _MODEL_WEIGHT * predicted) / (n + _MODEL_WEIGHT)


def _share(scores: np.ndarray) -> float:
    """Return the variance of scores over that of right or wrong with the same mean, 0 to 1.

    Partial scores vary less; how much less is learned from the scores, and few tell little.
    """
    own, n = float(scores.mean()), len(scores)
    share = float(np.var(scores)) / (own * (1 - own)) if 0 < own < 1 else 1.0
    return (n * share + _RIGHT_OR_WRONG) / (n + _RIGHT_OR_WRONG)


def _cross_predictions(
    space: ResponseSpace, row: np.ndarray, position: np.ndarray | None, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Predictions of the items run, each without its own fold, and of all items, averaged."""
    seen = np.flatnonzero(~np.isnan(row))
    n_folds = min(_FOLDS, len(seen))
    fold = np.random.default_rng(seed).permutation(len(seen)) % n_folds
    inside, everywhere = np.empty(len(seen)), np.zeros(len(row))
    for number in range(n_folds):
        held = fold == number
        visible = row.copy()
        visible[seen[held]] = np.nan
        expected = space.expected(space.posterior(visible, position).position)
        inside[held] = expected[seen[held]]
        everywhere += expected * held.sum() / len(seen)
    return inside, everywhere


def _strength(truth: np.ndarray, inside: np.ndarray, told: float) -> float:
    """How far to trust the predictions: the weight that makes the error smallest, 0 to 1.

    1 is right for a model like the known ones. ``told`` is the variance of its predictions over
    all items.
    """
    variance = _pooled(len(truth), float(np.var(inside)), told)
    if variance <= 1e-12:
        return 0.0
    common = float(np.mean((truth - truth.mean()) * (inside - inside.mean())))
    return float(np.clip(_pooled(len(truth), common, told) / variance, 0.0, 1.0))
