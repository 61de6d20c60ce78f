"""What the scores of a board say against size, time and energy: numbers, and figures of them."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go
import polars as pl

from banzuke.leaderboard import cells, links
from banzuke.leaderboard.board import Board
from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.charts import plain
from banzuke.leaderboard.filters import UNKNOWN

_MOST_FAMILIES = 7
_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x", "star", "circle-dot")
_FEWEST = 3
_FEWEST_FOR_COMPONENTS = 10


@dataclass(frozen=True, kw_only=True)
class Families:
    """The family of each model: its architecture, else its organisation; small ones together.

    Parameters
    ----------
    names : tuple of str
        Largest first; the last may stand for all others.
    member : numpy.ndarray of int, shape (n_models,)
        Position in ``names``.
    """

    names: tuple[str, ...]
    member: np.ndarray


def families(board: Board, other: str) -> Families:
    """Group the models of a board; ``other`` names the group of the small families."""
    values = _family_values(board)
    counts = Counter(values)
    largest = [name for name, _ in counts.most_common(_MOST_FAMILIES) if name != UNKNOWN]
    place = {name: position for position, name in enumerate(largest)}
    member = np.array([place.get(value, len(largest)) for value in values], dtype=np.intp)
    has_others = bool((member == len(largest)).any())
    return Families(names=(*largest, *((other,) if has_others else ())), member=member)


def _family_values(board: Board) -> list[str]:
    if "architecture" in board.facets:
        return list(board.facets["architecture"].to_list())
    heads = (name.partition("/") for name in board.model_names)
    return [head if slash else UNKNOWN for head, slash, _ in heads]


def pareto_front(amounts: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return the positions that no other beats with as little and as high a score, by amount.

    Parameters
    ----------
    amounts, scores : numpy.ndarray of shape (n,)
        No NaN.

    Examples
    --------
    >>> pareto_front(np.array([1, 2, 3, 2]), np.array([0.5, 0.4, 0.9, 0.6])).tolist()
    [0, 3, 2]
    """
    order = np.lexsort((-scores, amounts))
    best = np.maximum.accumulate(scores[order])
    leads = np.r_[True, best[1:] > best[:-1]] if len(order) else np.zeros(0, dtype=bool)
    return order[leads]


def tradeoff(
    board: Board, amounts: np.ndarray, groups: Families, say: Catalogue, *, axis: str
) -> tuple[go.Figure, list[int]] | None:
    """Draw the average score against an amount on a log axis, by family, with the Pareto front.

    Parameters
    ----------
    board : Board
    amounts : numpy.ndarray of shape (n_models,)
        Above 0; NaN where unknown.
    groups : Families
    say : Catalogue
    axis : str
        Title of the axis.

    Returns
    -------
    (figure, rows of the Pareto front) or None
        None where fewer than three models have both.
    """
    scores = board.averages[0].mean
    with np.errstate(invalid="ignore"):
        shown = np.flatnonzero(~np.isnan(scores) & (amounts > 0))
    if shown.size < _FEWEST:
        return None
    figure = go.Figure()
    for place, name in enumerate(groups.names):
        rows = shown[groups.member[shown] == place]
        if rows.size:
            figure.add_scatter(**_points(board, amounts, scores, rows), name=_short(name))
            figure.data[-1].marker.symbol = _SYMBOLS[place % len(_SYMBOLS)]
    front = shown[pareto_front(amounts[shown], scores[shown])]
    figure.add_scatter(
        x=amounts[front],
        y=np.round(scores[front], 4),
        mode="lines",
        line={"shape": "hv", "dash": "dash", "width": 1.5},
        name=say("charts.front"),
        hoverinfo="skip",
    )
    figure.update_xaxes(type="log", title_text=axis)
    figure.update_yaxes(title_text=say("charts.axis_average"))
    return plain(figure, height=520), [int(row) for row in front]


def _points(
    board: Board, amounts: np.ndarray, scores: np.ndarray, rows: np.ndarray
) -> dict[str, object]:
    names = [board.model_names[row] for row in rows]
    return {
        "x": amounts[rows],
        "y": np.round(scores[rows], 4),
        "mode": "markers",
        "text": np.array([_short(name, 60) for name in names], dtype=object),
        "customdata": np.array([links.model_url(board.name, n) for n in names], dtype=object),
        "marker": {"size": 6, "opacity": 0.65},
        "hovertemplate": "%{text}<br>%{x:.3g}, %{y:.3f}<extra>%{fullData.name}</extra>",
    }


@dataclass(frozen=True, kw_only=True)
class Month:
    """The models of a month, and the best model up to its end."""

    month: str
    n_models: int
    median: float
    best: float
    best_row: int


