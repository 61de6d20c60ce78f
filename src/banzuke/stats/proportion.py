"""Intervals and errors of a proportion."""

from __future__ import annotations

import math
from statistics import NormalDist


def wilson_interval(n_right: float, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval of a share.

    Parameters
    ----------
    n_right : float
        How many of n, 0 to n.
    n : int
        0 gives (0, 1): nothing is known.
    level : float, default 0.95

    Returns
    -------
    tuple of float
        Lower and upper end, in [0, 1].

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference.

    Examples
    --------
    >>> [round(end, 4) for end in wilson_interval(8, 10)]
    [0.4902, 0.9433]
    """
    if n == 0:
        return 0.0, 1.0
    return score_interval(n_right / n, n, NormalDist().inv_cdf(0.5 + level / 2))


def score_interval(share: float, n: float, z: float) -> tuple[float, float]:
    """Return the shares from which one that was seen lies at most z standard errors away.

    The errors are those of the shares in question, not of the one seen: so the interval ends
    inside [0, 1], is longer towards 1/2, and has a length where all results are alike.

    Parameters
    ----------
    share : float
        In [0, 1].
    n : float
        Independent results, above 0; not whole where results tell more or less than one.
    z : float
        Of the normal or Student's distribution, above 0.

    Returns
    -------
    tuple of float
        Lower and upper end.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference.

    Examples
    --------
    >>> [round(end, 4) for end in score_interval(0.0, 10.0, 1.645)]
    [0.0, 0.213]
    """
    scale = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / scale
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / scale
    return max(0.0, centre - half), min(1.0, centre + half)


def unanimous_bound(n: int, total: int, *, level: float = 0.95) -> float:
    """Return how many of all items may differ where n, drawn at random, are all alike.

    Exact, without replacement: the largest share at which n items show none that differs with
    a chance of (1 - level) / 2 or more, as at the end of a two-sided interval.

    Parameters
    ----------
    n, total : int
        Items drawn, and items there are.
    level : float, default 0.95

    Returns
    -------
    float
        Share of all items, in [0, 1).

    References
    ----------
    Clopper, Pearson (1934), The use of confidence or fiducial limits, doi:10.2307/2331986.

    Examples
    --------
    >>> unanimous_bound(10, 10**5, level=0.9), unanimous_bound(10, 20, level=0.9)
    (0.25885, 0.15)
    """
    chance, differ = 1.0, 0
    while differ < total - n:
        chance *= (total - differ - n) / (total - differ)
        if chance < (1 - level) / 2:
            break
        differ += 1
    return differ / total


def unanimous_error(n: float) -> float:
    """Return the standard error of a mean of n scores from 0 to 1 that are all 0, or all 1.

    Their sample deviation is 0, which says nothing about items that were not asked. With
    Jeffreys' prior the share of items that score otherwise is Beta(1/2, n + 1/2); this is its
    root mean square, so the distance from the score that is shown rather than the deviation
    around the posterior mean. It is always below 1 / n, the error of a sample in which one
    item differs.

    Parameters
    ----------
    n : float
        Independent items; NaN for one alone.

    References
    ----------
    Brown, Cai and DasGupta (2001), Interval estimation for a binomial proportion.

    Examples
    --------
    >>> [round(unanimous_error(n), 4) for n in (2, 10, 100)]
    [0.25, 0.0754, 0.0085]
    """
    return math.sqrt(0.75 / ((n + 1) * (n + 2))) if n > 1 else math.nan
