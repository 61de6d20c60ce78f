"""The charts of a board: score by size, over time, by energy, and what varies together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from banzuke.leaderboard import board_charts, cells
from banzuke.leaderboard.board import Board
from banzuke.leaderboard.board_charts import Components, Families, Month
from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.cells import visible
from banzuke.leaderboard.links import analysis_url, board_url, model_url
from banzuke.leaderboard.snapshot import Snapshot
from banzuke.leaderboard.views.charts_page import Figure, figure


@dataclass(frozen=True, kw_only=True)
class FrontLine:
    """A model of a Pareto front."""

    name: str
    url: str
    amount: str
    score: str


@dataclass(frozen=True, kw_only=True)
class Tradeoff:
    """Score against an amount: its figure, and the models that none beats in both."""

    title: str
    text: str
    column: str
    figure: Figure
    front: list[FrontLine]


@dataclass(frozen=True, kw_only=True)
class TimeLine:
    """A month: models, median, best average so far and its model."""

    month: str
    n_models: int
    median: str
    best: str
    name: str
    url: str


@dataclass(frozen=True, kw_only=True)
class ChartsPage:
    """Context of ``charts.html``."""

    title: str
    board: str
    n_models: int
    n_averaged: int
    tradeoffs: list[Tradeoff]
    timeline: Figure | None
    months: list[TimeLine]
    components: Figure | None
    loadings: list[tuple[str, str, str]]
    scatter_url: str
    links: list[tuple[str, str]]


def charts_page(snapshot: Snapshot, board: Board, say: Catalogue) -> ChartsPage:
    """Compute all charts that the metadata of a board allows."""
    groups = board_charts.families(board, say("charts.other"))
    months = board_charts.timeline(board)
    found = board_charts.components(board)
    drawn = [
        _tradeoff(board, groups, say, board.params_b, "size"),
        _tradeoff(board, groups, say, _numbers(board, "co2_kg"), "energy"),
        _tradeoff(board, groups, say, _numbers(board, "cost"), "cost"),
    ]
    return ChartsPage(
        title=say("charts.title", board=board.name),
        board=board.name,
        n_models=board.models.height,
        n_averaged=int((~np.isnan(board.averages[0].mean)).sum()),
        tradeoffs=[one for one in drawn if one is not None],
        timeline=_timeline(board, months, say),
        months=[_month(board, month) for month in reversed(months)],
        components=_components(board, found, groups, say),
        loadings=[] if found is None else _loadings(board, found),
        scatter_url=board_url(board.name, "scatter"),
        links=_links(snapshot, board.name),
    )


def _numbers(board: Board, column: str) -> np.ndarray:
    kind = board.models.schema.get(column)
    if kind is None or not kind.is_numeric():
        return np.full(board.models.height, np.nan)
    values = board.models[column].cast(pl.Float64, strict=False).fill_null(np.nan)
    return np.asarray(values.to_numpy())


def _tradeoff(
    board: Board, groups: Families, say: Catalogue, amounts: np.ndarray, kind: str
) -> Tradeoff | None:
    axis = say(f"charts.axis_{kind}")
    made = board_charts.tradeoff(board, amounts, groups, say, axis=axis)
    if made is None:
        return None
    drawn, front = made
    return Tradeoff(
        title=say(f"charts.by_{kind}"),
        text=say(f"charts.by_{kind}_text"),
        column=axis,
        figure=figure(kind, say(f"charts.by_{kind}"), drawn),
        front=[
            FrontLine(
                name=visible(board.model_names[row], 100),
                url=model_url(board.name, board.model_names[row]),
                amount=f"{amounts[row]:.3g}",
                score=cells.score(float(board.averages[0].mean[row])),
            )
            for row in reversed(front)
        ],
    )


def _timeline(board: Board, months: list[Month], say: Catalogue) -> Figure | None:
    if len(months) < 2:
        return None
    drawn = board_charts.timeline_figure(board, months, say)
    return figure("timeline", say("charts.over_time"), drawn)


def _month(board: Board, month: Month) -> TimeLine:
    name = board.model_names[month.best_row]
    return TimeLine(
        month=month.month,
        n_models=month.n_models,
        median=cells.score(month.median),
        best=cells.score(month.best),
        name=visible(name, 100),
        url=model_url(board.name, name),
    )


def _components(
    board: Board, found: Components | None, groups: Families, say: Catalogue
) -> Figure | None:
    if found is None:
        return None
    drawn = board_charts.components_figure(board, found, groups, say)
    return figure("components", say("charts.components"), drawn)


def _loadings(board: Board, found: Components) -> list[tuple[str, str, str]]:
    return [
        (visible(name, 60), f"{first:+.2f}".replace("-", "−"), f"{second:+.2f}".replace("-", "−"))
        for name, (first, second) in zip(board.benchmarks, found.loadings.tolist(), strict=True)
    ]


def _links(snapshot: Snapshot, name: str) -> list[tuple[str, str]]:
    """Return key of the words and address of each analysis that the board has."""
    pages = (
        ("statistics", [one for one in snapshot.statistics if one == name]),
        ("capabilities", [one for one in snapshot.hierarchies if one == name]),
        ("ensembles", snapshot.ensembles_of(name)),
    )
    return [(page, analysis_url(page, known[0])) for page, known in pages if known]
