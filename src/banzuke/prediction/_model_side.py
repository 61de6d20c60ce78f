"""Rows of new models as smoothed rows of known ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from banzuke.prediction._device import product
from banzuke.prediction._variational import BayesianFactors
from banzuke.prediction.hierarchy import grouped_regression
from banzuke.prediction.kernels import (
    combine,
    inverse_with_noise,
    leave_one_out,
    tune_weights,
)
from banzuke.prediction.response_space import ResponseSpace, principal_components
from banzuke.prediction.similarity import ModelKernels
from banzuke.prediction.similarity.models import organizations

__all__ = ["ModelSide", "NewRows"]

_MODELS_EACH = 20  # known models for each component on which errors are regressed
_PROJECTIONS = 64  # random combinations of the items on which the residual kernel is tuned
_RESIDUAL_STAGES = ((500, 20),)  # few cases show no relatives
_ROWS, _COLUMNS = 256, 2048  # of the pieces in which large products are made
_SHARP = (
    "name",
    "close name",
    "words x size",
    "words x architecture x size",
    "organization x size",
    "lineage",
)


@dataclass(frozen=True)
class NewRows:
    """Rows of new models over the known items, (n_new, n_items).

    Parameters
    ----------
    smooth : ndarray
    full : ndarray
        With residuals of the lineage.
    pull : ndarray of shape (n_new, n_models)
        The kernel between new and known models.
    """

    smooth: np.ndarray
    full: np.ndarray
    pull: np.ndarray


class ModelSide:
    """Kernel ridge regression from model metadata to rows of the known block.

    1. Kernels are weighted on the leading components of the denoised rows, and what they say of
       each known model from the others becomes its prior in the factors.
    2. Rows are smoothed over the kernels.
    3. What the smoothing of denoised rows misses is learned from the scores themselves: each
       item's errors are regressed on the leading components of what the others predict.
    4. Residuals of close relatives are passed on, item by item.

    Parameters
    ----------
    models : polars.DataFrame
        Metadata of the known models.
    factors : BayesianFactors
        Fitted; refined here.
    scores : ndarray of shape (n_models, n_items), float32
        NaN where not run.
    columns : tuple of str
    n_components, random_state : int
    """

    def __init__(
        self,
        models: pl.DataFrame,
        factors: BayesianFactors,
        scores: np.ndarray,
        *,
        columns: tuple[str, ...] = (),
        n_components: int = 12,
        random_state: int = 0,
    ) -> None:
        self.models = models
        self.organizations = organizations(models)
        self.kernels = ModelKernels(columns)
        own = self.kernels.fit_transform(models)
        first = factors.cells()
        first -= first.mean(axis=0)
        targets, _ = principal_components(first, n_components)
        del first
        self.weights = _tuned(own, list(own), targets, random_state)
        self._known = combine(own, self.weights)
        inverse = inverse_with_noise(self._known)
        self._own_weight, self._inverse = np.diag(inverse), inverse
        self._refine(factors, inverse)
        self.cells = factors.cells()
        self.share = factors.observed.mean(axis=1)
        self.residual = _less(scores, self.cells)
        self.mean = self.cells.mean(axis=0)
        self._smooth = _product(inverse, self.cells, self.mean)
        self._learn_errors(factors, scores, n_components)
        self._learn_residuals(own, factors.observed, random_state)

    def _refine(self, factors: BayesianFactors, inverse: np.ndarray) -> None:
        """Make what relatives say of each model its prior in the factors."""
        position = factors.u[:, : factors.d]
        errors = inverse @ (position - position.mean(axis=0)) / self._own_weight[:, None]
        spread = errors.T @ errors / len(errors) + 1e-3 * np.eye(factors.d)
        spread += factors.u_covariance.mean(axis=0)  # positions are shrunk, the less so the surer
        factors.refine(position - errors, spread)

    def _learn_errors(
        self, factors: BayesianFactors, scores: np.ndarray, n_components: int
    ) -> None:
        # one array of the size of the scores, used again and again
        left_out = self._smooth / self._own_weight[:, None].astype(np.float32)
        np.subtract(self.cells, left_out, out=left_out)
        np.clip(left_out, 0.0, 1.0, out=left_out)
        self._centre = left_out.mean(axis=0)
        left_out -= self._centre
        # models share their errors over items: few of them tell few components apart
        n_components = min(n_components, len(scores) // _MODELS_EACH)
        position, self._axes = principal_components(left_out, n_components)
        self._scale = np.maximum(position.std(axis=0), 1e-6)
        features = self._features(left_out)
        left_out += self._centre
        target = _less(scores, left_out, out=left_out)
        self._slopes = grouped_regression(features, target, factors.observed, factors.groups)

    def _learn_residuals(
        self, own: dict[str, np.ndarray], observed: np.ndarray, random_state: int
    ) -> None:
        self.residual_weights: dict[str, float] = {}
        sharp = [name for name in _SHARP if name in own]
        if not sharp:
            return
        # an item run by a tenth of the models has a tenth of its residuals here: scale them up
        share = np.maximum(observed.mean(axis=0, dtype=np.float32), np.float32(1e-3))
        scaled = self.residual if share.min() == 1 else self.residual / share
        random = np.random.default_rng(random_state)
        mixed = _by_rows(scaled, random.normal(size=(scaled.shape[1], _PROJECTIONS)))
        settings = {"start": -4.0, "stages": _RESIDUAL_STAGES}
        found = _tuned(own, sharp, mixed, random_state, **settings)
        inverse = inverse_with_noise(combine(own, found))
        if np.square(leave_one_out(inverse, mixed)).sum() >= np.square(mixed).sum():
            return
        self.residual_weights = found
        self._passed_on = _product(inverse, scaled)
        self._residual_share, self._residual_own = share, np.diag(inverse)[:, None]

    def relatives(self) -> np.ndarray:
        """Return what close relatives' residuals say of each known model's; 0 where nothing."""
        if not self.residual_weights:
            return np.zeros_like(self.residual)
        left_out = self._passed_on / self._residual_own.astype(np.float32)
        return np.asarray(np.subtract(self.residual / self._residual_share, left_out, out=left_out))

    def _features(self, deviation: np.ndarray) -> np.ndarray:
        """Return features of rows that are given as deviations from ``_centre``."""
        position = deviation @ self._axes.astype(deviation.dtype) / self._scale
        return np.hstack([np.ones((len(deviation), 1)), position])

    def _corrected(self, rows: np.ndarray) -> np.ndarray:
        """Add to smoothed rows what the smoothing is known to miss."""
        features = self._features(rows - self._centre).astype(rows.dtype)
        missed = features @ self._slopes.T.astype(rows.dtype)
        missed += rows
        return np.asarray(np.clip(missed, 0.0, 1.0, out=missed))

    def rows(self, models: pl.DataFrame) -> NewRows:
        """Return rows of new models over the known items."""
        cross = self.kernels.transform(models, self.models)
        pull = combine(cross, self.weights)
        smooth = np.clip(self.mean + pull @ self._smooth, 0.0, 1.0)
        smooth = full = self._corrected(smooth)
        if self.residual_weights:
            full = smooth + combine(cross, self.residual_weights) @ self._passed_on
        return NewRows(smooth, full, pull)

    def spread(self, pull: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Smooth other targets of the known models over to new ones.

        Parameters
        ----------
        pull : ndarray of shape (n_new, n_models)
            Of `NewRows`.
        targets : ndarray of shape (n_models, q)

        Returns
        -------
        ndarray of shape (n_new, q)
        """
        mean = targets.mean(axis=0)
        return np.asarray(mean + pull @ (self._inverse @ (targets - mean)))

    def space(self, n_components: int) -> ResponseSpace:
        """Return the components of the known rows, as uncertain as metadata leaves them."""
        seen = np.count_nonzero(self.residual)
        squares = sum(float(np.square(row, dtype=np.float64).sum()) for row in self.residual)
        noise = squares / seen if seen else 0.1
        space = ResponseSpace.of_cells(self.cells, noise, n_components)
        errors = _by_rows(self._smooth, space.loadings) / self._own_weight[:, None]
        return replace(space, variance=np.maximum(np.mean(errors**2, axis=0), 1e-12))

    def is_familiar(self, models: pl.DataFrame) -> np.ndarray:
        """Return which models are of an organisation with a known model; bool, (n_models,)."""
        known = np.unique(self.organizations[self.organizations != ""])
        return np.isin(organizations(models), known)

    def rows_without(self) -> np.ndarray:
        """Predict the row of each known model from the others; float32, (n_models, n_items)."""
        missed = self._smooth / self._own_weight[:, None].astype(np.float32)
        rows = np.clip(self.cells - missed, 0.0, 1.0, out=missed)
        return self._corrected(rows)

    def rows_held_out(self, members: np.ndarray) -> np.ndarray:
        """Predict the rows of some known models from the others alone; (n_members, n_items)."""
        block = self._inverse[np.ix_(members, members)]
        missed = np.linalg.solve(block, self._smooth[members])
        return self._corrected(np.clip(self.cells[members] - missed, 0.0, 1.0))

    def actual_means(self, columns: np.ndarray) -> np.ndarray:
        """Return means of the known models over columns, as if every cell were observed."""
        # the mean of a model's scores also varies around its expectation, over fewer items more
        noise = self.residual[:, columns].mean(axis=1) / np.sqrt(np.maximum(self.share, 1e-3))
        return np.asarray(self.cells[:, columns].mean(axis=1) + noise, dtype=np.float64)


