"""How far the means of new models may lie from their predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import mannwhitneyu

from banzuke.prediction._model_side import ModelSide
from banzuke.prediction.conformal import interval_radius

__all__ = ["ModelRanges"]

_STRONGEST = 2 / 3  # of the known models are held out to see how far the strongest go
_SHIFT = 0.6  # chance that a new model is predicted above a known one, from which it is a shift
_SURE = 1e-3


@dataclass(frozen=True)
class _Held:
    """Known models without their own results, and what they had; (n_models, n_benchmarks)."""

    predicted: np.ndarray
    actual: np.ndarray


class ModelRanges:
    """Conformal radii from known models predicted without themselves.

    Parameters
    ----------
    side : ModelSide
    benchmarks : sequence of str
    members : function from a benchmark to its columns
    """

    def __init__(
        self, side: ModelSide, benchmarks: Sequence[str], members: Callable[[str], np.ndarray]
    ) -> None:
        self._side = side
        self._columns = {name: members(name) for name in benchmarks}
        self._held: dict[bool, _Held] = {}

    def radii(
        self, models: pl.DataFrame, rows: np.ndarray, benchmark: str | None, level: float
    ) -> np.ndarray:
        """Return the radius for each model's mean over a benchmark, or over all items.

        Parameters
        ----------
        models : polars.DataFrame
        rows : ndarray of shape (n_models, n_items)
            Their smoothed rows over the known items.
        benchmark : str or None
        level : float
        """
        familiar = self._side.is_familiar(models)
        radius = np.empty(models.height)
        for kind in np.unique(familiar):
            held = self._without(alone=bool(kind))
            error = self._over(held.actual, benchmark) - self._over(held.predicted, benchmark)
            radius[familiar == kind] = interval_radius(np.abs(error), level)
        outside = self.outside(rows)
        if outside.any():
            mean = self._over(self._means(rows), benchmark)
            radius = np.where(
                outside, np.maximum(radius, self._reach(benchmark, level) - mean), radius
            )
        return radius

    def outside(self, rows: np.ndarray) -> np.ndarray:
        """Return which new models, given their smoothed rows, seem stronger than all known."""
        held = self._without(alone=True)
        known, new = self._over(held.predicted, None), self._over(self._means(rows), None)
        if len(known) > 1 and len(new) > 1:
            test = mannwhitneyu(new, known, alternative="greater")
            chance = test.statistic / (len(new) * len(known))
            if chance > _SHIFT and test.pvalue < _SURE:
                return np.ones(len(new), dtype=bool)
        return np.asarray(new > self._over(held.actual, None).max())

    def _reach(self, benchmark: str | None, level: float) -> float:
        """Return how high a mean beyond the known range may be."""
        actual = self._without(alone=True).actual
        order = np.argsort(self._over(actual, None), kind="stable")
        cut = round(len(order) * (1 - _STRONGEST))
        mean = self._over(actual, benchmark)
        if not 0 < cut < len(order):
            return 1.0
        rest, top = mean[order[:cut]], mean[order[cut:]]
        beyond = interval_radius(np.maximum(top - rest.max(), 0.0), level)
        return min(1.0, float(mean.max()) + beyond)

    def _without(self, *, alone: bool) -> _Held:
        """Predict each known model without itself, or without its organisation."""
        if alone not in self._held:
            groups = None if alone else self._side.groups_of_organizations()
            actual = [self._side.actual_means(columns) for columns in self._columns.values()]
            predicted = self._means(self._side.rows_without(groups))
            self._held[alone] = _Held(predicted, np.stack(actual, axis=1))
        return self._held[alone]

    def _means(self, rows: np.ndarray) -> np.ndarray:
        means = [rows[:, columns].mean(axis=1) for columns in self._columns.values()]
        return np.asarray(np.stack(means, axis=1), dtype=np.float64)

    def _over(self, means: np.ndarray, benchmark: str | None) -> np.ndarray:
        """Return the means over one benchmark, or over the items of all."""
        if benchmark is not None:
            return np.asarray(means[:, list(self._columns).index(benchmark)])
        sizes = np.array([len(columns) for columns in self._columns.values()])
        return np.asarray(means @ (sizes / sizes.sum()))