def timeline(board: Board) -> list[Month]:
    """Return each month in which models with an average appeared; empty without dates."""
    dates = _dates(board)
    scores = board.averages[0].mean
    known = [
        (date, float(score), row)
        for row, (date, score) in enumerate(zip(dates, scores, strict=True))
        if date is not None and not np.isnan(score)
    ]
    by_month: dict[str, list[tuple[float, int]]] = {}
    for date, score, row in sorted(known, key=lambda one: (one[0], one[2])):
        by_month.setdefault(f"{date:%Y-%m}", []).append((score, row))
    months: list[Month] = []
    best, best_row = -np.inf, -1
    for month, found in by_month.items():
        top, row = max(found, key=lambda one: (one[0], -one[1]))
        if top > best:
            best, best_row = top, row
        median = float(np.median([score for score, _ in found]))
        months.append(
            Month(month=month, n_models=len(found), median=median, best=best, best_row=best_row)
        )
    return months


def _dates(board: Board) -> Sequence[datetime.date | None]:
    for column in ("created", "submitted"):
        kind = board.models.schema.get(column)
        if (
            kind is not None
            and kind.is_temporal()
            and board.models[column].null_count() < board.models.height
        ):
            found: list[datetime.date | None] = board.models[column].cast(pl.Date).to_list()
            return found
    return [None] * board.models.height


def timeline_figure(board: Board, months: Sequence[Month], say: Catalogue) -> go.Figure:
    """Draw the best average so far and the median of each month's models."""
    names = [_short(board.model_names[month.best_row], 60) for month in months]
    figure = go.Figure()
    figure.add_scatter(
        x=[month.month for month in months],
        y=[round(month.best, 4) for month in months],
        text=names,
        mode="lines+markers",
        line_shape="hv",
        name=say("charts.best_so_far"),
        hovertemplate="%{x}: %{y:.3f}<br>%{text}<extra></extra>",
    )
    figure.add_scatter(
        x=[month.month for month in months],
        y=[round(month.median, 4) for month in months],
        mode="lines+markers",
        line_dash="dot",
        marker_symbol="diamond",
        name=say("charts.median"),
        hovertemplate="%{x}: %{y:.3f}<extra></extra>",
    )
    figure.update_xaxes(title_text=say("charts.month"), type="date")
    figure.update_yaxes(title_text=say("charts.axis_average"))
    return plain(figure, height=380)


@dataclass(frozen=True, kw_only=True)
class Components:
    """The first two principal components of the standardised scores of models.

    Parameters
    ----------
    rows : numpy.ndarray of int
        Models with every benchmark.
    places : numpy.ndarray of shape (n_rows, 2)
    shares : tuple of float
        Share of the variance of each.
    loadings : numpy.ndarray of shape (n_benchmarks, 2)
        Correlation of each benchmark with each component.
    """

    rows: np.ndarray
    places: np.ndarray
    shares: tuple[float, float]
    loadings: np.ndarray


def components(board: Board) -> Components | None:
    """Return the principal components; None with fewer than 3 benchmarks or 10 whole models."""
    scores = board.measured.astype(float)
    rows = np.flatnonzero(~np.isnan(scores).any(axis=1))
    if scores.shape[1] < _FEWEST or rows.size < _FEWEST_FOR_COMPONENTS:
        return None
    whole = scores[rows]
    spread = whole.std(axis=0)
    if (spread == 0).any():
        return None
    standard = (whole - whole.mean(axis=0)) / spread
    left, values, right = np.linalg.svd(standard, full_matrices=False)
    # the first component points to better scores, so that right means better
    signs = np.where(right[:2].sum(axis=1) < 0, -1.0, 1.0)
    total = float((values**2).sum())
    return Components(
        rows=rows,
        places=left[:, :2] * values[:2] * signs,
        shares=(float(values[0] ** 2) / total, float(values[1] ** 2) / total),
        loadings=(right[:2].T * signs) * values[:2] / np.sqrt(rows.size),
    )


def components_figure(
    board: Board, found: Components, groups: Families, say: Catalogue
) -> go.Figure:
    """Draw the models by their first two components."""
    figure = go.Figure()
    amounts, heights = (np.full(board.models.height, np.nan) for _ in range(2))
    amounts[found.rows], heights[found.rows] = found.places.T
    for place, name in enumerate(groups.names):
        rows = found.rows[groups.member[found.rows] == place]
        if rows.size:
            figure.add_scatter(
                **_points(board, np.round(amounts, 3), heights, rows), name=_short(name)
            )
            figure.data[-1].marker.symbol = _SYMBOLS[place % len(_SYMBOLS)]
    first, second = (cells.percent(share) for share in found.shares)
    figure.update_xaxes(title_text=say("charts.component", number=1, share=first))
    figure.update_yaxes(title_text=say("charts.component", number=2, share=second))
    return plain(figure, height=480)


def _short(name: str, longest: int = 30) -> str:
    return escape(cells.visible(name, longest))
