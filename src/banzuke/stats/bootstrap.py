"""Bootstrap over clusters of items, for any score of a weighted sample."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from scipy.special import ndtri

from banzuke.stats.proportion import unanimous_error

Statistic = Callable[[np.ndarray], np.ndarray]
"""From weights, shape (n_draws, n_items), to one number a draw, shape (n_draws,)."""

_NOISE = 1e-9  # of rounding, between replicates that are the same
_CELLS = 2_000_000  # of a block of weights, so that memory does not grow with the draws


def cluster_replicates(
    statistics: Sequence[Statistic],
    clusters: Sequence[np.ndarray],
    *,
    n_draws: int = 1000,
    seed: int = 0,
) -> np.ndarray:
    """Draw clusters with replacement, and compute several statistics of each draw.

    Statistics of different items that share clusters see the same draws, so their
    replicates are correlated as the statistics are: a mean of them has the right error.

    Parameters
    ----------
    statistics : sequence of callable
        Each takes weights of its own items.
    clusters : sequence of numpy.ndarray of int, each of shape (n_items,)
        For each statistic, the cluster of each of its items, 0 to C - 1. Items that are
        alone have a cluster of their own: then this is the bootstrap over items.
    n_draws : int, default 1000
    seed : int, default 0

    Returns
    -------
    numpy.ndarray, shape (n_statistics, n_draws)
        Spread by sqrt(C / (C - 1)) around the statistic of the sample, so that the
        standard deviation estimates the standard error without the bootstrap's bias for
        few clusters; NaN with fewer than two clusters.

    References
    ----------
    Efron and Tibshirani (1993), An introduction to the bootstrap, chapters 5 and 8.

    Examples
    --------
    >>> scores = np.array([1.0, 1, 0, 0, 1, 0, 1, 1, 0, 1])
    >>> def mean(weights): return weights @ scores / weights.sum(axis=1)
    >>> drawn = cluster_replicates([mean], [np.arange(10)], n_draws=4000)
    >>> round(float(drawn.std()), 2), round(float(scores.std(ddof=1) / 10**0.5), 2)
    (0.16, 0.16)
    """
    n_clusters = 1 + max((int(codes.max()) for codes in clusters if len(codes)), default=-1)
    found = np.full((len(statistics), n_draws), np.nan)
    if n_clusters < 2:
        return found
    start = 0
    for counts in _counts(n_clusters, n_draws, seed):
        stop = start + len(counts)
        for row, (statistic, codes) in enumerate(zip(statistics, clusters, strict=True)):
            if len(codes):
                found[row, start:stop] = statistic(counts[:, codes])
        start = stop
    spread = np.sqrt(n_clusters / (n_clusters - 1))
    for row, (statistic, codes) in enumerate(zip(statistics, clusters, strict=True)):
        if len(codes):
            whole = statistic(np.ones((1, len(codes))))[0]
            found[row] = whole + spread * (found[row] - whole)
    return found


def _counts(n_clusters: int, n_draws: int, seed: int) -> Iterator[np.ndarray]:
    """Yield how often each cluster is drawn, some draws at a time."""
    random = np.random.default_rng(seed)
    block = max(1, _CELLS // n_clusters)
    for start in range(0, n_draws, block):
        size = min(block, n_draws - start)
        drawn = random.multinomial(n_clusters, np.full(n_clusters, 1 / n_clusters), size=size)
        yield drawn.astype(float)


def unanimous_replicates(
    value: float, replicates: np.ndarray, codes: np.ndarray, *, seed: Sequence[int] = (0,)
) -> np.ndarray:
    """Spread replicates that are all 0, or all 1 or -1, as `unanimous_error` says.

    Where all items score the same the bootstrap draws the same number again and again. Others
    are returned as they are, and so are those of a single cluster, which are NaN.

    Parameters
    ----------
    value : float
        Of the sample.
    replicates : numpy.ndarray, shape (n_draws,)
    codes : numpy.ndarray of int, shape (n_items,)
        The cluster of each item. Items of a cluster count as one: clusters of unequal size
        by Kish's effective number.
    seed : sequence of int, default (0,)
        Replicates with the same seed go up and down together.

    Returns
    -------
    numpy.ndarray, shape (n_draws,)
        Symmetric around the value, in an order that the seed decides.

    References
    ----------
    Kish (1965), Survey sampling, chapter 8.

    Examples
    --------
    >>> spread = unanimous_replicates(0.0, np.zeros(1000), np.arange(10))
    >>> round(standard_error(spread), 4), bool(abs(spread.mean()) < 1e-12)
    (0.0754, True)
    """
    known = replicates[np.isfinite(replicates)]
    if not np.isfinite(value) or not len(known) or np.abs(known - round(value)).max() > _NOISE:
        return replicates
    sizes = np.bincount(codes)
    effective = float(sizes.sum() ** 2 / (sizes**2).sum()) if np.count_nonzero(sizes) > 1 else 1.0
    quantiles = ndtri((np.arange(len(replicates)) + 0.5) / len(replicates))
    order = np.random.default_rng(list(seed)).permutation(len(replicates))
    noise: np.ndarray = quantiles[order] / quantiles.std(ddof=1)
    return value + unanimous_error(effective) * noise


def standard_error(replicates: np.ndarray) -> float:
    """Return the standard deviation of replicates; NaN where under half are defined.

    Examples
    --------
    >>> standard_error(np.array([0.4, 0.6])), standard_error(np.full(3, np.nan))
    (0.14142135623730948, nan)
    """
    known = replicates[np.isfinite(replicates)]
    if len(known) < 2 or len(known) < len(replicates) / 2:
        return float("nan")
    return float(known.std(ddof=1))
