"""Missing scores: centred Gaussian EM with intervals, and two baselines."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from banzuke.capabilities._checks import checked
from banzuke.capabilities.held_out import held_out_errors, multiplier
from banzuke.exceptions import InvalidInputError


class _AllowsGaps(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


class GaussianImputer(_AllowsGaps):
    """Fill missing scores with their conditional mean under one multivariate Gaussian.

    The mean is a parameter of its own, so the fill never pulls towards zero (a low-rank
    fill of uncentred scores does, and is worse than the column mean where most is missing).

    Parameters
    ----------
    max_iter : int, default 200
    tol : float, default 1e-4
        Stop where mean and covariance move by less, in standard deviations.
    ridge : float, default 0.001
        Added to the variances, as a share of each column's variance.

    Attributes
    ----------
    mean_ : ndarray of shape (n_benchmarks,)
    covariance_ : ndarray of shape (n_benchmarks, n_benchmarks)
    n_iter_ : int

    References
    ----------
    Little, R. J. A. & Rubin, D. B. (2002). Statistical analysis with missing data, ch. 11.

    Examples
    --------
    >>> scores = [[0.1, 0.2], [0.2, 0.4], [0.3, 0.6], [0.4, float("nan")]]
    >>> float(GaussianImputer().fit_transform(scores)[3, 1].round(2))
    0.8
    """

    def __init__(self, *, max_iter: int = 200, tol: float = 1e-4, ridge: float = 1e-3) -> None:
        self.max_iter = max_iter
        self.tol = tol
        self.ridge = ridge

    _errors: np.ndarray | None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit mean and covariance by EM; NaN is missing, every column needs two scores."""
        X = _with_gaps(self, X)
        centre, scale = np.nanmean(X, axis=0), np.nanstd(X, axis=0)
        scale = np.where(scale > 0, scale, 1)
        Z = (X - centre) / scale
        mean, covariance = np.zeros(X.shape[1]), np.eye(X.shape[1])
        self.n_iter_ = 0
        while self.n_iter_ < self.max_iter:
            self.n_iter_ += 1
            filled, spread = _expect(Z, mean, covariance)
            new_mean = filled.mean(axis=0)
            deviation = filled - new_mean
            new_covariance = (deviation.T @ deviation + spread) / len(Z)
            new_covariance += self.ridge * np.eye(len(mean))
            moved = max(np.abs(new_mean - mean).max(), np.abs(new_covariance - covariance).max())
            mean, covariance = new_mean, new_covariance
            if moved < self.tol:
                break
        self.mean_ = centre + scale * mean
        self.covariance_ = covariance * np.outer(scale, scale)
        self._scores, self._errors = X, None
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the scores with every gap filled; scores that are there stay as they are."""
        check_is_fitted(self)
        X = _with_gaps(self, X, reset=False)
        return np.asarray(_expect(X, self.mean_, self.covariance_)[0])

    def intervals(self, X: Any, *, level: float = 0.9) -> tuple[np.ndarray, np.ndarray]:
        """Return lower and upper bounds of every missing score; NaN where it is there.

        Their width in units of `spread` is that at which scores that are there, hidden in
        turn and fitted without, fall inside as often as wanted: few models say little about
        mean and covariance, and scores are not quite Gaussian.
        """
        check_is_fitted(self)
        X = _with_gaps(self, X, reset=False)
        if self._errors is None:
            self._errors = held_out_errors(self, self._scores)
        half = multiplier(self._errors, level) * self.spread(X)
        filled = self.transform(X)
        return filled - half, filled + half

    def spread(self, X: Any) -> np.ndarray:
        """Return how unsure each missing score is beside the others; NaN where it is there.

        The conditional standard deviation, and a part of the benchmark's own that grows with
        the number of coefficients by the number of models: few models leave too little.
        """
        check_is_fitted(self)
        X = _with_gaps(self, X, reset=False)
        own, found = np.diag(self.covariance_), np.full(X.shape, np.nan)
        for rows, seen in _patterns(X):
            left = np.clip(np.diag(_conditional(self.covariance_, seen)[1]), 0, None)
            part = min(int(seen.sum()) / len(self._scores), 1.0) ** 2
            found[np.ix_(rows, ~seen)] = np.sqrt(left + part * own[~seen])
        return found

    def another(self) -> GaussianImputer:
        """Return an unfitted imputer of the same settings."""
        copy: GaussianImputer = clone(self)
        return copy


class SoftImputer(_AllowsGaps):
    """Fill missing scores by repeated soft-thresholded singular values (a baseline).

    Parameters
    ----------
    shrinkage : float, default 1.0
        Amount by which singular values are shrunk, as a multiple of what noise of the
        columns' spread would give.
    centred : bool, default True
        False reproduces the fill of uncentred scores, which is worse than a column mean
        where most is missing.
    n_rounds : int, default 200
        At most this many rounds.

    References
    ----------
    Mazumder, R., Hastie, T. & Tibshirani, R. (2010). Spectral regularization algorithms
    for learning large incomplete matrices. JMLR 11, 2287-2322.
    """

    def __init__(
        self, *, shrinkage: float = 1.0, centred: bool = True, n_rounds: int = 200
    ) -> None:
        self.shrinkage = shrinkage
        self.centred = centred
        self.n_rounds = n_rounds

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the column means."""
        X = _with_gaps(self, X)
        self.mean_ = np.nanmean(X, axis=0) if self.centred else np.zeros(X.shape[1])
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the scores with every gap filled."""
        check_is_fitted(self)
        X = _with_gaps(self, X, reset=False)
        seen = ~np.isnan(X)
        Z = np.where(seen, X - self.mean_, 0)
        spread = np.sqrt((Z**2).sum() / max(seen.sum(), 1)) * np.sqrt(seen.mean())
        threshold = self.shrinkage * spread * np.sqrt(len(X)) / 2
        filled = Z
        for _ in range(self.n_rounds):
            u, s, v = np.linalg.svd(filled, full_matrices=False)
            low_rank = (u * np.clip(s - threshold, 0, None)) @ v
            update = np.where(seen, Z, low_rank)
            moved = np.abs(update - filled).max()
            filled = update
            if moved < 1e-5 * max(spread, 1e-12):
                break
        return np.asarray(np.where(seen, X, filled + self.mean_))


class MeanImputer(_AllowsGaps):
    """Fill missing scores with the mean of their benchmark (the dumb baseline)."""

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the column means."""
        self.mean_ = np.nanmean(_with_gaps(self, X), axis=0)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the scores with every gap filled."""
        check_is_fitted(self)
        X = _with_gaps(self, X, reset=False)
        return np.asarray(np.where(np.isnan(X), self.mean_, X))


def _with_gaps(estimator: BaseEstimator, X: Any, *, reset: bool = True) -> np.ndarray:
    least = 2 if reset else 1
    matrix = checked(
        estimator, X, reset=reset, ensure_all_finite="allow-nan", ensure_min_samples=least
    )
    few = np.flatnonzero((~np.isnan(matrix)).sum(axis=0) < 2) if reset else np.array([])
    if few.size:
        raise InvalidInputError(
            f"column {few[0]} has fewer than 2 scores; there is nothing to learn from, leave it out"
        )
    return matrix


def _patterns(X: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows of each pattern of gaps that has any, and which columns it has."""
    patterns, code = np.unique(~np.isnan(X), axis=0, return_inverse=True)
    code = code.ravel()
    return [
        (np.flatnonzero(code == index), seen)
        for index, seen in enumerate(patterns)
        if not seen.all()
    ]


def _conditional(covariance: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of the seen columns for the gaps, and the covariance that is left."""
    gaps = ~seen
    across = covariance[np.ix_(seen, gaps)]
    known = covariance[np.ix_(seen, seen)]
    jitter = 1e-10 * np.trace(known) / max(len(known), 1)  # copies of a column are singular
    regression = np.linalg.solve(known + jitter * np.eye(len(known)), across)
    return regression, covariance[np.ix_(gaps, gaps)] - across.T @ regression


def _expect(
    X: np.ndarray, mean: np.ndarray, covariance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    filled, spread = X.copy(), np.zeros_like(covariance)
    for rows, seen in _patterns(X):
        gaps = ~seen
        regression, left = _conditional(covariance, seen)
        centred = X[np.ix_(rows, seen)] - mean[seen]
        filled[np.ix_(rows, gaps)] = mean[gaps] + centred @ regression
        spread[np.ix_(gaps, gaps)] += len(rows) * left
    return filled, spread
