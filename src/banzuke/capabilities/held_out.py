"""How far imputed scores are off: learned from scores that are there, hidden in turn."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy.stats import norm

from banzuke.exceptions import InvalidInputError

_N_ROUNDS = 10
_N_CELLS = 2_000
"""Errors after which no further round is needed."""


class Filler(Protocol):
    """An imputer that says how unsure it is."""

    def another(self) -> Filler:
        """Return an unfitted imputer of the same settings."""

    def fit(self, X: np.ndarray) -> Filler:
        """Fit on scores with gaps."""

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the scores with every gap filled."""

    def spread(self, X: np.ndarray) -> np.ndarray:
        """Return the standard deviation of every gap; NaN where there is none."""


def held_out_errors(imputer: Filler, X: np.ndarray) -> np.ndarray:
    """Hide scores, a tenth of them at a time, fit again, and return errors by their spread.

    Which are hidden together does not depend on the order of the rows.

    Parameters
    ----------
    imputer : Filler
    X : numpy.ndarray of shape (n_models, n_benchmarks)

    Returns
    -------
    numpy.ndarray
        Absolute errors, sorted; empty where each round leaves a benchmark without scores.
    """
    seen = ~np.isnan(X)
    rank = np.empty(len(X), dtype=int)
    rank[np.lexsort(np.where(seen, X, -np.inf).T)] = np.arange(len(X))
    tenth = (rank[:, None] + 3 * np.arange(X.shape[1])) % _N_ROUNDS
    found = []
    for one in range(_N_ROUNDS):
        hidden = seen & (tenth == one)
        gaps = np.where(hidden, np.nan, X)
        try:
            fitted = imputer.another().fit(gaps)
        except InvalidInputError:  # a benchmark that hardly any model has
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            errors = np.abs(fitted.transform(gaps) - X) / fitted.spread(gaps)
        found.append(errors[hidden])
        if sum(map(len, found)) > _N_CELLS:
            break
    errors = np.concatenate([np.empty(0), *found])
    return np.sort(errors[np.isfinite(errors)])


def multiplier(errors: np.ndarray, level: float) -> float:
    """Return how many spreads an interval of some level needs on either side.

    The quantile of held-out errors with one more that is larger than all of them; beyond
    what so many errors can tell, in proportion to a normal distribution, which is also
    used where there are no errors.

    Parameters
    ----------
    errors : numpy.ndarray
        From `held_out_errors`.
    level : float

    Examples
    --------
    >>> multiplier(np.arange(1, 100) / 10, 0.9)
    9.0
    """
    normal = float(norm.ppf((1 + level) / 2))
    n = len(errors)
    if n < 2:
        return normal
    reached = min(level, 1 - 1 / (n + 1))
    place = min(int(np.ceil((n + 1) * reached - 1e-9)), n)
    return float(errors[place - 1]) * normal / float(norm.ppf((1 + reached) / 2))
