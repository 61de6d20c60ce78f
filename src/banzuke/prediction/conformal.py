"""Conformal intervals: the errors seen on held-out cases bound the next one."""

from __future__ import annotations

import numpy as np

from banzuke.exceptions import InvalidInputError

__all__ = ["check_level", "interval_radius", "leave_one_out_coverage"]


def check_level(level: float) -> None:
    """Raise InvalidInputError where a level of coverage is not between 0 and 1."""
    if not 0 < level < 1:
        raise InvalidInputError(f"level is {level}; give a number above 0 and below 1, such as 0.9")


def interval_radius(errors: np.ndarray, level: float, *, copies: int = 1) -> float:
    """Return the radius that covers the next absolute error with the chance ``level``.

    Parameters
    ----------
    errors : ndarray of shape (n,)
        Absolute errors on held-out cases, exchangeable with the next one.
    level : float
        Above 0 and below 1.
    copies : int, default 1
        Values in a row that stand for one case: with c of them and n cases, the radius is the
        ceil((n + 1) c level)-th smallest of all.

    Returns
    -------
    float
        The ceil((n + 1) level)-th smallest error; infinity where n is too small for the level
        (below 9 at level 0.9).

    References
    ----------
    Vovk, Gammerman, Shafer (2005), Algorithmic Learning in a Random World.

    Examples
    --------
    >>> interval_radius(np.arange(1.0, 20.0), level=0.9)
    18.0
    >>> interval_radius(np.arange(1.0, 5.0), level=0.9)
    inf
    >>> interval_radius(np.repeat(np.arange(1.0, 20.0), 3), level=0.9, copies=3)
    18.0
    """
    rank = _rank(len(errors), level, copies)
    return float(np.sort(errors)[rank - 1]) if rank <= len(errors) else float("inf")


def leave_one_out_coverage(errors: np.ndarray, level: float) -> float:
    """Return the share of errors within the radius that the other errors give.

    NaN below two errors.

    Examples
    --------
    >>> round(leave_one_out_coverage(np.arange(1.0, 21.0), level=0.9), 2)
    0.9
    """
    n = len(errors)
    if n < 2:
        return float("nan")
    rank = _rank(n - 1, level)
    if rank > n - 1:
        return 1.0
    ordered = np.sort(errors)
    # without an error at or below the rank, the next larger one takes its place
    at_or_below = errors <= ordered[rank - 1]
    radius = np.where(at_or_below, ordered[rank], ordered[rank - 1])
    return float(np.mean(errors <= radius))


def _rank(n: int, level: float, copies: int = 1) -> int:
    return int(np.ceil((n + copies) * level - 1e-9))
