"""Plotly figures of the best sets by budget."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go

from banzuke.leaderboard import cells
from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.charts import error_bars, plain
from banzuke.leaderboard.ensemble_document import (
    AllWrong,
    EnsembleDocument,
    EnsembleStep,
    ErrorCorrelations,
)

_LONGEST_TICK = 24
_MOST_NUMBERED = 14


def accuracy_figure(document: EnsembleDocument, say: Catalogue) -> go.Figure:
    """Draw test accuracy by size with its interval, what the copula expects, the best single."""
    path = document.path
    figure = go.Figure(
        go.Scatter(
            x=[step.k for step in path],
            y=[step.accuracy for step in path],
            mode="lines+markers",
            name=say("ensembles.trace"),
            text=_names(path),
            hovertemplate=say("ensembles.hover", k="%{x}", accuracy="%{y:.3f}")
            + "<br>%{text}<extra></extra>",
            error_y=_bars(path),
        )
    )
    if document.saturation:
        figure.add_scatter(
            x=[point.n_models for point in document.saturation],
            y=[point.accuracy for point in document.saturation],
            mode="lines",
            line={"dash": "dot"},
            name=say("ensembles.expected"),
            hovertemplate=say("ensembles.hover", k="%{x}", accuracy="%{y:.3f}") + "<extra></extra>",
        )
    best = document.best_single
    figure.add_hline(
        y=best.accuracy,
        line_dash="dash",
        annotation_text=say("ensembles.best_single", model=escape(cells.visible(best.model, 50))),
        annotation_position="bottom right",
    )
    figure.update_xaxes(title_text=say("ensembles.axis_size"), dtick=_dtick(document))
    figure.update_yaxes(title_text=say("ensembles.axis_accuracy", n_test=document.n_test))
    return plain(figure, height=420)


def information_figure(document: EnsembleDocument, say: Catalogue) -> go.Figure | None:
    """Draw the information about the label by size; None where it is not known."""
    path = [step for step in document.path if step.information is not None]
    if not path:
        return None
    figure = go.Figure(
        go.Scatter(
            x=[step.k for step in path],
            y=[step.information for step in path],
            mode="lines+markers",
            text=_names(path),
            hovertemplate=say("ensembles.hover_bits", k="%{x}", bits="%{y:.3f}")
            + "<br>%{text}<extra></extra>",
        )
    )
    figure.update_xaxes(title_text=say("ensembles.axis_size"), dtick=_dtick(document))
    figure.update_yaxes(title_text=say("ensembles.axis_bits"))
    return plain(figure, height=320)


def frontier_figure(document: EnsembleDocument, say: Catalogue) -> go.Figure | None:
    """Draw accuracy against the price of an item for the sets that no cheaper one beats."""
    steps = document.frontier
    if not steps:
        return None
    figure = go.Figure(
        go.Scatter(
            x=[step.cost for step in steps],
            y=[step.accuracy for step in steps],
            mode="lines+markers",
            line={"shape": "hv"},
            text=_names(steps),
            hovertemplate=say("ensembles.hover_price", price="%{x:.4g}", accuracy="%{y:.3f}")
            + "<br>%{text}<extra></extra>",
            error_y=_bars(steps),
        )
    )
    figure.update_xaxes(title_text=say("ensembles.axis_price"), tickformat=".3~g")
    figure.update_yaxes(title_text=say("ensembles.axis_accuracy", n_test=document.n_test))
    return plain(figure, height=380)


def correlation_figure(found: ErrorCorrelations, say: Catalogue) -> go.Figure:
    """Draw how alike each two models err, similar models side by side.

    Columns have the numbers of the rows: names below them would not fit a phone.
    """
    names = [escape(cells.visible(model, _LONGEST_TICK)) for model in found.models]
    places = list(range(len(names)))
    numbers = [str(place + 1) for place in places]
    few = len(names) <= _MOST_NUMBERED
    figure = go.Figure(
        go.Heatmap(
            z=found.matrix,
            text=[[f"{value:.2f}" for value in row] for row in found.matrix],
            texttemplate="%{text}" if few else None,
            customdata=[[f"{one}<br>{other}" for other in names] for one in names],
            zmin=0,
            zmax=1,
            colorscale="Blues",
            showscale=False,
            hovertemplate="%{customdata}<br>"
            + say("ensembles.hover_r", r="%{z:.2f}")
            + "<extra></extra>",
        )
    )
    rows = [f"{name} {number}" for name, number in zip(names, numbers, strict=True)]
    shown = slice(None) if few else slice(4, None, 5)
    figure.update_xaxes(tickvals=places[shown], ticktext=numbers[shown], tickangle=0, side="top")
    figure.update_yaxes(tickvals=places, ticktext=rows, autorange="reversed")
    return plain(figure, height=120 + 26 * len(names))


def all_wrong_figure(checks: Sequence[AllWrong], say: Catalogue) -> go.Figure:
    """Draw how often all of the most accurate models are wrong, observed and by the copula."""
    sizes = [check.n_models for check in checks]
    observed = [check.observed for check in checks]
    figure = go.Figure(
        go.Scatter(
            x=sizes,
            y=observed,
            mode="markers",
            name=say("ensembles.observed"),
            error_y=error_bars(
                observed, [check.lower for check in checks], [check.upper for check in checks]
            ),
            hovertemplate=say("ensembles.hover_wrong", n="%{x}", share="%{y:.3f}")
            + "<extra></extra>",
        )
    )
    figure.add_scatter(
        x=sizes,
        y=[check.fitted for check in checks],
        mode="lines+markers",
        marker={"symbol": "diamond-open"},
        line={"dash": "dash"},
        name=say("ensembles.fitted"),
        hovertemplate=say("ensembles.hover_wrong", n="%{x}", share="%{y:.3f}") + "<extra></extra>",
    )
    figure.update_xaxes(title_text=say("ensembles.axis_best"), tickformat="d")
    figure.update_yaxes(title_text=say("ensembles.axis_wrong"), rangemode="tozero")
    return plain(figure, height=340)


def _names(steps: Sequence[EnsembleStep]) -> list[str]:
    return ["<br>".join(escape(cells.visible(m, 60)) for m in step.models) for step in steps]


def _dtick(document: EnsembleDocument) -> int | None:
    """Return whole steps where sets are small; Plotly chooses where they are large."""
    return 1 if document.path[-1].k <= _MOST_NUMBERED else None


def _bars(steps: Sequence[EnsembleStep]) -> dict[str, object] | None:
    return error_bars(
        [step.accuracy for step in steps],
        [step.accuracy if step.lower is None else step.lower for step in steps],
        [step.accuracy if step.upper is None else step.upper for step in steps],
    )
