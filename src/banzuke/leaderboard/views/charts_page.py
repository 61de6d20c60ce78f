"""Pages with a chart: each has the same numbers as a table or a link to one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from markupsafe import Markup
from pydantic import Field

from banzuke.leaderboard import charts
from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.cells import visible
from banzuke.leaderboard.links import board_url
from banzuke.leaderboard.query import BoardQuery
from banzuke.leaderboard.rows import BoardRows
from banzuke.leaderboard.views.board_page import Filter, filters, has_predictions


class ScatterQuery(BoardQuery):
    """The same filters as the table, and what to draw."""

    y: str | None = Field(None, max_length=500, description="Benchmark; the average without it.")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A Plotly figure as JSON that is safe inside a script element, and what it shows."""

    name: str
    label: str
    json: Markup


@dataclass(frozen=True, kw_only=True)
class ScatterPage:
    """Context of ``scatter.html``."""

    title: str
    board: str
    url: str
    table_url: str
    query: ScatterQuery
    benchmarks: tuple[str, ...]
    filters: list[Filter]
    has_predictions: bool
    n_drawn: int
    n_matched: int
    figure: Figure


def scatter_page(rows: BoardRows, query: ScatterQuery, say: Catalogue) -> ScatterPage:
    """Compute the chart of score against size for the models that a query keeps."""
    board = rows.board
    column = rows.table.benchmark(query.y) if query.y is not None else None
    whole = query.changed(page=1, per_page="all")
    selection = rows.table.select(whole)
    drawn = charts.size_scatter(
        board, selection.rows, say, benchmark=column, predicted=query.predicted
    )
    label = say("common.average") if query.y is None else visible(query.y, 60)
    table = BoardQuery.model_validate(query.model_dump(exclude={"y"}))
    return ScatterPage(
        title=say("scatter.title", board=board.name),
        board=board.name,
        url=board_url(board.name, "scatter"),
        table_url=table.url(board_url(board.name)),
        query=query,
        benchmarks=board.benchmarks,
        filters=filters(board, query, say),
        has_predictions=has_predictions(board),
        n_drawn=sum(len(trace.x) for trace in drawn.data),
        n_matched=selection.matched,
        figure=figure("scatter", say("scatter.label", score=label), drawn),
    )


def figure(name: str, label: str, drawn: go.Figure | dict[str, Any]) -> Figure:
    """Return a Plotly figure as the templates need it."""
    return Figure(name=name, label=label, json=Markup(charts.to_json(drawn)))  # noqa: S704 - to_json escapes
