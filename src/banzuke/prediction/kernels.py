"""Ridge regression with a sum of kernels, tuned by its closed-form leave-one-out error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.linalg import cho_factor
from scipy.linalg.blas import ssyrk
from scipy.linalg.lapack import dpotri
from scipy.optimize import minimize

__all__ = [
    "COARSE_TO_FINE",
    "combine",
    "inverse_with_noise",
    "leave_one_out",
    "tune_weights",
]

COARSE_TO_FINE = ((300, 25), (600, 8))
"""Cases and most steps: coarse weights first, then a few steps on more cases."""

_BOUNDS = (-9.0, 6.0)
_SIDE = 64  # of blocks that are mirrored or summed at a time


def tune_weights(
    kernels: Sequence[np.ndarray],
    targets: np.ndarray,
    *,
    start: float = -1.0,
    stages: Sequence[tuple[int, int]] = COARSE_TO_FINE,
    tolerance: float = 1e-4,
    random_state: int = 0,
) -> np.ndarray:
    r"""Find weights of kernels that minimise the leave-one-out error of ridge regression.

    With :math:`A = \sum_g e^{w_g} K_g + I` and :math:`a = A^{-1} y`, leaving out case i changes
    its residual to :math:`a_i / (A^{-1})_{ii}`, whose square has an analytic gradient.

    Parameters
    ----------
    kernels : sequence of ndarray of shape (n, n)
        Positive semi-definite.
    targets : ndarray of shape (n, q)
        Several outputs that share the weights.
    start : float, default -1
        Logarithm of every weight at first.
    stages : sequence of (int, int)
        How many random cases are used for at most how many steps, one after another.
    tolerance : float, default 1e-4
        Relative gain of a step below which a stage ends.
    random_state : int, default 0

    Returns
    -------
    ndarray of shape (n_kernels,)
        Logarithms of the weights; the noise has weight 1.

    References
    ----------
    Rasmussen, Williams (2006), Gaussian Processes for Machine Learning, equation 5.12.
    """
    order = np.random.default_rng(random_state).permutation(len(targets))
    weights = np.full(len(kernels), start)
    for most, steps in stages:
        drawn = np.sort(order[:most])
        spread = np.sqrt(np.mean(targets[drawn] ** 2))
        if not spread > 0:
            return np.zeros(len(kernels))
        objective = _LeaveOneOut(kernels, targets / spread, drawn)
        options = {"maxiter": steps, "ftol": tolerance}
        bounds = [_BOUNDS] * len(kernels)
        weights = minimize(
            objective, weights, jac=True, method="L-BFGS-B", bounds=bounds, options=options
        ).x
        if len(targets) <= most:
            break
    return np.asarray(weights)


class _LeaveOneOut:
    """Mean squared leave-one-out error over some cases, and its gradient in the log weights.

    Kernels are symmetric, so their lower triangles are enough. Both are scaled so that the first
    gradient has length one: a bounded search begins with a step as long as the gradient, and
    would stop at once where relatives explain a hundredth of the noise.
    """

    def __init__(self, kernels: Sequence[np.ndarray], targets: np.ndarray, cases: np.ndarray):
        row, column = np.tril_indices(len(cases))
        self.lower = row * len(cases) + column  # one index is faster than two
        at = cases[row] * len(kernels[0]) + cases[column]
        self.stack = np.stack([np.take(kernel, at) for kernel in kernels])
        self.y = targets[cases]
        self.twice = np.where(row == column, 1.0, 2.0)
        self.scale = 0.0

    def __call__(self, w: np.ndarray) -> tuple[float, np.ndarray]:
        weights, size, y = np.exp(w), len(self.y), self.y
        A = np.zeros((size, size))
        A.ravel()[self.lower] = weights.astype(self.stack.dtype) @ self.stack
        A[np.diag_indices(size)] += 1.0
        inverse = _inverse(A)
        a, d = inverse @ y, np.diag(inverse)
        left_out = a / d[:, None]
        by_a = 2 * left_out / d[:, None] / y.size
        by_d = 2 * (left_out**2 / d[:, None]).sum(axis=1) / y.size
        one_way = a @ (inverse @ by_a).T
        # the product of inverse, diagonal and inverse is symmetric: half of it is computed
        # and in single precision, which is enough for a slope
        scaled = (np.sqrt(by_d)[:, None] * inverse).astype(np.float32).T
        both_ways = ssyrk(1.0, scaled, lower=True)
        by_cell = np.take(one_way + one_way.T, self.lower) / 2 - np.take(both_ways, self.lower)
        by_kernel = self.stack @ (self.twice * by_cell).astype(self.stack.dtype)
        gradient = -weights * by_kernel
        if not self.scale:
            self.scale = 1 / max(float(np.linalg.norm(gradient)), 1e-9)
        return self.scale * float((left_out**2).sum() / y.size), self.scale * gradient


def combine(kernels: Mapping[str, np.ndarray], weights: Mapping[str, float]) -> np.ndarray:
    """Return the sum of the kernels named in ``weights``, times e to their weight."""
    total = np.zeros(kernels[next(iter(weights))].shape)
    for start in range(0, len(total), _SIDE):
        rows = slice(start, start + _SIDE)
        for name, weight in weights.items():
            total[rows] += kernels[name].dtype.type(np.exp(weight)) * kernels[name][rows]
    return total


def inverse_with_noise(known: np.ndarray) -> np.ndarray:
    """Return ``(known + I)^-1`` for a kernel of shape (n, n)."""
    return _inverse(known + np.eye(len(known)))


def leave_one_out(inverse: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return each target less its prediction from the others.

    Parameters
    ----------
    inverse : ndarray of shape (n, n)
        Of `inverse_with_noise`.
    targets : ndarray of shape (n, q)

    Returns
    -------
    ndarray of shape (n, q)
    """
    return np.asarray(inverse @ targets / np.diag(inverse)[:, None])


def _inverse(matrix: np.ndarray) -> np.ndarray:
    """Invert a symmetric positive definite matrix from its Cholesky factor."""
    factor, lower = cho_factor(matrix, lower=True, check_finite=False)
    inverse, _ = dpotri(factor, lower=lower, overwrite_c=True)
    whole = np.ascontiguousarray(inverse.T)  # of which the upper triangle is valid
    for start in range(0, len(whole), _SIDE):
        end = start + _SIDE
        block = whole[start:end, start:end]
        block[:] = np.triu(block) + np.triu(block, 1).T
        whole[end:, start:end] = whole[start:end, end:].T
    return whole
