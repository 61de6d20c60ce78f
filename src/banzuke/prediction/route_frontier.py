"""What routing brings: cost against score, beside asking one model, any, or the cheapest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import delayed
from sklearn.base import clone

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction.base import Predictor
from banzuke.prediction.clusters import in_parallel
from banzuke.prediction.routing import Route, route

__all__ = ["RoutePoint", "baselines", "held_out_predictions", "route_frontier"]


@dataclass(frozen=True, kw_only=True)
class RoutePoint:
    """One way to ask.

    Parameters
    ----------
    name : str
        ``"route"`` or the baseline.
    cost : float
        Mean price of an item.
    expected_score : float
        Mean predicted score.
    score, score_error : float
        Mean score and its standard error over the items whose result is known; NaN where none
        is.
    gain, gain_error : float
        Score less that of the best single model on the same items, and its standard error.
    n_scored : int
        Items whose result is known for the model asked.
    """

    name: str
    cost: float
    expected_score: float
    score: float
    score_error: float
    gain: float
    gain_error: float
    n_scored: int


def held_out_predictions(
    outcomes: Outcomes,
    predictor: Predictor,
    *,
    n_folds: int = 5,
    seed: int = 0,
    n_jobs: int | None = None,
) -> np.ndarray:
    """Predict every item from the results of other items.

    Items are dealt into folds; those of a fold are predicted without any result of them, as new
    ones are.

    Parameters
    ----------
    outcomes : Outcomes
    predictor : Predictor
        Unfitted.
    n_folds : int, default 5
        At least 2 and at most the number of items.
    seed : int, default 0
    n_jobs : int, optional
        Folds at a time, for joblib.

    Returns
    -------
    ndarray of shape (n_models, n_items)

    Raises
    ------
    InvalidInputError
        For an impossible number of folds.
    """
    if not 2 <= n_folds <= outcomes.n_items:
        raise InvalidInputError(
            f"{n_folds} folds of {outcomes.n_items} items; give 2 to the number of items"
        )
    fold = np.random.default_rng(seed).permutation(outcomes.n_items) % n_folds
    tasks = [delayed(_predicted)(clone(predictor), outcomes, fold == k) for k in range(n_folds)]
    result = np.empty(outcomes.shape)
    for number, part in enumerate(in_parallel(tasks, "folds", n_jobs)):
        result[:, fold == number] = part
    return result


def _predicted(predictor: Predictor, outcomes: Outcomes, hidden: np.ndarray) -> np.ndarray:
    scores = np.where(hidden, np.float32(np.nan), outcomes.scores)
    return predictor.fit(outcomes.replace(scores=scores, layers={})).predict()[:, hidden]


def route_frontier(
    predicted: np.ndarray, prices: np.ndarray, truth: Any = None, *, n_points: int = 12
) -> list[tuple[Route, RoutePoint]]:
    """Route under budgets from the cheapest to the dearest useful one.

    Parameters
    ----------
    predicted : ndarray of shape (n_models, n_items)
        Expected scores, made without the items' own results.
    prices : ndarray of shape (n_models,)
        Price of an item, 0 or more.
    truth : array-like of shape (n_models, n_items), optional
        Scores, NaN where not known.
    n_points : int, default 12
        Budgets, evenly spaced in the logarithm of the price where the cheapest is above 0.

    Returns
    -------
    list of (Route, RoutePoint)
        Cheapest first; points that cost more and promise no more than another are left out.
    """
    best = route(predicted, prices)
    low, high = float(np.min(prices)), best.cost
    if n_points < 1:
        raise InvalidInputError(f"n_points is {n_points}; give 1 or more")
    space = np.geomspace if low > 0 else np.linspace
    budgets = space(low, max(high, low), n_points)
    scores = _truth(truth, predicted)
    single = _best_single(predicted)
    points: list[tuple[Route, RoutePoint]] = []
    for budget in budgets:
        found = route(predicted, prices, budget=float(budget))
        if points and found.expected_score <= points[-1][1].expected_score + 1e-12:
            continue
        point = _point("route", found.models, predicted, prices, scores, single)
        points.append((found, point))
    return points


def baselines(predicted: np.ndarray, prices: np.ndarray, truth: Any = None) -> list[RoutePoint]:
    """Return what asking without routing brings.

    ``best single``: the model with the best mean prediction; ``cheapest``; ``random``: each item
    goes to any model with the same chance (its expectation, not a draw).

    Parameters
    ----------
    predicted, prices, truth
        As in `route_frontier`.
    """
    scores = _truth(truth, predicted)
    n_items = predicted.shape[1]
    single = _best_single(predicted)
    cheapest = int(np.lexsort((-predicted.mean(axis=1), prices))[0])
    found = [
        _point(name, np.full(n_items, model), predicted, prices, scores, single)
        for name, model in (("best single", single), ("cheapest", cheapest))
    ]
    known = ~np.isnan(scores)
    counted = known.any(axis=0)
    mean = np.where(known, scores, 0.0).sum(axis=0)[counted] / known.sum(axis=0)[counted]
    both = counted & known[single]
    gain = mean[both[counted]] - scores[single, both]
    random = RoutePoint(
        name="random",
        cost=float(prices.mean()),
        expected_score=float(predicted.mean()),
        score=_mean(mean),
        score_error=_error(mean),
        gain=_mean(gain),
        gain_error=_error(gain),
        n_scored=int(counted.sum()),
    )
    return [*found, random]


def _best_single(predicted: np.ndarray) -> int:
    return int(predicted.mean(axis=1).argmax())


def _truth(truth: Any, predicted: np.ndarray) -> np.ndarray:
    if truth is None:
        return np.full(predicted.shape, np.nan)
    scores = np.asarray(truth, dtype=np.float64)
    if scores.shape != predicted.shape:
        raise InvalidInputError(
            f"scores have shape {scores.shape}, but the predictions {predicted.shape}"
        )
    return scores


def _point(
    name: str,
    chosen: np.ndarray,
    predicted: np.ndarray,
    prices: np.ndarray,
    scores: np.ndarray,
    single: int,
) -> RoutePoint:
    items = np.arange(predicted.shape[1])
    result = scores[chosen, items]
    known = ~np.isnan(result)
    gain = result - scores[single]
    gain = gain[~np.isnan(gain)]
    return RoutePoint(
        name=name,
        cost=float(prices[chosen].mean()),
        expected_score=float(predicted[chosen, items].mean()),
        score=_mean(result[known]),
        score_error=_error(result[known]),
        gain=_mean(gain),
        gain_error=_error(gain),
        n_scored=int(known.sum()),
    )


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else float("nan")


def _error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(values.size)) if values.size > 1 else float("nan")
