"""Gaussian imputation corrected by what similar models do differently."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from banzuke.capabilities.imputation import GaussianImputer, _with_gaps

_PRIOR = 5.0  # neighbours that the correction is shrunk by, as if their residuals were 0


class LocalGaussianImputer(GaussianImputer):
    """Fill missing scores by Gaussian EM plus the residuals of the most similar models.

    Scores are not quite Gaussian: models of one recipe miss the common trend in the same
    way. The residuals (score minus what the model's other scores predict) of the nearest
    models that have the score are averaged, shrunk, and added. The correction fades out
    for a model with few scores, as its neighbours are then not known.

    Parameters
    ----------
    n_neighbours : int, default 10
    max_iter, tol, ridge
        As for `GaussianImputer`.

    Attributes
    ----------
    mean_, covariance_, n_iter_
        As for `GaussianImputer`; intervals are around the corrected scores, as wide as
        errors of these ask for.
    """

    def __init__(
        self,
        *,
        n_neighbours: int = 10,
        max_iter: int = 200,
        tol: float = 1e-4,
        ridge: float = 1e-3,
    ) -> None:
        super().__init__(max_iter=max_iter, tol=tol, ridge=ridge)
        self.n_neighbours = n_neighbours

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the Gaussian, and keep the residuals of the models as neighbours."""
        super().fit(X)
        seen = _with_gaps(self, X, reset=False)
        filled = super().transform(seen)
        precision = np.linalg.inv(self.covariance_)
        # what is left of each score once the model's other scores have spoken
        self._residuals = (filled - self.mean_) @ precision / np.diag(precision)
        self._residuals[np.isnan(seen)] = np.nan
        self._positions = self._standardised(filled)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the scores with every gap filled; scores that are there stay as they are."""
        check_is_fitted(self)
        X = _with_gaps(self, X, reset=False)
        return np.asarray(super().transform(X) + self._corrections(X))

    def _standardised(self, X: np.ndarray) -> np.ndarray:
        return np.asarray((X - self.mean_) / np.sqrt(np.diag(self.covariance_)))

    def _corrections(self, X: np.ndarray) -> np.ndarray:
        Z, found = self._standardised(X), np.zeros(X.shape)
        for i in np.flatnonzero(np.isnan(X).any(axis=1)):
            seen = ~np.isnan(X[i])
            # neighbours cannot be told from one score; they can from all others
            trust = (seen.sum() - 1) / max(X.shape[1] - 2, 1)
            if trust <= 0:
                continue
            distance = ((self._positions[:, seen] - Z[i, seen]) ** 2).mean(axis=1)
            for j in np.flatnonzero(~seen):
                found[i, j] = trust * self._correction(distance, self._residuals[:, j])
        return found

    def _correction(self, distance: np.ndarray, residuals: np.ndarray) -> float:
        known = np.flatnonzero(~np.isnan(residuals))
        # ties are broken by the residual, so that the order of models does not matter
        order = np.lexsort((residuals[known], distance[known]))
        near = known[order[: self.n_neighbours]]
        if not near.size:
            return 0.0
        weight = 1 / (distance[near] + 0.05)
        shrink = len(near) / (len(near) + _PRIOR)
        return float(shrink * (weight @ residuals[near]) / weight.sum())
