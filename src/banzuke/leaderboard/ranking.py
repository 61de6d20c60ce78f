"""Averages over benchmarks, and ranks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from banzuke.stats.ranks import RankIntervals

Z_95 = 1.959963984540054


@dataclass(frozen=True, kw_only=True, eq=False)
class Averages:
    """Average of each model over all benchmarks; shape (n_models,), NaN where one is missing.

    Attributes
    ----------
    mean, standard_error : numpy.ndarray
        The standard error takes benchmarks as independent; NaN where one of them has none.
    lower, upper : numpy.ndarray
        95 % interval from the standard error. Where the average rests on a predicted cell, the
        mean of the bounds of the cells: as wide as if all predictions erred the same way.
    is_predicted : numpy.ndarray
        True where the average rests on a predicted cell.
    rank : numpy.ndarray
        1 for the highest average, equal averages share the better rank, 0 where unranked.
    rank_lower, rank_upper, tie : numpy.ndarray of int64
        Best and worst rank that the data leave possible, and tie group; 0 where unknown.
    method : str
        How the rank intervals were made: ``paired`` (resampled items), ``normal`` (standard
        errors) or ``none``.
    """

    mean: np.ndarray
    standard_error: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    is_predicted: np.ndarray
    rank: np.ndarray
    rank_lower: np.ndarray
    rank_upper: np.ndarray
    tie: np.ndarray
    method: str = "none"

    def ranked(self, rank: np.ndarray, intervals: RankIntervals, method: str) -> Averages:
        """Return the same averages with other ranks."""
        return replace(
            self,
            rank=rank,
            rank_lower=intervals.lower,
            rank_upper=intervals.upper,
            tie=intervals.group,
            method=method,
        )


def average(
    scores: np.ndarray,
    usable: np.ndarray,
    *,
    measured: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    standard_error: np.ndarray,
) -> Averages:
    """Average each model over all benchmarks, where every one of them is usable.

    Parameters
    ----------
    scores, standard_error : numpy.ndarray of shape (n_models, n_benchmarks)
    usable, measured : numpy.ndarray of bool, shape (n_models, n_benchmarks)
        A model with one unusable cell has no average: means over different benchmarks
        cannot be compared. A usable cell that was not measured is a predicted one.
    lower, upper : numpy.ndarray of shape (n_models, n_benchmarks)
        Bounds of the predicted cells; those of measured cells are not read.

    Returns
    -------
    Averages
    """
    n = scores.shape[1]
    complete = usable.all(axis=1) if n else np.zeros(scores.shape[0], dtype=bool)
    is_predicted = np.logical_and(complete, ~measured.all(axis=1))

    def mean(values: np.ndarray) -> np.ndarray:
        total = values.astype(np.float64).sum(axis=1)
        return np.where(complete, total / max(n, 1), np.nan)

    variance = (standard_error.astype(np.float64) ** 2).sum(axis=1)
    has_error = complete & ~is_predicted
    centre = mean(scores)
    errors = np.where(has_error, np.sqrt(variance) / max(n, 1), np.nan)
    unknown = np.zeros(scores.shape[0], np.int64)
    return Averages(
        mean=centre,
        standard_error=errors,
        lower=np.where(
            is_predicted, mean(np.where(measured, scores, lower)), centre - Z_95 * errors
        ),
        upper=np.where(
            is_predicted, mean(np.where(measured, scores, upper)), centre + Z_95 * errors
        ),
        is_predicted=is_predicted,
        rank=competition_ranks(centre),
        rank_lower=unknown,
        rank_upper=unknown,
        tie=unknown,
    )


def competition_ranks(values: np.ndarray) -> np.ndarray:
    """Rank values from 1 for the highest; ties share the better rank, NaN gives 0.

    Examples
    --------
    >>> competition_ranks(np.array([0.5, np.nan, 0.9, 0.5])).tolist()
    [2, 0, 1, 2]
    """
    known = np.sort(values[~np.isnan(values)])
    ranks = 1 + known.size - np.searchsorted(known, values, side="right")
    return np.where(np.isnan(values), 0, ranks).astype(np.int64)
