"""The full score of a model from a few items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t as student

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction.item_draws import Draws, of_draws
from banzuke.prediction.response_space import ResponseSpace, one_row

__all__ = ["Estimate", "estimate"]

_FOLDS = 25
_MODEL_WEIGHT = 25  # results that the predicted variance weighs against the observed one


@dataclass(frozen=True)
class Estimate:
    """The mean score over all items, from some of them.

    Parameters
    ----------
    mean, lower, upper : float
        Unbiased estimate and interval, in [0, 1].
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
    if not 0 < level < 1:
        raise InvalidInputError(f"level is {level}; give a number above 0 and below 1, such as 0.9")
    space = known if isinstance(known, ResponseSpace) else ResponseSpace.fit(known)
    row = one_row(scores, len(space.mean))
    seen = np.flatnonzero(~np.isnan(row))
    n, total = len(seen), len(row)
    if n < 2:
        raise InvalidInputError(f"{n} results cannot bound an error; run at least 2 items")
    if draws is None or draws.all_random(row):
        mean, spread = _of_random_sample(space, row, position, seed)
    else:
        first = draws.first_random(row)
        start = _of_random_sample(space, first, position, seed) if first is not None else None
        mean, spread = of_draws(space, row, draws, position=position, start=start)
    error = float(np.sqrt(spread))
    whole = space.expected(space.posterior(row, position).position)
    reach = float(student.ppf((1 + level) / 2, n - 1)) * error
    plain = _variance(row[seen], mean) / n * (1 - n / total)
    return Estimate(
        mean=float(np.clip(mean, 0, 1)),
        lower=float(np.clip(mean - reach, 0, 1)),
        upper=float(np.clip(mean + reach, 0, 1)),
        predicted_mean=float(np.where(np.isnan(row), whole, row).mean()),
        standard_error=error,
        n_run=n,
        n_items=total,
        effective_n=n * (plain / spread if spread > 0 else 1.0),
    )


def _of_random_sample(
    space: ResponseSpace, row: np.ndarray, position: np.ndarray | None, seed: int
) -> tuple[float, float]:
    """Return the estimate and its squared standard error, of items drawn with equal chances."""
    seen = np.flatnonzero(~np.isnan(row))
    n, left = len(seen), 1 - len(seen) / len(row)  # the items run are known exactly
    inside, everywhere = _cross_predictions(space, row, position, seed)
    truth = row[seen]
    strength = _strength(truth, inside)
    difference = truth - strength * inside
    rest = strength * everywhere[np.isnan(row)].mean() + difference.mean() if left else 0.0
    # a strong model shows few failures or none; the predicted variance knows of those to come
    predicted = float(np.mean(everywhere * (1 - everywhere)))
    observed = n * float(np.var(difference, ddof=1))
    spread = (observed + _MODEL_WEIGHT * predicted) / (n + _MODEL_WEIGHT)
    return float(truth.mean() * (1 - left) + rest * left), spread / n * left


def _variance(scores: np.ndarray, mean: float) -> float:
    """Return the variance of scores over all items, from some that may be unlike the others.

    That of right or wrong follows from the mean; partial scores vary less by the same share.
    """
    own = float(scores.mean())
    share = float(np.var(scores)) / (own * (1 - own)) if 0 < own < 1 else 1.0
    whole = float(np.clip(mean, 0, 1))
    return share * whole * (1 - whole)


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


def _strength(truth: np.ndarray, predicted: np.ndarray) -> float:
    """How far to trust the predictions: the weight that makes the error smallest, 0 to 1."""
    variance = np.var(predicted)
    if len(truth) < 10 or variance <= 1e-12:
        return 1.0 if variance > 1e-12 else 0.0
    covariance = np.mean((truth - truth.mean()) * (predicted - predicted.mean()))
    return float(np.clip(covariance / variance, 0.0, 1.0))
