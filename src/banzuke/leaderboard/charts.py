"""Plotly figures of a board and of the analyses; numbers come in, a figure goes out.

Colours are left to the page (it knows light from dark); what must be told apart has its own
marker or number too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np
import orjson
import plotly.graph_objects as go

from banzuke.leaderboard import cells, links
from banzuke.leaderboard.board import Board, Status
from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.documents import CapabilitiesDocument
from banzuke.leaderboard.filters import UNKNOWN

_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x", "star", "hexagon")
_CROWD = 1000  # from so many points on, marks are smaller and let others show through


def to_json(figure: go.Figure | dict[str, Any]) -> str:
    """Return a figure as JSON that may stand inside a script element."""
    text: str = orjson.dumps(figure).decode() if isinstance(figure, dict) else figure.to_json()
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def size_scatter(
    board: Board, rows: np.ndarray, say: Catalogue, *, benchmark: int | None, predicted: bool
) -> go.Figure:
    """Draw score against parameters on a log axis, a trace for each model type.

    Parameters
    ----------
    board : Board
    rows : numpy.ndarray of int
        Models to draw; those without a size or score are left out.
    say : Catalogue
    benchmark : int or None
        Column to draw; None for the average.
    predicted : bool
        Whether predicted cells count in the average. Predicted points are hollow.

    Returns
    -------
    plotly.graph_objects.Figure
        Each point's ``customdata`` is the address of its model page.
    """
    scores, hollow = _heights(board, benchmark, predicted=predicted)
    shown = rows[~np.isnan(scores[rows]) & ~np.isnan(board.params_b[rows])]
    types = board.facets["type"].to_numpy() if "type" in board.facets else None
    kinds = types[shown] if types is not None else np.full(shown.size, UNKNOWN, dtype=object)
    hover = (
        f"%{{text}}<br>{say('scatter.hover_size', size='%{x:.3g}')}"
        f"<br>{say('scatter.hover_score', score='%{y:.3f}')}<extra>%{{fullData.name}}</extra>"
    )
    figure = go.Figure()
    for place, kind in enumerate(sorted(set(kinds.tolist()))):
        members = shown[kinds == kind]
        figure.add_scatter(
            x=board.params_b[members],
            y=np.round(scores[members].astype(np.float64), 4),
            mode="markers",
            name=escape(cells.visible(str(kind), 40)) if kind != UNKNOWN else say("common.unknown"),
            text=_array(escape(cells.visible(board.model_names[row], 60)) for row in members),
            customdata=_array(links.model_url(board.name, board.model_names[r]) for r in members),
            marker={
                "size": 7 if shown.size < _CROWD else 5,
                "opacity": 0.8 if shown.size < _CROWD else 0.6,
                "symbol": _symbols(_SYMBOLS[place % len(_SYMBOLS)], hollow[members]),
            },
            hovertemplate=hover,
        )
    name = say("common.average") if benchmark is None else board.benchmarks[benchmark]
    figure.update_xaxes(type="log", title_text=say("scatter.axis_size"))
    shown_name = escape(cells.visible(name, 60))
    figure.update_yaxes(title_text=say("scatter.axis_score", score=shown_name))
    return plain(figure, height=560)


def _array(values: Iterable[str]) -> np.ndarray:
    # Plotly checks arrays as a whole, lists element by element
    return np.array(list(values), dtype=object)


def _symbols(symbol: str, hollow: np.ndarray) -> str | list[str]:
    if not hollow.any():
        return symbol
    return [f"{symbol}-open" if one else symbol for one in hollow]


def _heights(
    board: Board, benchmark: int | None, *, predicted: bool
) -> tuple[np.ndarray, np.ndarray]:
    if benchmark is None:
        return board.averages[predicted].mean, board.averages[predicted].is_predicted
    status = board.status[:, benchmark]
    full = np.where(status >= Status.PREDICTED, board.scores[:, benchmark], np.nan)
    return full, status == Status.PREDICTED


def correlation_heatmap(document: CapabilitiesDocument, say: Catalogue) -> go.Figure:
    """Draw the correlation of each two benchmarks over models, with its number."""
    order = document.shown_order
    names = [escape(cells.visible(document.benchmarks[i], 30)) for i in order]
    values = [[document.correlation[i][j] for j in order] for i in order]
    numbers = [["" if r is None else f"{r:.2f}" for r in row] for row in values]
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=names,
            y=names,
            text=numbers,
            texttemplate="%{text}" if len(names) <= 20 else None,
            zmin=-1,
            zmax=1,
            colorscale="RdBu",
            reversescale=True,
            hovertemplate=say(
                "statistics.hover_correlation", first="%{y}", second="%{x}", r="%{z:.3f}"
            )
            + "<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed")
    return plain(figure, height=180 + 34 * len(names))


def scree_plot(document: CapabilitiesDocument, say: Catalogue) -> go.Figure:
    """Draw the share of variance that each principal component explains."""
    pca = document.pca
    shares = pca.explained_variance_ratio
    figure = go.Figure(
        go.Bar(
            x=[f"PC{i + 1}" for i in range(len(shares))],
            y=shares,
            text=[cells.percent(share) for share in shares],
            textposition="inside",
            error_y=error_bars(
                shares, pca.explained_variance_ratio_lower, pca.explained_variance_ratio_upper
            ),
            hovertemplate="%{x}: %{y:.1%}<extra></extra>",
        )
    )
    kept = document.pca.n_components_parallel_analysis
    if kept is not None:
        figure.add_vline(
            x=kept - 0.5, line_dash="dash", annotation_text=say("statistics.keeps", kept=kept)
        )
    figure.update_yaxes(title_text=say("statistics.axis_variance"), tickformat=".0%")
    return plain(figure, height=320)


def error_bars(
    centre: Sequence[float], lower: Sequence[float] | None, upper: Sequence[float] | None
) -> dict[str, Any] | None:
    """Turn bounds into the lengths of error bars."""
    if lower is None or upper is None:
        return None
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - mid for high, mid in zip(upper, centre, strict=True)],
        "arrayminus": [mid - low for low, mid in zip(lower, centre, strict=True)],
    }


def plain(figure: go.Figure, *, height: int) -> go.Figure:
    """Set what all figures share; the page gives them its colours."""
    layout: dict[str, Any] = {
        "template": "none",
        "height": height,
        "margin": {"l": 64, "r": 16, "t": 24, "b": 56},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    }
    figure.update_layout(**layout)
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    return figure
