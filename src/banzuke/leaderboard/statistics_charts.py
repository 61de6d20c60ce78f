"""Figures of how many models there are and how their scores are spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import plotly.graph_objects as go

from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.cells import visible
from banzuke.leaderboard.charts import plain
from banzuke.leaderboard.documents import Spread

_LONGEST = 28
_SCALE = [[0, "#fdf3dc"], [1, "#d9774a"]]  # dark numbers can be read on all of it
_MARGIN = {"l": 8, "r": 24, "t": 8, "b": 54}


def count_bars(counts: Mapping[str, int], say: Catalogue) -> go.Figure:
    """Draw a bar for each group of models, with its number."""
    names = [_name(group) for group in counts]
    figure = go.Figure(
        go.Bar(
            x=list(counts.values()),
            y=names,
            orientation="h",
            text=[f"{n:,}" for n in counts.values()],
            textposition="auto",
            cliponaxis=False,
            hovertemplate=say("statistics.hover_models", group="%{y}", n="%{x}")
            + "<extra></extra>",
        )
    )
    figure.update_xaxes(title_text=say("statistics.axis_models"))
    return _rows(figure, height=90 + 28 * len(names))


def score_boxes(traces: Mapping[str, Sequence[tuple[str, Spread]]], say: Catalogue) -> go.Figure:
    """Draw boxes from five-number summaries, whiskers from smallest to largest score.

    Parameters
    ----------
    traces : mapping of str to sequence of (label, Spread)
        Boxes that share a colour, and the row on which each stands.
    say : Catalogue
    """
    figure = go.Figure()
    for name, boxes in traces.items():
        figure.add_box(
            y=[_name(label) for label, _ in boxes],
            lowerfence=[box.minimum for _, box in boxes],
            q1=[box.lower_quartile for _, box in boxes],
            median=[box.median for _, box in boxes],
            q3=[box.upper_quartile for _, box in boxes],
            upperfence=[box.maximum for _, box in boxes],
            orientation="h",
            name=_name(name),
            line_width=1.5,
        )
    labels = {label for boxes in traces.values() for label, _ in boxes}
    figure.update_layout(boxmode="group", showlegend=len(traces) > 1)
    figure.update_xaxes(
        title_text=say("statistics.axis_score"), range=[-0.02, 1.02], hoverformat=".3f"
    )
    return _rows(figure, height=90 + len(labels) * max(28, 20 * len(traces)))


def median_heatmap(rows: Sequence[Spread], say: Catalogue) -> go.Figure:
    """Draw the median score of each benchmark in each group, with its number."""
    groups = list(dict.fromkeys(row.group for row in rows))
    benchmarks = list(dict.fromkeys(row.benchmark for row in rows))
    known = {(row.benchmark, row.group): row for row in rows}
    cells = [[known.get((name, group)) for group in groups] for name in benchmarks]
    figure = go.Figure(
        go.Heatmap(
            z=[[None if cell is None else cell.median for cell in line] for line in cells],
            x=[_name(group) for group in groups],
            y=[_name(name) for name in benchmarks],
            text=[[_short(cell) for cell in line] for line in cells],
            texttemplate="%{text}",
            customdata=[[_quartiles(cell, say) for cell in line] for line in cells],
            hovertemplate=say(
                "statistics.hover_median", benchmark="%{y}", group="%{x}", median="%{z:.3f}"
            )
            + "<br>%{customdata}<extra></extra>",
            zmin=0,
            zmax=1,
            colorscale=_SCALE,
            textfont={"color": "#1d1a16"},
            showscale=False,
            xgap=1,
            ygap=1,
        )
    )
    figure.update_xaxes(title_text=say("statistics.axis_size"), type="category")
    return _rows(figure, height=90 + 26 * len(benchmarks))


def _short(cell: Spread | None) -> str:
    return "" if cell is None else f"{cell.median:.2f}".removeprefix("0")


def _quartiles(cell: Spread | None, say: Catalogue) -> str:
    if cell is None:
        return ""
    bounds = f"{cell.lower_quartile:.3f}", f"{cell.upper_quartile:.3f}"
    return say("statistics.half_within", n=cell.n, lower=bounds[0], upper=bounds[1])


def _name(text: str) -> str:
    return escape(visible(text, _LONGEST))


def _rows(figure: go.Figure, *, height: int) -> go.Figure:
    """Set what figures with a name for each row share: the first row is on top."""
    layout: dict[str, Any] = {"margin": _MARGIN}
    plain(figure, height=height).update_layout(**layout)
    figure.update_xaxes(title_standoff=8)
    figure.update_yaxes(autorange="reversed", type="category", ticklabelstandoff=6)
    return figure
