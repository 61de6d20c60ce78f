"""Tests of two methods on the same items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from banzuke.exceptions import InvalidInputError


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
        McNemar's exact test, two-sided.
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
    half = 1.959963984540054 * float(gaps.std()) / np.sqrt(len(gaps))
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


@dataclass(frozen=True, kw_only=True)
class BootstrapDifference:
    """A difference with its error, 95 % interval and two-sided p, from paired replicates."""

    difference: float
    standard_error: float
    lower: float
    upper: float
    p: float


def bootstrap_difference(difference: float, replicates: np.ndarray) -> BootstrapDifference:
    """Judge a difference by replicates that were drawn for both scores together.

    Parameters
    ----------
    difference : float
        Of the sample; NaN gives NaN everywhere.
    replicates : numpy.ndarray, shape (n_draws,)
        The same difference in each draw.

    Returns
    -------
    BootstrapDifference
        The interval takes the percentiles; p is twice the share of replicates on the
        other side of 0 (ties count half, one draw is added to each side, at most 1).

    References
    ----------
    Efron and Tibshirani (1993), An introduction to the bootstrap, chapters 13 and 16.

    Examples
    --------
    >>> found = bootstrap_difference(0.2, np.array([0.1, 0.2, 0.3, 0.2]))
    >>> round(found.standard_error, 4), found.p
    (0.0816, 0.4)
    """
    known = replicates[np.isfinite(replicates)]
    if not np.isfinite(difference) or len(known) < 2:
        nothing = float("nan")
        return BootstrapDifference(
            difference=difference, standard_error=nothing, lower=nothing, upper=nothing, p=nothing
        )
    lower, upper = np.percentile(known, [2.5, 97.5])
    ties = float((known == 0).sum()) / 2
    tail = min(float((known < 0).sum()), float((known > 0).sum())) + ties
    return BootstrapDifference(
        difference=difference,
        standard_error=float(known.std(ddof=1)),
        lower=float(lower),
        upper=float(upper),
        p=min(1.0, 2 * (tail + 1) / (len(known) + 1)),
    )
