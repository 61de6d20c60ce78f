"""What remains of a test for plots: calibration in bins, and predicted against true means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from banzuke.prediction.measures import calibration_bins

__all__ = ["Curves", "curves"]


@dataclass(frozen=True)
class Curves:
    """Summary of some cells.

    Parameters
    ----------
    calibration : ndarray of shape (n_bins, 3)
        Mean prediction, mean score and number of cells, see `calibration_bins`.
    means : ndarray of shape (n_models, 2)
        Predicted and true mean over the cells of each model that has some.
    """

    calibration: np.ndarray
    means: np.ndarray


def curves(predicted: np.ndarray, truth: np.ndarray, cells: np.ndarray) -> Curves:
    """Summarise predictions and scores over the cells of a mask.

    Parameters
    ----------
    predicted, truth : ndarray of shape (n_models, n_items)
    cells : ndarray of the same shape, bool

    Examples
    --------
    >>> p, z = np.array([[0.2, 0.8]]), np.array([[0.0, 1.0]])
    >>> curves(p, z, np.ones((1, 2), bool)).means.tolist()
    [[0.5, 0.5]]
    """
    count = cells.sum(axis=1)
    there = count > 0
    sums = [np.where(cells, values, 0.0).sum(axis=1) for values in (predicted, truth)]
    means = np.stack([total[there] / count[there] for total in sums], axis=1)
    return Curves(calibration_bins(predicted[cells], truth[cells]), means)
