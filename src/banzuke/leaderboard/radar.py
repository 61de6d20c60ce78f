"""A radar chart as SVG shapes: it stands in the page itself and needs no script."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FEWEST_AXES = 3
MOST_AXES = 24
_RADIUS = 130.0
_CENTRE = (240.0, 180.0)
_GAP = 14.0
_LONGEST = 20


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One spoke with its name.

    Parameters
    ----------
    label : str
        Shortened.
    x, y : float
        End of the spoke.
    text_x, text_y : float
    anchor : str
        ``start``, ``middle`` or ``end``.
    """

    label: str
    x: float
    y: float
    text_x: float
    text_y: float
    anchor: str


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One score on a spoke; hollow where it is predicted."""

    x: float
    y: float
    is_hollow: bool


@dataclass(frozen=True, kw_only=True)
class Outline:
    """The scores of one model.

    Parameters
    ----------
    path : str
        SVG path; it breaks where a score is missing.
    is_closed : bool
        Whether every score is there.
    marks : list of Mark
    """

    path: str
    is_closed: bool
    marks: list[Mark]


@dataclass(frozen=True, kw_only=True)
class Radar:
    """All shapes; the drawing is 480 wide and 360 high.

    Parameters
    ----------
    rings : list of (radius, label)
    top : float
        Score at the end of the spokes.
    axes : list of Axis
    outlines : list of Outline
        One a model, in order.
    """

    centre: tuple[float, float]
    rings: list[tuple[float, str]]
    top: float
    axes: list[Axis]
    outlines: list[Outline]


def radar(labels: Sequence[str], scores: np.ndarray, hollow: np.ndarray) -> Radar | None:
    """Draw scores of several models on the same spokes.

    Parameters
    ----------
    labels : sequence of str
        Names of the spokes.
    scores : numpy.ndarray of shape (n_models, n_labels)
        In [0, 1]; NaN where missing.
    hollow : numpy.ndarray of bool, shape of scores

    Returns
    -------
    Radar or None
        None with fewer than 3 spokes, more than 24, or without any score.
    """
    if not FEWEST_AXES <= len(labels) <= MOST_AXES or np.isnan(scores).all():
        return None
    # five steps up to the highest score: low boards would be a dot in the middle
    top = min(1.0, max(0.2, math.ceil(float(np.nanmax(scores)) * 5 - 1e-9) / 5))
    n_rings = round(top * 5)
    rings = [(_RADIUS * ring / n_rings, f".{2 * ring}") for ring in range(1, n_rings + 1)]
    if top == 1.0:
        rings[-1] = (rings[-1][0], "1")
    return Radar(
        centre=_CENTRE,
        rings=rings,
        top=top,
        axes=[_axis(label, place, len(labels)) for place, label in enumerate(labels)],
        outlines=[_outline(row / top, open_) for row, open_ in zip(scores, hollow, strict=True)],
    )


def _at(place: int, n: int, radius: float) -> tuple[float, float]:
    angle = 2 * math.pi * place / n - math.pi / 2
    return (
        round(_CENTRE[0] + radius * math.cos(angle), 1),
        round(_CENTRE[1] + radius * math.sin(angle), 1),
    )


def _axis(label: str, place: int, n: int) -> Axis:
    x, y = _at(place, n, _RADIUS)
    text_x, text_y = _at(place, n, _RADIUS + _GAP)
    side = round(math.cos(2 * math.pi * place / n - math.pi / 2), 3)
    anchor = "middle" if abs(side) < 0.2 else "start" if side > 0 else "end"
    short = label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…"
    return Axis(label=short, x=x, y=y, text_x=text_x, text_y=text_y + 4, anchor=anchor)


def _outline(shares: np.ndarray, hollow: np.ndarray) -> Outline:
    n = len(shares)
    known = ~np.isnan(shares)
    points = [
        _at(place, n, _RADIUS * float(s)) if k else None
        for place, (s, k) in enumerate(zip(shares, known, strict=True))
    ]
    is_closed = bool(known.all())
    parts = []
    for place, point in enumerate(points):
        if point is not None:
            pen_down = place > 0 and points[place - 1] is not None
            parts.append(f"{'L' if pen_down else 'M'}{point[0]} {point[1]}")
    if is_closed:
        parts.append("Z")
    elif points[0] is not None and points[-1] is not None:
        parts.append(f"L{points[0][0]} {points[0][1]}")
    marks = [
        Mark(x=point[0], y=point[1], is_hollow=bool(hollow[place]))
        for place, point in enumerate(points)
        if point is not None
    ]
    return Outline(path="".join(parts), is_closed=is_closed, marks=marks)
