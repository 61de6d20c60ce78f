"""Which model to ask for each item, under a price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction.base import Predictor
from banzuke.prediction.similarity import TextFeatures

__all__ = ["KNearestItems", "Route", "route"]


@dataclass(frozen=True)
class Route:
    """A model for each item.

    Parameters
    ----------
    models : ndarray of shape (n_items,), int
        Row of the model to ask.
    expected_score : float
        Mean predicted score of the chosen models.
    cost : float
        Mean price of an item.
    price_of_score : float
        Score that one unit of money must bring to be spent; 0 without a budget.
    """

    models: np.ndarray
    expected_score: float
    cost: float
    price_of_score: float


def route(predicted: Any, prices: Any, *, budget: float | None = None) -> Route:
    """Choose the model to ask for each item so that the mean price stays within a budget.

    Each item goes to the model with the best predicted score less ``price_of_score`` times its
    price; the weight is the smallest that keeps to the budget.

    Parameters
    ----------
    predicted : array-like of shape (n_models, n_items)
        Expected scores, such as of `Predictor.predict`.
    prices : array-like of shape (n_models,) or (n_models, n_items)
        What asking costs, 0 or more, in any unit.
    budget : float, optional
        Largest mean price of an item; None spends what the best model costs.

    Returns
    -------
    Route

    Raises
    ------
    InvalidInputError
        For shapes that do not agree, negative prices, or a budget that is NaN or below the
        cheapest routing.

    Examples
    --------
    >>> found = route([[0.9, 0.6], [0.8, 0.1]], [10.0, 1.0], budget=6.0)
    >>> found.models.tolist(), found.cost
    ([1, 0], 5.5)
    """
    scores = np.asarray(predicted, dtype=np.float64)
    costs = np.asarray(prices, dtype=np.float64)
    if scores.ndim != 2 or not scores.size or np.isnan(scores).any():
        raise InvalidInputError("predicted scores must be a full matrix of models x items")
    if costs.ndim == 1:
        costs = costs[:, None]
    if costs.shape not in {(len(scores), 1), scores.shape}:
        raise InvalidInputError(
            f"prices have shape {costs.shape}, but there are {len(scores)} models and "
            f"{scores.shape[1]} items; give one price for each model, or for each cell"
        )
    if not (np.isfinite(costs) & (costs >= 0)).all():
        raise InvalidInputError("a price is negative, missing or endless; prices are 0 or more")
    costs = np.broadcast_to(costs, scores.shape)
    weight = 0.0
    if budget is not None:
        cheapest = float(costs.min(axis=0).mean())
        if np.isnan(budget):
            raise InvalidInputError("the budget is nan; give a price, or None to spend freely")
        if budget < cheapest * (1 - 1e-9):  # equal but for rounding is enough
            raise InvalidInputError(
                f"the budget is {budget:g} an item, but the cheapest model costs {cheapest:g}"
            )
        weight = _weight(scores, costs, max(budget, cheapest) * (1 + 1e-12))
    chosen = _choose(scores, costs, weight)
    items = np.arange(scores.shape[1])
    return Route(
        chosen,
        float(scores[chosen, items].mean()),
        float(costs[chosen, items].mean()),
        weight,
    )


def _choose(scores: np.ndarray, costs: np.ndarray, weight: float) -> np.ndarray:
    value = scores - weight * costs
    # among equals the cheapest
    best = value >= value.max(axis=0) - 1e-12
    return np.asarray(np.where(best, costs, np.inf).argmin(axis=0))


def _weight(scores: np.ndarray, costs: np.ndarray, budget: float) -> float:
    def cost(weight: float) -> float:
        chosen = _choose(scores, costs, weight)
        return float(costs[chosen, np.arange(scores.shape[1])].mean())

    if cost(0.0) <= budget:
        return 0.0
    low, high = 0.0, 1.0
    while cost(high) > budget:
        low, high = high, high * 4
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if cost(middle) <= budget else (middle, high)
    return high


class KNearestItems(Predictor):
    """Predict a cell from the model's scores on the items with the most similar text.

    The usual router: no model metadata, no training. A model without results gets the mean over
    models of the same neighbours.

    Parameters
    ----------
    n_neighbours : int, default 20
    encoder : transformer of texts, optional
        Default `TextFeatures`.

    Notes
    -----
    Without a column ``text`` all items are alike, and a model's mean remains. Needs memory for
    4 bytes a pair of items.
    """

    def __init__(self, n_neighbours: int = 20, *, encoder: Any = None) -> None:
        self.n_neighbours = n_neighbours
        self.encoder = encoder

    def _fit(self, scores: np.ndarray, outcomes: Outcomes | None) -> None:
        if self.n_neighbours < 1:
            raise InvalidInputError(f"n_neighbours is {self.n_neighbours}; give 1 or more")
        known = ~np.isnan(scores)
        filled = np.where(known, scores, 0.0).astype(np.float64)
        near = _nearest(self._vectors(outcomes, scores.shape[1]), known, self.n_neighbours)
        total, count = filled @ near, known @ near
        overall = filled.sum() / known.sum()
        # one pseudo-result at what all models score on the neighbours
        prior = np.divide(
            total.sum(axis=0),
            count.sum(axis=0),
            out=np.full(scores.shape[1], overall),
            where=count.sum(axis=0) > 0,
        )
        self.cells_ = (total + prior) / (count + 1)

    def _vectors(self, outcomes: Outcomes | None, n_items: int) -> np.ndarray:
        if outcomes is None or "text" not in outcomes.items.columns:
            return np.ones((n_items, 1))
        texts = outcomes.items["text"].cast(pl.String).fill_null("").to_list()
        encoder = self.encoder if self.encoder is not None else TextFeatures()
        vectors = np.asarray(encoder.fit(texts).transform(texts), dtype=np.float64)
        if not vectors.shape[1]:
            return np.ones((n_items, 1))
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: np.ndarray = vectors / np.where(length > 0, length, 1.0)
        return unit

    def _predict(self) -> np.ndarray:
        return np.asarray(self.cells_)


def _nearest(vectors: np.ndarray, known: np.ndarray, k: int) -> np.ndarray:
    """Return 1 where the row's item is among the nearest known ones of the column's item."""
    n_items = len(vectors)
    run = np.flatnonzero(known.any(axis=0))
    near = np.zeros((n_items, n_items), dtype=np.float32)
    similarity = vectors @ vectors[run].T
    same = run == np.arange(n_items)[:, None]
    similarity[same] = -np.inf  # an item does not predict itself
    if np.ptp(vectors, axis=0).max(initial=0.0) < 1e-12:
        near[run] = 1.0
        near[run, run] = 0.0
        return near
    k = min(k, len(run))
    best = np.argpartition(-similarity, k - 1, axis=1)[:, :k]
    near[run[best].ravel(), np.repeat(np.arange(n_items), k)] = 1.0
    return near
