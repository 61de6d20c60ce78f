"""Conformal intervals: the errors seen on held-out cases bound the next one."""

from __future__ import annotations

import numpy as np

from banzuke.exceptions import InvalidInputError

__all__ = ["check_level", "coverage_between", "interval_radius"]


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


def coverage_between(errors: np.ndarray, groups: np.ndarray, level: float) -> float:
    """Return the share of errors within the radius that the errors of other groups give.

    Leaving out single errors would always give the level: groups whose cases are alike show
    whether the errors of some bound those of others.

    Parameters
    ----------
    errors : ndarray of shape (n,)
        Absolute errors on held-out cases.
    groups : ndarray of shape (n,)
        Of cases that were held out together.
    level : float
        Above 0 and below 1.

    Returns
    -------
    float
        Groups with fewer than 9 other errors (at level 0.9) have no radius and do not count; NaN
        where none counts.

    Examples
    --------
    >>> groups = np.arange(40) % 2
    >>> coverage_between(np.arange(40.0), groups, level=0.9)
    0.925
    >>> coverage_between(np.arange(40.0) * (1 + 9 * groups), groups, level=0.9)
    0.55
    """
    covered, counted = 0, 0
    for group in np.unique(groups):
        inside = groups == group
        radius = interval_radius(errors[~inside], level)
        if np.isfinite(radius):
            covered += int((errors[inside] <= radius).sum())
            counted += int(inside.sum())
    return covered / counted if counted else float("nan")


def _rank(n: int, level: float, copies: int = 1) -> int:
    return int(np.ceil((n + copies) * level - 1e-9))
