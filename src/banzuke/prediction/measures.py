"""How far predictions are from what happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_auc_score

__all__ = ["Measures", "calibration_bins", "calibration_error", "measure"]

_SMALLEST = 1e-3  # a predicted probability of exactly 0 or 1 would make the log loss infinite


@dataclass(frozen=True)
class Measures:
    """Errors over some cells of a matrix.

    Parameters
    ----------
    rmse_p : float
        Root mean square over cells.
    rmse_m, rmse_x : float
        Root mean square over models (items) of the mean error over their cells.
    auc : float
        Chance to rank a right cell above a wrong one; NaN where all are right or all wrong.
    log_loss : float
        Mean cross-entropy in nats, probabilities clipped to [0.001, 0.999].
    ece : float
        Expected calibration error, see `calibration_error`.
    """

    rmse_p: float
    rmse_m: float
    rmse_x: float
    auc: float
    log_loss: float
    ece: float


def measure(predicted: np.ndarray, truth: np.ndarray, cells: np.ndarray) -> Measures:
    """Compare predictions with scores over the cells of a mask.

    Parameters
    ----------
    predicted, truth : ndarray of shape (n_models, n_items)
    cells : ndarray of the same shape, bool
        Which cells count; all must hold a score. Without any, every measure is NaN.

    Returns
    -------
    Measures
    """
    if not cells.any():
        return Measures(*[float("nan")] * 6)
    error = np.where(cells, predicted - truth, 0.0)
    p, z = predicted[cells].astype(np.float64), truth[cells].astype(np.float64)
    clipped = np.clip(p, _SMALLEST, 1 - _SMALLEST)
    right = z > 0.5
    return Measures(
        rmse_p=float(np.sqrt(np.mean((p - z) ** 2))),
        rmse_m=_of_means(error, cells, axis=1),
        rmse_x=_of_means(error, cells, axis=0),
        auc=float(roc_auc_score(right, p)) if 0 < right.sum() < right.size else float("nan"),
        log_loss=float(-np.mean(z * np.log(clipped) + (1 - z) * np.log(1 - clipped))),
        ece=calibration_error(p, z),
    )


def calibration_error(predicted: np.ndarray, truth: np.ndarray, n_bins: int = 15) -> float:
    """Return the expected calibration error over the bins of `calibration_bins`.

    Parameters
    ----------
    predicted, truth : ndarray of shape (n,)
        In any order: it does not change the result.
    n_bins : int, default 15

    Returns
    -------
    float
        Mean distance of mean prediction and mean score over the bins, 0 is best; NaN without
        any cell.

    Examples
    --------
    >>> p, z = np.array([0.8, 0.8, 0.8, 0.8]), np.array([1, 1, 1, 0])
    >>> round(calibration_error(p, z), 2)
    0.05
    """
    bins = calibration_bins(predicted, truth, n_bins)
    if not len(bins):
        return float("nan")
    gaps = np.abs(bins[:, 0] - bins[:, 1]) * bins[:, 2]
    return float(np.sum(gaps) / bins[:, 2].sum())


def calibration_bins(predicted: np.ndarray, truth: np.ndarray, n_bins: int = 15) -> np.ndarray:
    """Compare predictions and scores in bins of equal size by prediction.

    Equal predictions count as their mean score, so where an edge falls among them, each side
    has a share of all of them, not those that happen to stand there.

    Parameters
    ----------
    predicted, truth : ndarray of shape (n,)
    n_bins : int, default 15
        At most; fewer where there are fewer cells.

    Returns
    -------
    ndarray of shape (n_bins, 3)
        Mean prediction, mean score and number of cells; no row without any cell.

    Examples
    --------
    >>> p, z = np.array([0.2, 0.6, 0.6, 0.6, 0.6]), np.array([0, 1, 1, 0, 0])
    >>> calibration_bins(p, z, n_bins=2).round(2).tolist()
    [[0.47, 0.33, 3.0], [0.6, 0.5, 2.0]]
    """
    if not len(predicted):
        return np.empty((0, 3))
    order = np.lexsort((truth, predicted))  # by score among equals: sums round alike in any order
    p, z = (values[order].astype(np.float64) for values in (predicted, truth))
    first = np.flatnonzero(np.diff(p, prepend=np.nan) != 0)
    size = np.diff(first, append=len(p))
    z = np.repeat(np.add.reduceat(z, first) / size, size)
    cuts = np.array_split(np.arange(len(p)), min(n_bins, len(p)))
    return np.array([(p[cut].mean(), z[cut].mean(), len(cut)) for cut in cuts])


def _of_means(error: np.ndarray, cells: np.ndarray, axis: int) -> float:
    count = cells.sum(axis=axis)
    mean = error.sum(axis=axis)[count > 0] / count[count > 0]
    return float(np.sqrt(np.mean(mean**2)))
