"""What models that fail alike tell about a cell, beyond what factors explain."""

from __future__ import annotations

import numpy as np
from scipy.linalg.blas import ssyrk

from banzuke.prediction._device import product

__all__ = ["neighbour_residual"]

_OVERLAP = 20.0  # shared items that the belief "unrelated" weighs
_POWERS = (2, 3, 4)
_FLOORS = (0.03, 0.3)
_MOST_ITEMS, _MOST_MODELS = 600, 300  # for tuning


def neighbour_residual(residual: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Predict residuals of each model from models with correlated residuals.

    Fine-tunes and merges of one parent share mistakes that a few factors cannot hold. Weights
    are powers of the positive correlations, shrunk by the number of shared items. The power
    is the one that best predicts one half of the items with correlations from the other half;
    where none helps, the result is zero.

    Parameters
    ----------
    residual : ndarray of shape (n_models, n_items)
        Score less prediction, 0 where not observed.
    known : ndarray of shape (n_models, n_items), bool

    Returns
    -------
    ndarray of shape (n_models, n_items)
        Expected residual of every cell; a cell does not see itself.
    """
    zero = np.zeros_like(residual)
    if min(residual.shape) < 4:
        return zero
    r = residual.astype(np.float32, copy=False)
    k = known if known.all() else known.astype(np.float32)  # a mask of ones is never multiplied
    tuned = np.arange(0, r.shape[1], max(1, r.shape[1] // _MOST_ITEMS))
    chosen = _tune(r[:, tuned], k[:, tuned])
    if chosen is None:
        return zero
    weights = _correlation(r, k) ** chosen[0]
    return _average(weights, r, k, chosen[1])


def _tune(r: np.ndarray, k: np.ndarray) -> tuple[int, float] | None:
    """Find the power and floor that predict half of the items from the other half."""
    halves = np.arange(r.shape[1]) % 2 == 0
    some = np.arange(0, len(r), max(1, len(r) // _MOST_MODELS))
    best, chosen = float(np.square(r[some]).sum()), None
    across = [_correlation(r[:, half], k[:, half])[some] for half in (halves, ~halves)]
    for power in _POWERS:
        for floor in _FLOORS:
            error = 0.0
            for correlation, half in zip(across, (~halves, halves), strict=True):
                guess = _average(correlation**power, r[:, half], k[:, half], floor)
                error += float((np.square(r[some][:, half] - guess) * k[some][:, half]).sum())
            if error < 0.999 * best:
                best, chosen = error, (power, floor)
    return chosen


def _correlation(r: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Positive part of the correlation of each pair of rows, 0 on the diagonal."""
    if k.all():
        length = np.sqrt(np.square(r).sum(axis=1, keepdims=True))
        overlap = np.float32(r.shape[1])
    else:
        length = np.sqrt(np.square(r) @ k.T)
        overlap = k @ k.T
    product = np.maximum(length * length.T, np.float32(1e-9))
    together = ssyrk(1.0, np.ascontiguousarray(r).T, trans=True)  # the upper triangle of r r'
    together += np.triu(together, 1).T
    correlation = np.maximum(together / product, 0) * overlap / (overlap + np.float32(_OVERLAP))
    np.fill_diagonal(correlation, 0)
    return np.asarray(correlation)


def _average(weights: np.ndarray, r: np.ndarray, k: np.ndarray, floor: float) -> np.ndarray:
    there = weights.sum(axis=1, keepdims=True) if k.all() else weights @ k
    average = product(weights, r)
    average /= there + np.float32(floor)
    return np.asarray(average)
