"""A Gaussian copula of the models' errors, fitted to right and wrong answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import ndtr, ndtri
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from banzuke.ensembles.pool import Pool
from banzuke.exceptions import InvalidInputError
from banzuke.stats.proportion import wilson_interval

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_MAX_CORRELATION = 0.999
_CHUNK = 20_000


class GaussianCopula(BaseEstimator):  # type: ignore[misc]
    """Correlated errors: model j errs where a latent normal variable is below its threshold.

    Parameters
    ----------
    by_class : bool, default False
        Fit thresholds and correlations for each class apart: models err more on some.

    Attributes
    ----------
    thresholds_ : numpy.ndarray of shape (n_groups, n_models)
        Phi^-1 of the error rate; one group, or one for each class.
    correlations_ : numpy.ndarray of shape (n_groups, n_models, n_models)
        Tetrachoric correlations, repaired to be positive definite.
    repair_ : float
        Largest change that the repair made to a correlation.
    shares_ : numpy.ndarray of shape (n_groups,)
        Share of the items in each group.

    References
    ----------
    Turkmen, Buyukates, Bastopcu (2026), arXiv:2602.08003; Pearson (1900) for the
    tetrachoric correlation.
    """

    def __init__(self, *, by_class: bool = False) -> None:
        self.by_class = by_class

    def fit(self, pool: Pool) -> Self:
        """Fit thresholds and correlations; an answer that is not right is an error.

        Parameters
        ----------
        pool : Pool

        Returns
        -------
        self
        """
        errors = pool.votes != pool.labels[:, None]
        groups = pool.labels if self.by_class else np.zeros(pool.n_items, dtype=np.intp)
        known, member = np.unique(groups, return_inverse=True)
        parts = [_fit_group(errors[member == g]) for g in range(len(known))]
        self.thresholds_ = np.array([part[0] for part in parts])
        self.correlations_ = np.array([part[1] for part in parts])
        self.repair_ = max(part[2] for part in parts)
        self.shares_ = np.bincount(member) / pool.n_items
        return self

    def sample_errors(self, n_items: int, *, seed: int = 0) -> np.ndarray:
        """Draw errors of all models on new items; bool, shape (n_items, n_models)."""
        check_is_fitted(self)
        random = np.random.default_rng(seed)
        counts = random.multinomial(n_items, self.shares_)
        parts = []
        for group, count in enumerate(counts):
            root = np.linalg.cholesky(self.correlations_[group])
            latent = random.standard_normal((count, root.shape[0])) @ root.T
            parts.append(latent <= self.thresholds_[group])
        return np.concatenate(parts)

    def all_wrong(self, models: np.ndarray | list[int], *, n_draws: int = 200_000) -> float:
        """Return the chance that every one of some models errs, by simulation."""
        columns = np.asarray(models, dtype=np.intp)
        found = 0
        for chunk in range(0, n_draws, _CHUNK):
            errors = self.sample_errors(min(_CHUNK, n_draws - chunk), seed=chunk)
            found += int(errors[:, columns].all(axis=1).sum())
        return found / n_draws


@dataclass(frozen=True, kw_only=True)
class AllWrong:
    """How often all models of a set are wrong: observed, and by the fitted copula.

    Parameters
    ----------
    n_models : int
    observed, lower, upper : float
        Share of items and its 95 % interval (Wilson).
    fitted : float
        By the copula. Outside the interval the copula misses the tail, and what it says
        about the gain of more models is not to be trusted.
    """

    n_models: int
    observed: float
    lower: float
    upper: float
    fitted: float


def check_all_wrong(
    copula: GaussianCopula, pool: Pool, models: list[int], *, n_draws: int = 200_000
) -> AllWrong:
    """Compare the observed all-wrong rate of some models (columns) with the copula's."""
    wrong = (pool.votes[:, models] != pool.labels[:, None]).all(axis=1)
    lower, upper = wilson_interval(int(wrong.sum()), pool.n_items)
    return AllWrong(
        n_models=len(models),
        observed=float(wrong.mean()),
        lower=lower,
        upper=upper,
        fitted=copula.all_wrong(models, n_draws=n_draws),
    )


def tetrachoric(errors: np.ndarray) -> np.ndarray:
    """Return the latent correlations that reproduce how often each pair errs together.

    Parameters
    ----------
    errors : numpy.ndarray of bool, shape (n_items, n_models)

    Returns
    -------
    numpy.ndarray of shape (n_models, n_models)
        Not always positive definite; see `nearest_correlation`.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> latent = random.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 200_000)
    >>> round(float(tetrachoric(latent < [-0.5, 0.3])[0, 1]), 2)
    0.6
    """
    n_items = len(errors)
    wrong = errors.astype(float)
    # half an item keeps thresholds finite for a model that is always right or wrong
    rates = np.clip(wrong.mean(axis=0), 0.5 / n_items, 1 - 0.5 / n_items)
    both = wrong.T @ wrong / n_items
    thresholds = ndtri(rates)
    low = np.full(both.shape, -_MAX_CORRELATION)
    high = np.full(both.shape, _MAX_CORRELATION)
    for _ in range(40):
        middle = (low + high) / 2
        too_small = _bivariate(thresholds[:, None], thresholds[None, :], middle) < both
        low, high = np.where(too_small, middle, low), np.where(too_small, high, middle)
    found = (low + high) / 2
    np.fill_diagonal(found, 1.0)
    return np.asarray((found + found.T) / 2)


def nearest_correlation(matrix: np.ndarray, *, least: float = 1e-4) -> np.ndarray:
    """Return the nearest positive definite correlation matrix (Frobenius norm).

    Alternating projections with Dykstra's correction.

    Parameters
    ----------
    matrix : numpy.ndarray of shape (n, n)
        Symmetric.
    least : float
        Smallest eigenvalue of the result, about.

    References
    ----------
    Higham (2002), Computing the nearest correlation matrix.
    """
    if np.linalg.eigvalsh(matrix).min() >= least:
        return matrix
    current, correction = matrix.copy(), np.zeros_like(matrix)
    for _ in range(200):
        values, vectors = np.linalg.eigh(current - correction)
        projected = (vectors * np.maximum(values, least)) @ vectors.T
        correction = projected - (current - correction)
        moved = projected.copy()
        np.fill_diagonal(moved, 1.0)
        if np.abs(moved - current).max() < 1e-8:
            break
        current = moved
    scale = 1 / np.sqrt(np.diag(projected))
    return np.asarray(projected * scale[:, None] * scale[None, :])


def _fit_group(errors: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    if len(errors) < 2:
        raise InvalidInputError("a group has fewer than 2 items; fit all classes together")
    raw = tetrachoric(errors)
    repaired = nearest_correlation(raw)
    rates = np.clip(errors.mean(axis=0), 0.5 / len(errors), 1 - 0.5 / len(errors))
    return ndtri(rates), repaired, float(np.abs(repaired - raw).max())


def _bivariate(a: np.ndarray, b: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    """Return P(X <= a, Y <= b) of two normal variables.

    The derivative in the correlation is the bivariate density (Plackett 1954), integrated
    here over the angle, in which it is smooth.
    """
    angle = np.arcsin(correlation)[..., None] * (_NODES + 1) / 2
    a, b = np.asarray(a)[..., None], np.asarray(b)[..., None]
    exponent = -(a**2 + b**2 - 2 * a * b * np.sin(angle)) / (2 * np.cos(angle) ** 2)
    area = (np.exp(exponent) * _WEIGHTS).sum(axis=-1) * np.arcsin(correlation) / 2
    return np.asarray((ndtr(a) * ndtr(b))[..., 0] + area / (2 * np.pi))
