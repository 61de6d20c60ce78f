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

_FEWEST = 20  # strong models at least are held out to see how far they go
_SHIFT = 0.6  # chance that a new model is predicted above a known one, from which it is a shift
_SURE = 1e-3


@dataclass(frozen=True)
class _Held:
    """Known models without their own results, and what they had; (n_models, n_benchmarks).

    ``drawn`` is what they may have had, where few results leave that open.
    """

    predicted: np.ndarray
    actual: np.ndarray
    drawn: np.ndarray


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
            error = self._over(held.drawn, benchmark) - self._over(held.predicted, benchmark)
            radius[familiar == kind] = interval_radius(np.abs(error), level)
        # a model larger than all known may be stronger, whatever smaller ones say of it
        outside = self.outside(rows) | self._side.kernels.beyond(models)
        if outside.any():
            room = 1.0 - self._over(self._means(rows), benchmark)
            beyond = np.minimum(self._beyond(int(outside.sum()), benchmark, level), room)
            radius = np.where(outside, np.maximum(radius, beyond), radius)
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

    def _beyond(self, n_new: int, benchmark: str | None, level: float) -> float:
        """Return the radius for models stronger than all known, as held-out strong ones show.

        Of the known models, the strongest are predicted from the others: as large a share as
        the new models are of all, and half. Errors count in standard deviations of the others:
        the weaker a group, the closer its models lie, and the less it shows of how far others go.
        """
        actual = self._without(alone=True).actual
        mean, order = self._over(actual, benchmark), np.argsort(self._over(actual, None))
        n = len(order)
        radii = []
        for share in (n_new / (n_new + n), 0.5):
            cut = n - min(max(round(share * n), _FEWEST), n - 2)
            if cut >= n:
                return 1.0
            rest, top = order[:cut], order[cut:]
            predicted = self._over(self._means(self._side.rows_held_out(top)), benchmark)
            spread = max(float(mean[rest].std()), 1e-6)
            error = interval_radius(np.abs(mean[top] - predicted), level)
            radii.append(error / spread * float(mean.std()))
        return min(1.0, max(radii))

    def _without(self, *, alone: bool) -> _Held:
        """Predict each known model without itself, or without its organisation."""
        if alone not in self._held:
            groups = None if alone else self._side.groups_of_organizations()
            columns = list(self._columns.values())
            actual = np.stack([self._side.actual_means(some) for some in columns], axis=1)
            drawn = np.stack([self._side.drawn_means(some) for some in columns], axis=1)
            predicted = self._means(self._side.rows_without(groups))
            self._held[alone] = _Held(predicted, actual, drawn)
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
