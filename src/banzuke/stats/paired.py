"""Tests of two methods on the same items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest, norm

from banzuke.exceptions import InvalidInputError

_Z_95 = 1.959963984540054
_SMALL = 500


@dataclass(frozen=True, kw_only=True)
class PairedComparison:
    """How much more often the first of two methods is right.

    Parameters
    ----------
    difference : float
        Accuracy of the first less that of the second, -1 to 1.
    lower, upper : float
        Interval of the difference (normal approximation on the item differences).
    p : float
        Two-sided: McNemar's exact test, or the test that the function names.
    """

    difference: float
    lower: float
    upper: float
    p: float


def compare_paired(first: np.ndarray, second: np.ndarray) -> PairedComparison:
    """Compare which of two methods is right on the same items, with a 95 % interval.

    Parameters
    ----------
    first, second : numpy.ndarray of bool, shape (n_items,)

    Returns
    -------
    PairedComparison

    Raises
    ------
    InvalidInputError
        Where the shapes differ or there are no items.

    References
    ----------
    McNemar (1947), sampling error of the difference between correlated proportions.

    Examples
    --------
    >>> right = np.array([True] * 8 + [False] * 2)
    >>> worse = np.array([True] * 4 + [False] * 6)
    >>> result = compare_paired(right, worse)
    >>> round(result.difference, 3), round(result.p, 3)
    (0.4, 0.125)
    """
    if first.shape != second.shape or not first.size:
        raise InvalidInputError(
            f"shapes {first.shape} and {second.shape}: compare two methods on the same items"
        )
    gaps = first.astype(float) - second.astype(float)
    half = _Z_95 * float(gaps.std()) / np.sqrt(len(gaps))
    mean = float(gaps.mean())
    p = mcnemar(first, second)
    return PairedComparison(difference=mean, lower=mean - half, upper=mean + half, p=p)


def mcnemar(first: np.ndarray, second: np.ndarray) -> float:
    """Return the exact two-sided p of McNemar's test; 1 where no item differs.

    Parameters
    ----------
    first, second : numpy.ndarray of bool, shape (n_items,)

    Examples
    --------
    >>> mcnemar(np.array([True, True, True, True]), np.array([False, False, False, True]))
    0.25
    """
    better = int((first & ~second).sum())
    worse = int((second & ~first).sum())
    return float(binomtest(better, better + worse).pvalue) if better + worse else 1.0


def compare_scores(
    first: np.ndarray, second: np.ndarray, *, n_draws: int = 2000, seed: int = 0
) -> PairedComparison:
    """Compare scores of two methods on the same items, with a 95 % interval.

    Scores that are all 0 or 1 go to `compare_paired`. For others up to `_SMALL` items are
    drawn with replacement (percentile interval; p from the share of draws on the other side
    of 0); for more the mean difference is near enough to normal.

    Parameters
    ----------
    first, second : numpy.ndarray of shape (n_items,)
        In [0, 1], no NaN.
    n_draws : int, default 2000
    seed : int, default 0

    Returns
    -------
    PairedComparison

    Examples
    --------
    >>> base = np.linspace(0, 0.8, 40)
    >>> result = compare_scores(base + 0.1, base)
    >>> round(result.difference, 3), result.p < 0.01
    (0.1, True)
    """
    if first.shape != second.shape or not first.size:
        raise InvalidInputError(
            f"shapes {first.shape} and {second.shape}: compare two methods on the same items"
        )
    if np.isin(first, (0, 1)).all() and np.isin(second, (0, 1)).all():
        return compare_paired(first == 1, second == 1)
    gaps = first.astype(float) - second.astype(float)
    mean = float(gaps.mean())
    if len(gaps) > _SMALL or len(gaps) < 2:
        error = float(gaps.std(ddof=1) / np.sqrt(len(gaps))) if len(gaps) > 1 else float("nan")
        return _normal(mean, error)
    drawn = np.random.default_rng(seed).integers(0, len(gaps), (n_draws, len(gaps)))
    means = gaps[drawn].mean(axis=1)
    lower, upper = np.quantile(means, [0.025, 0.975])
    other_side = min(int((means <= 0).sum()), int((means >= 0).sum()))
    p = min(1.0, 2 * (other_side + 1) / (n_draws + 1))
    return PairedComparison(difference=mean, lower=float(lower), upper=float(upper), p=p)


def compare_independent(
    first: float, first_error: float, second: float, second_error: float
) -> PairedComparison:
    """Compare two means from their standard errors, as if measured on different items.

    Parameters
    ----------
    first, second : float
    first_error, second_error : float
        Standard errors; NaN gives NaN bounds and p.

    Examples
    --------
    >>> round(compare_independent(0.6, 0.03, 0.5, 0.04).p, 3)
    0.046
    """
    return _normal(first - second, float(np.hypot(first_error, second_error)))


def holm(p_values: np.ndarray) -> np.ndarray:
    """Adjust p values for how many there are; NaN stays and does not count.

    Parameters
    ----------
    p_values : numpy.ndarray of shape (n,)

    Returns
    -------
    numpy.ndarray of shape (n,)

    References
    ----------
    Holm (1979), A simple sequentially rejective multiple test procedure.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, np.nan, 0.03])).round(3).tolist()
    [0.03, 0.06, nan, 0.06]
    """
    adjusted = np.full(len(p_values), np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p_values[order] * factors))
    return adjusted


def _normal(mean: float, error: float) -> PairedComparison:
    half = _Z_95 * error
    if np.isnan(error):
        p = float("nan")
    elif error == 0:
        p = 1.0 if mean == 0 else 0.0
    else:
        p = float(2 * norm.sf(abs(mean) / error))
    return PairedComparison(difference=mean, lower=mean - half, upper=mean + half, p=p)
