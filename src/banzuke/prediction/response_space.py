"""The few directions in which models differ, and where a new model lies after some results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.extmath import randomized_svd

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction.base import score_matrix
from banzuke.prediction.factorization import MatrixFactorization

__all__ = ["Posterior", "ResponseSpace", "one_row", "principal_components"]

_EXACT = 64  # up to this size of the shorter side, the decomposition is exact


@dataclass(frozen=True)
class Posterior:
    """What is believed of a model after some results.

    Parameters
    ----------
    position : ndarray of shape (n_components,)
    covariance : ndarray of shape (n_components, n_components)
    """

    position: np.ndarray
    covariance: np.ndarray


@dataclass(frozen=True)
class ResponseSpace:
    """Expected scores as a mean plus a few components with normal weights.

    Parameters
    ----------
    mean : ndarray of shape (n_items,)
    loadings : ndarray of shape (n_items, n_components)
    variance : ndarray of shape (n_components,)
        Of the known models' positions, or of the error of a prior position.
    noise : ndarray of shape (n_items,)
        Variance of a score around its expectation.
    """

    mean: np.ndarray
    loadings: np.ndarray
    variance: np.ndarray
    noise: np.ndarray

    @classmethod
    def fit(cls, outcomes: Outcomes | Any, n_components: int = 12) -> ResponseSpace:
        """Learn the space from known models.

        Parameters
        ----------
        outcomes : Outcomes or array-like of shape (n_models, n_items)
        n_components : int, default 12

        Returns
        -------
        ResponseSpace
        """
        scores = score_matrix(outcomes)
        run = ~np.isnan(scores).all(axis=1)
        cells = MatrixFactorization(16, tol=5e-5).fit(outcomes).predict()[run]
        error = np.where(np.isnan(scores[run]), np.nan, scores[run] - cells)
        return cls.of_cells(cells, np.nanmean(error**2) if error.size else 0.25, n_components)

    @classmethod
    def of_cells(cls, cells: np.ndarray, noise: float, n_components: int = 12) -> ResponseSpace:
        """Build the space of denoised cells; ``noise`` is the mean squared residual."""
        mean = cells.mean(axis=0)
        positions, loadings = principal_components(cells - mean, n_components)
        variance = np.var(positions, axis=0)
        spread = np.maximum(mean * (1 - mean) - cells.var(axis=0), 0.01)
        scale = noise / spread.mean()
        return cls(mean, loadings, np.maximum(variance, 1e-12), spread * scale)

    def posterior(self, scores: np.ndarray, position: np.ndarray | None = None) -> Posterior:
        """Return the position of a model after its results.

        Parameters
        ----------
        scores : ndarray of shape (n_items,)
            NaN where not run.
        position : ndarray of shape (n_components,), optional
            Where the model is expected before any result; default the average model.

        Returns
        -------
        Posterior
        """
        prior = np.zeros(len(self.variance)) if position is None else position
        seen = ~np.isnan(scores)
        v, weight = self.loadings[seen], 1 / self.noise[seen]
        precision = np.diag(1 / self.variance) + (v.T * weight) @ v
        covariance = np.linalg.inv(precision)
        surprise = scores[seen] - self.mean[seen] - v @ prior
        return Posterior(prior + covariance @ (v.T @ (weight * surprise)), covariance)

    def expected(self, position: np.ndarray) -> np.ndarray:
        """Return the expected score of every item at a position, in [0, 1]."""
        return np.asarray(np.clip(self.mean + self.loadings @ position, 0.0, 1.0))


def principal_components(deviation: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the leading components of a matrix; of large ones, by random projections.

    Parameters
    ----------
    deviation : ndarray of shape (n_rows, n_columns)
    n : int
        How many at most; there are no more than the shorter side has.

    Returns
    -------
    positions : ndarray of shape (n_rows, n)
    loadings : ndarray of shape (n_columns, n)
        With orthonormal columns, so that ``positions @ loadings.T`` is the approximation.

    Examples
    --------
    >>> positions, loadings = principal_components(np.array([[3.0, 4.0], [6.0, 8.0]]), 1)
    >>> np.round(positions @ loadings.T, 6).tolist()
    [[3.0, 4.0], [6.0, 8.0]]

    References
    ----------
    Halko, Martinsson, Tropp (2011), Finding structure with randomness, doi:10.1137/090771806.
    """
    if min(deviation.shape) <= _EXACT:
        left, length, right = np.linalg.svd(deviation.astype(np.float64), full_matrices=False)
        left, length, right = left[:, :n], length[:n], right[:n]
    else:
        left, length, right = randomized_svd(
            deviation, n, n_iter=5, power_iteration_normalizer="QR", random_state=0
        )
    return left.astype(np.float64) * length, right.T.astype(np.float64)


def one_row(scores: Any, n_items: int) -> np.ndarray:
    """Return one model's scores as a checked float64 vector, NaN where not run.

    Raises
    ------
    InvalidInputError
        For the wrong length or a score outside [0, 1].
    """
    row = np.asarray(scores, dtype=np.float64)
    if row.shape != (n_items,):
        raise InvalidInputError(
            f"the model's scores have shape {row.shape}, but there are {n_items} items; "
            "give one score for each item, NaN where not run"
        )
    with np.errstate(invalid="ignore"):
        if ((row < 0) | (row > 1)).any():
            raise InvalidInputError("a score of the model is outside [0, 1]")
    return row
