"""Regressions of many items on the same features, each leaning towards its group's."""

from __future__ import annotations

import numpy as np

__all__ = ["grouped_regression"]

_START = 3e-4  # where that variance starts: from far above, a few steps do not reach the few
_LOOSE = 1e-4  # variance of a coefficient that small groups lean towards, scores in [0, 1]


def grouped_regression(
    features: np.ndarray,
    targets: np.ndarray,
    observed: np.ndarray,
    groups: np.ndarray,
    *,
    n_iter: int = 6,
) -> np.ndarray:
    """Regress each item's targets on features of the models.

    The coefficients of a group's items are normal around a mean; that mean, their covariance
    and the noise are learned by EM. Items with few models so take the coefficients of their
    group.

    Parameters
    ----------
    features : ndarray of shape (n_models, n_features)
        With a column of ones, if an intercept is wanted; columns of about unit size.
    targets : ndarray of shape (n_models, n_items)
        0 where not observed.
    observed : ndarray of shape (n_models, n_items), bool
    groups : ndarray of shape (n_items,)
        0, 1, ...
    n_iter : int, default 6

    Returns
    -------
    ndarray of shape (n_items, n_features), float64

    References
    ----------
    Gelman, Hill (2006), Data Analysis Using Regression and Multilevel Models, chapter 13.

    Examples
    --------
    >>> x = np.column_stack([np.ones(4), [-1.0, 0.0, 0.0, 1.0]])
    >>> y = np.tile([[0.1], [0.3], [0.3], [0.5]], (1, 3))
    >>> found = grouped_regression(x, y, np.ones((4, 3), bool), np.zeros(3, int), n_iter=300)
    >>> found.round(2).tolist()
    [[0.3, 0.2], [0.3, 0.2], [0.3, 0.2]]
    """
    n_features = features.shape[1]
    result = np.zeros((targets.shape[1], n_features))
    pairs = np.einsum("ni,nj->nij", features, features).reshape(len(features), -1)
    for group in np.unique(groups):
        inside = np.flatnonzero(groups == group)
        y, seen = targets[:, inside], observed[:, inside]
        if not seen.any():
            continue
        if seen.all():  # one system serves every item
            moment = pairs.sum(axis=0).reshape(1, n_features, n_features)
        else:
            moment = (seen.T.astype(np.float32) @ pairs.astype(np.float32)).astype(np.float64)
            moment = moment.reshape(-1, n_features, n_features)
        cross = (y.T @ features.astype(y.dtype)).astype(np.float64)
        squares = float(np.vdot(y, y))
        result[inside] = _expectation(moment, cross, squares, int(seen.sum()), n_iter)
    return result


def _expectation(
    moment: np.ndarray, cross: np.ndarray, squares: float, n_cells: int, n_iter: int
) -> np.ndarray:
    """Return the coefficients of one group's items by EM.

    ``moment`` holds each item's sum of x x' (or one for all), ``cross`` the sum of x y.
    """
    n_items, n_features = cross.shape
    weight = n_features + 2.0
    noise = max(squares / n_cells, 1e-6)
    total = moment.sum(axis=0) * (n_items / len(moment))
    mean = np.linalg.solve(total + noise / _START * np.eye(n_features), cross.sum(axis=0))
    precision = np.eye(n_features) / _START
    found = np.zeros_like(cross)
    for _ in range(n_iter):
        inverse = np.linalg.inv(moment / noise + precision)
        right = cross / noise + precision @ mean
        found = np.einsum(
            "kij,kj->ki", np.broadcast_to(inverse, (n_items, *inverse.shape[1:])), right
        )
        mean = found.mean(axis=0)
        deviation = found - mean
        spread = deviation.T @ deviation + inverse.sum(axis=0) * (n_items / len(inverse))
        loose = weight * _LOOSE * np.eye(n_features)
        precision = np.linalg.inv((spread + loose) / (n_items + weight))
        left = squares - 2 * float(np.vdot(found, cross))
        full = np.broadcast_to(moment, (n_items, *moment.shape[1:]))
        left += float(np.einsum("ki,kij,kj->", found, full, found, optimize=True))
        left += float(np.vdot(moment, inverse)) * (n_items / len(inverse))
        noise = max(left / n_cells, 1e-6)
    return found
