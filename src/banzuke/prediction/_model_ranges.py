"""How far the means of new models may lie from their predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl
from scipy.stats import mannwhitneyu

from banzuke.prediction._held_out import HeldOutModels
from banzuke.prediction._model_side import ModelSide
from banzuke.prediction.conformal import interval_radius

__all__ = ["MeansOver", "ModelRanges"]

_FEWEST = 20  # strong models at least are held out to see how far they go
_SHIFT = 0.6  # chance that a new model is predicted above a known one, from which it is a shift
_SURE = 1e-3
_SMALLEST = 4  # models from which on some can be held out


@dataclass(frozen=True)
class _Held:
    """Known models without their own results, and what they had; (n_models, n_benchmarks)."""

    predicted: np.ndarray
    actual: np.ndarray


@dataclass(frozen=True)
class MeansOver:
    """What the means of new models are over.

    Parameters
    ----------
    known, new : ndarray of shape (n_models, n_benchmarks)
        Numbers of known and of new items.
    """

    known: np.ndarray
    new: np.ndarray

    @classmethod
    def of_cells(
        cls, cells: np.ndarray, known: np.ndarray, labels: np.ndarray, benchmarks: Sequence[str]
    ) -> Self:
        """Count the cells of each model in each benchmark.

        Parameters
        ----------
        cells : ndarray of shape (n_models, n_items), bool
            What each model's mean is over.
        known : ndarray of int
            Columns of the known items.
        labels : ndarray of shape (n_items,)
            Benchmarks of the items; those without a known item count with all others.
        benchmarks : sequence of str
        """
        is_known = np.zeros(len(labels), dtype=bool)
        is_known[known] = True
        member = (labels[:, None] == np.array(benchmarks, dtype=object)).astype(float)
        return cls((cells & is_known) @ member, (cells & ~is_known) @ member)


class ModelRanges:
    """Radii from known models predicted without themselves.

    Parameters
    ----------
    side : ModelSide
    held_out : HeldOutModels
    benchmarks : sequence of str
    members : function from a benchmark to its columns
    new_noise : ndarray of shape (n_benchmarks,)
        Variance of a result on a new item around its prediction.
    """

    def __init__(
        self,
        side: ModelSide,
        held_out: HeldOutModels,
        benchmarks: Sequence[str],
        members: Callable[[str], np.ndarray],
        new_noise: np.ndarray,
    ) -> None:
        self._side, self._held_out, self._new_noise = side, held_out, new_noise
        self._columns = {name: members(name) for name in benchmarks}
        self._held: _Held | None = None

    def radii(
        self,
        models: pl.DataFrame,
        rows: np.ndarray,
        benchmark: str | None,
        level: float,
        over: MeansOver | None = None,
    ) -> np.ndarray:
        """Return the radius for each model's mean over a benchmark, or over all items.

        Parameters
        ----------
        models : polars.DataFrame
        rows : ndarray of shape (n_models, n_items)
            Their smoothed rows over the known items.
        benchmark : str or None
        level : float
        over : MeansOver, optional
            What the means are over instead.
        """
        if over is None:
            chosen = [benchmark in (None, name) for name in self._columns]
            whole = np.tile(self._held_out.sizes * chosen, (models.height, 1))
            over = MeansOver(whole, np.zeros_like(whole))
        familiar = self._side.is_familiar(models)
        radius = np.empty(models.height)
        for kind in np.unique(familiar):
            radius[familiar == kind] = self._usual(bool(kind), over, level)[familiar == kind]
        # a model larger than all known may be stronger, whatever smaller ones say of it
        outside = self.outside(rows) | self._side.kernels.beyond(models)
        if outside.any():
            room = 1.0 - self._over(self._means(rows), benchmark)
            beyond = np.minimum(self._beyond(int(outside.sum()), benchmark, level), room)
            radius = np.where(outside, np.maximum(radius, beyond), radius)
        return radius

    def _usual(self, familiar: bool, over: MeansOver, level: float) -> np.ndarray:
        """Return the radii from models that were held out, alone or with their organisation."""
        if len(self._held_out) < _SMALLEST:
            return np.full(len(over.known), np.inf)
        held = self._held_out.familiar if familiar else self._held_out.strangers
        sizes = self._held_out.sizes
        kinds, which = np.unique(np.hstack([over.known, over.new]), axis=0, return_inverse=True)
        known, new = np.hsplit(kinds, 2)
        total = np.maximum((known + new).sum(axis=1, keepdims=True), 1.0)
        weights = (known + new) / total
        # a mean over fewer items, or over new ones, varies more around what is expected of it
        varies = (known * held.noise + new * np.maximum(self._new_noise, held.noise)) / total**2
        extra = (varies - weights**2 * held.noise / sizes).sum(axis=1)
        return held.errors.radii(weights, np.maximum(extra, 0.0), level)[which.ravel()]

    def outside(self, rows: np.ndarray) -> np.ndarray:
        """Return which new models, given their smoothed rows, seem stronger than all known."""
        held = self._without()
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
        actual = self._without().actual
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

    def _without(self) -> _Held:
        """Predict each known model without itself, in closed form."""
        if self._held is None:
            columns = self._columns.values()
            actual = np.stack([self._side.actual_means(some) for some in columns], axis=1)
            self._held = _Held(self._means(self._side.rows_without()), actual)
        return self._held

    def _means(self, rows: np.ndarray) -> np.ndarray:
        means = [rows[:, columns].mean(axis=1) for columns in self._columns.values()]
        return np.asarray(np.stack(means, axis=1), dtype=np.float64)

    def _over(self, means: np.ndarray, benchmark: str | None) -> np.ndarray:
        """Return the means over one benchmark, or over the items of all."""
        if benchmark is not None:
            return np.asarray(means[:, list(self._columns).index(benchmark)])
        sizes = np.array([len(columns) for columns in self._columns.values()])
        return np.asarray(means @ (sizes / sizes.sum()))
