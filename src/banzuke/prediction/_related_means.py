"""Means of groups of items as draws from one distribution, learned from the groups."""

from __future__ import annotations

import numpy as np

__all__ = ["RelatedMeans"]

_LEAN = 2.0  # weight of the variances that are expected before any group is seen
_OF_LOADINGS, _OF_INTERCEPT = 0.1, 1.0


class RelatedMeans:
    r"""Prior of the means of groups: loadings on factors that are alike, and an intercept.

    .. math:: \mu_g \sim N(\mu, \mathrm{diag}(\sigma^2, \dots, \sigma^2, \sigma_0^2))

    A group that few models ran tells its mean on as few directions; in the others it is like the
    other groups. All loadings have one variance, so that turning the space changes nothing.

    Parameters
    ----------
    means : ndarray of shape (n_groups, d + 1)
        Where the groups begin; the last column is the intercept.

    Attributes
    ----------
    common : ndarray of shape (d + 1,)
    variance : ndarray of shape (d + 1,)

    References
    ----------
    MacKay (1992), Bayesian interpolation, doi:10.1162/neco.1992.4.3.415, for the variances.
    """

    def __init__(self, means: np.ndarray) -> None:
        self.common = means.mean(axis=0)
        self._expected = np.full(means.shape[1], _OF_LOADINGS)
        self._expected[-1] = _OF_INTERCEPT
        self.variance = self._expected.copy()

    def step(
        self, mean: np.ndarray, gradient: np.ndarray, precision: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return where a step of Newton's takes a group's mean, and its covariance there.

        Parameters
        ----------
        mean : ndarray of shape (d + 1,)
        gradient : ndarray of shape (d + 1,)
            Of the log-likelihood of the group's results at this mean.
        precision : ndarray of shape (d + 1, d + 1)
            Minus its second derivative.
        """
        covariance = np.linalg.inv(precision + np.diag(1 / self.variance))
        pulled = gradient + (self.common - mean) / self.variance
        return mean + covariance @ pulled, covariance

    def learn(self, means: np.ndarray, variances: np.ndarray) -> None:
        """Take up what two or more groups have in common; arrays of shape (n_groups, d + 1)."""
        determined = np.clip(1 - variances / self.variance, 1e-6, 1.0)
        count = determined.sum(axis=0)
        self.common = (determined * means).sum(axis=0) / count
        squares = (determined * (means - self.common) ** 2).sum(axis=0)
        count = np.maximum(count - 1, 0)  # one is spent on what is common
        squares[:-1], count[:-1] = squares[:-1].mean(), count[:-1].mean()
        self.variance = (squares + _LEAN * self._expected) / (count + _LEAN)
