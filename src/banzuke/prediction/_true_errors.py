"""Errors of means, as they were with every result, from the few results that there are."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from banzuke.prediction.conformal import interval_radius

__all__ = ["VALUES", "TrueErrors", "noise_of_each", "noise_within", "sampled"]

VALUES = 9
"""How many values stand for the distribution of an error."""

_MOST_STEPS = 200
_TOLERANCE = 1e-4
_DOUBT = 10.0  # second results that the belief in their variance is worth
_PRIOR = 5.0  # second results that the noise of all is worth in that of one case
_LEAST = 1e-9
_QUANTILES = ndtri((np.arange(VALUES) + 0.5) / VALUES)
_STANDARD = _QUANTILES / _QUANTILES.std()  # as few values vary less than the normal


def sampled(errors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the mean of each row's errors, how many there are, and how they vary.

    Parameters
    ----------
    errors : ndarray of shape (n_cases, n_cells)
        NaN where there is no result.

    Returns
    -------
    mean : ndarray of shape (n_cases,)
        0 without a result.
    count : ndarray of shape (n_cases,)
    squares : ndarray of shape (n_cases,)
        Sum of squared deviations from the mean.
    """
    count = np.count_nonzero(~np.isnan(errors), axis=1)
    mean = np.nansum(errors, axis=1, dtype=np.float64) / np.maximum(count, 1)
    total = np.nansum(np.square(errors, dtype=np.float64), axis=1)
    return mean, count, np.maximum(total - count * mean**2, 0.0)


def noise_within(squares: np.ndarray, count: np.ndarray, believed: float = 0.0) -> float:
    """Return the variance of a cell around its case's mean, one for all cases.

    Parameters
    ----------
    squares, count : ndarray
        Of `sampled`.
    believed : float, default 0
        What it leans to where few cases have a second result.
    """
    free = float(np.maximum(count - 1, 0).sum())
    return float((squares.sum() + _DOUBT * believed) / (free + _DOUBT))


def noise_of_each(squares: np.ndarray, count: np.ndarray, noise: float) -> np.ndarray:
    """Return the variance of a cell for each case, leaning to the ``noise`` of all.

    For items: those that nearly all or no models solve vary little, and err most. Errors of
    models do not tell how their results vary, and there one variance for all is the safer.
    """
    return np.asarray((squares + _PRIOR * noise) / (np.maximum(count - 1, 0) + _PRIOR))


class TrueErrors:
    r"""Means of errors over whole benchmarks, seen through a sample of each.

    A case (a model that was left out) has errors :math:`e_b` over the benchmarks, normal around 0
    with a covariance :math:`\Sigma` that is learned by EM; what is seen of it is the mean over
    :math:`n_b` of :math:`N_b` results, with sampling variance
    :math:`s_b^2 (1 / n_b - 1 / N_b)`. The expected errors given the results vary too little, the
    means that are seen too much; the distributions of the errors given the results, taken together
    over cases, vary as the errors do. With every result they are the errors themselves,
    so nothing is assumed of these.

    Parameters
    ----------
    mean : ndarray of shape (n_cases, n_benchmarks)
        Mean error over the results.
    count : ndarray of the same shape
        Number of results; 0 where there is none.
    sizes : ndarray of shape (n_benchmarks,)
        Number of items that the true mean is over.
    noise : ndarray of shape (n_benchmarks,)
        Variance of one result around its case's mean: a mean over N_b of them varies at least by
        its part.
    variance : ndarray of shape (n_cases, n_benchmarks), optional
        The same for each case, where these differ; default ``noise``.

    References
    ----------
    Louis (1984), Estimating a population of parameter values using Bayes and empirical Bayes
    methods, Journal of the American Statistical Association 79.
    """

    def __init__(
        self,
        mean: np.ndarray,
        count: np.ndarray,
        sizes: np.ndarray,
        noise: np.ndarray,
        variance: np.ndarray | None = None,
    ) -> None:
        share = 1.0 / np.maximum(count, 1) - 1.0 / sizes
        each = noise if variance is None else variance
        sampling = np.maximum(each * np.maximum(share, 0.0), _LEAST)
        weight = np.where(count > 0, 1.0 / sampling, 0.0)
        self.covariance = _covariance(mean, weight)
        lacking = noise / sizes - np.diag(self.covariance)
        self.covariance += np.diag(np.maximum(lacking, 0.0))
        self._mean, self._left = _posterior(mean, weight, self.covariance)

    def radii(self, weights: np.ndarray, extra: np.ndarray, level: float) -> np.ndarray:
        """Return the radius of intervals for weighted means; see `of` for the parameters."""
        values = np.abs(self.of(weights, extra)).reshape(len(weights), -1)
        return np.array([interval_radius(some, level, copies=VALUES) for some in values])

    def of(self, weights: np.ndarray, extra: np.ndarray) -> np.ndarray:
        """Return values that the cases' errors of weighted means may have.

        Parameters
        ----------
        weights : ndarray of shape (n_targets, n_benchmarks)
        extra : ndarray of shape (n_targets,)
            Variance that a target has beyond that of the benchmarks' errors, such as where it is a
            mean over fewer items.

        Returns
        -------
        ndarray of shape (n_targets, n_cases, `VALUES`)
            Alike likely given the case's results.
        """
        left = np.einsum("tb,nbc,tc->tn", weights, self._left, weights, optimize=True)
        spread = np.sqrt(np.maximum(left, 0.0) + extra[:, None])
        return np.asarray((weights @ self._mean.T)[..., None] + spread[..., None] * _STANDARD)


def _covariance(mean: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the covariance of the errors around 0, by EM."""
    covariance = _moments(mean, weight)
    for _ in range(_MOST_STEPS):
        found, left = _posterior(mean, weight, covariance)
        updated = (found.T @ found + left.sum(axis=0)) / len(mean)
        updated = (updated + updated.T) / 2  # rounding would grow
        change = np.abs(updated - covariance).max()
        covariance = updated
        if change <= _TOLERANCE * np.diag(covariance).max():
            break
    return covariance


def _moments(mean: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return a start for EM: products of errors less the sampling variance, made definite."""
    seen = (weight > 0).astype(np.float64)
    there = mean * seen
    pairs = np.maximum(seen.T @ seen, 1.0)
    products = there.T @ there / pairs
    sampling = np.divide(seen, weight, out=np.zeros_like(seen), where=seen > 0).sum(axis=0)
    moments = products - np.diag(sampling / np.maximum(seen.sum(axis=0), 1.0))
    values, vectors = np.linalg.eigh(moments)
    floor = max(0.05 * np.diag(products).mean(), _LEAST)
    return np.asarray((vectors * np.maximum(values, floor)) @ vectors.T)


def _posterior(
    mean: np.ndarray, weight: np.ndarray, covariance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return each case's expected errors, and their covariance after its results."""
    root = np.sqrt(weight)
    scaled = root[:, :, None] * covariance  # D S
    inner = scaled * root[:, None, :] + np.eye(len(covariance))
    gain = np.linalg.solve(inner, scaled)
    left = covariance - np.einsum("nab,nac->nbc", scaled, gain)
    expected = np.einsum("nbc,nc->nb", left, weight * mean)
    return expected, left
