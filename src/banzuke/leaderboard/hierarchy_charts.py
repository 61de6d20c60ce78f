"""Figures of a hierarchy of capabilities: orders in resamples, interventions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import plotly.graph_objects as go

from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.cells import visible
from banzuke.leaderboard.charts import error_bars, plain
from banzuke.leaderboard.hierarchy import Audit

_LONGEST = 24
_MOST_ORDERS = 8
_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x", "star", "hexagon")


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Expected change of a benchmark in one base model, with its interval if known."""

    domain: str
    benchmark: str
    value: float
    lower: float | None
    upper: float | None


def order_bars(audit: Audit, say: Catalogue) -> go.Figure:
    """Draw how often each order comes back from resampled models and submitters."""
    figure = go.Figure()
    found = (
        (say("capabilities.trace_models"), audit.rows),
        (say("capabilities.trace_submitters"), audit.submitters),
    )
    drawn: set[str] = set()
    for name, resamples in found:
        if resamples is None or not resamples.orders:
            continue
        orders = resamples.orders[:_MOST_ORDERS]
        labels = [_order(one.order) for one in orders]
        drawn |= set(labels)
        figure.add_bar(
            y=labels,
            x=[one.share for one in orders],
            name=name,
            orientation="h",
            text=[f"{one.share:.0%}" for one in orders],
            textposition="outside",
            cliponaxis=False,
            hovertemplate=say("capabilities.hover_share", share="%{x:.1%}")
            + "<extra>%{fullData.name}</extra>",
        )
    figure.add_vline(x=0.9, line_dash="dash")
    figure.update_xaxes(title_text=say("capabilities.axis_share"), range=[0, 1.08])
    figure.update_xaxes(tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1])
    return _rows(figure, height=130 + 64 * len(drawn))


def effect_dots(effects: Sequence[Effect], say: Catalogue) -> go.Figure:
    """Draw the change of each benchmark when one capability rises, a mark for each base model."""
    figure = go.Figure()
    for place, domain in enumerate(dict.fromkeys(effect.domain for effect in effects)):
        mine = [effect for effect in effects if effect.domain == domain]
        lower = [e.value if e.lower is None else e.lower for e in mine]
        upper = [e.value if e.upper is None else e.upper for e in mine]
        bars = error_bars([e.value for e in mine], lower, upper) or {}
        figure.add_scatter(
            x=[effect.value for effect in mine],
            y=[_name(effect.benchmark) for effect in mine],
            mode="markers",
            orientation="h",
            name=_name(domain),
            marker={"symbol": _SYMBOLS[place % len(_SYMBOLS)], "size": 8},
            error_x={**bars, "thickness": 1.2, "width": 3},
            hovertemplate=say("capabilities.hover_points", benchmark="%{y}", points="%{x:+.2f}")
            + "<extra>%{fullData.name}</extra>",
        )
    labels = {effect.benchmark for effect in effects}
    figure.add_vline(x=0, line_width=1)
    figure.update_layout(scattermode="group", scattergap=0.3)
    figure.update_xaxes(title_text=say("capabilities.axis_points"), zeroline=False)
    return _rows(figure, height=150 + len(labels) * max(30, 13 * len(figure.data)))


def _order(names: Sequence[str]) -> str:
    return " →<br>".join(_name(name) for name in names)


def _name(text: str) -> str:
    return escape(visible(text, _LONGEST))


def _rows(figure: go.Figure, *, height: int) -> go.Figure:
    layout: dict[str, Any] = {"margin": {"l": 8, "r": 16, "t": 40, "b": 58}}
    plain(figure, height=height).update_layout(**layout)
    figure.update_xaxes(title_standoff=8)
    figure.update_yaxes(autorange="reversed", type="category", ticklabelstandoff=6)
    return figure