def _tuned(
    kernels: dict[str, np.ndarray],
    names: list[str],
    targets: np.ndarray,
    random_state: int,
    **settings: Any,
) -> dict[str, float]:
    chosen = [kernels[name] for name in names]
    found = tune_weights(chosen, targets, random_state=random_state, **settings)
    return dict(zip(names, found.tolist(), strict=True))


def _less(scores: np.ndarray, cells: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Return the scores less the cells, 0 where not observed."""
    rest: np.ndarray = np.subtract(scores, cells, out=out)
    rest[np.isnan(rest)] = 0
    return rest


def _product(square: np.ndarray, rows: np.ndarray, less: np.ndarray | None = None) -> np.ndarray:
    """Return ``square @ (rows - less)`` in float32, without a copy of the rows."""
    result, left = np.empty_like(rows), square.astype(np.float32)
    for start in range(0, rows.shape[1], _COLUMNS):
        columns = slice(start, start + _COLUMNS)
        right = rows[:, columns] if less is None else rows[:, columns] - less[columns]
        result[:, columns] = product(left, right)
    return result


def _by_rows(rows: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return ``rows @ right`` in float64, without a float64 copy of all rows."""
    pieces = [rows[start : start + _ROWS] @ right for start in range(0, len(rows), _ROWS)]
    return np.concatenate(pieces)
