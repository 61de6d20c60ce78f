"""Figures of a comparison of methods; the numbers come from the protocol's rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from banzuke.prediction.protocol import ProtocolRow
from banzuke.prediction.splits import TESTS

__all__ = ["plot_calibration", "plot_means", "plot_protocol", "plot_rmse"]

# told apart without colour, too: Okabe and Ito's colours, with another symbol and dash for each
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "x", "star")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_PLACES = {test: (1 + place // 2, 1 + place % 2) for place, test in enumerate(TESTS)}


def plot_protocol(rows: Sequence[ProtocolRow]) -> dict[str, go.Figure]:
    """Return the figures of a comparison by name.

    Parameters
    ----------
    rows : sequence of ProtocolRow

    Returns
    -------
    dict of str to plotly.graph_objects.Figure
        ``rmse``, and ``calibration`` and ``means`` at the largest T.
    """
    largest = max(row.observed for row in rows)
    last = [row for row in rows if row.observed == largest]
    return {
        "rmse": plot_rmse(rows),
        "calibration": plot_calibration(last),
        "means": plot_means(last),
    }


def plot_rmse(rows: Sequence[ProtocolRow]) -> go.Figure:
    """Plot RMSE over cells by T: mean over the draws, bars from the lowest to the highest."""
    figure = _panels()
    for style, method in enumerate(_methods(rows)):
        for test in TESTS:
            by_t: dict[int, list[float]] = defaultdict(list)
            for row in rows:
                if (row.method, row.test) == (method, test) and not np.isnan(row.measures.rmse_p):
                    by_t[row.observed].append(row.measures.rmse_p)
            x = sorted(by_t)
            y = np.array([np.mean(by_t[t]) for t in x])
            bars = {
                "type": "data",
                "symmetric": False,
                "array": [max(by_t[t]) for t in x] - y,
                "arrayminus": y - [min(by_t[t]) for t in x],
            }
            figure.add_scatter(
                x=x, y=y, error_y=bars, **_look(method, style, test), mode="lines+markers"
            )
    figure.update_xaxes(title_text="T, items each known model shows", type="log")
    return _finish(figure.update_yaxes(title_text="RMSE over cells"))


def plot_calibration(rows: Sequence[ProtocolRow]) -> go.Figure:
    """Plot mean score against mean prediction, in bins of equal size, averaged over draws."""
    figure = _panels()
    _diagonals(figure, 0.0, 1.0)
    for style, method in enumerate(_methods(rows)):
        for test in TESTS:
            found = [
                row.curves.calibration
                for row in rows
                if (row.method, row.test) == (method, test) and len(row.curves.calibration)
            ]
            same = [bins for bins in found if bins.shape == found[0].shape]
            if same:
                mean = np.mean(same, axis=0)
                figure.add_scatter(
                    x=mean[:, 0], y=mean[:, 1], **_look(method, style, test), mode="lines+markers"
                )
    figure.update_xaxes(title_text="predicted", range=[0, 1])
    return _finish(figure.update_yaxes(title_text="solved", range=[0, 1]))


def plot_means(rows: Sequence[ProtocolRow]) -> go.Figure:
    """Plot predicted against true means of the models, first draw."""
    figure = _panels()
    first = min(row.seed for row in rows)
    here = [row for row in rows if row.seed == first and len(row.curves.means)]
    shown = np.concatenate([row.curves.means for row in here]) if here else np.array([0.0, 1.0])
    _diagonals(figure, float(shown.min()), float(shown.max()))
    for style, method in enumerate(_methods(rows)):
        for row in here:
            if row.method == method:
                look = _look(method, style, row.test)
                figure.add_scatter(
                    x=row.curves.means[:, 1],
                    y=row.curves.means[:, 0],
                    **{**look, "marker": {**look["marker"], "size": 4, "opacity": 0.5}},
                    mode="markers",
                )
    figure.update_xaxes(title_text="true mean of a model")
    return _finish(figure.update_yaxes(title_text="predicted mean"))


def _panels() -> go.Figure:
    titles = [f"{test}: {meaning}" for test, meaning in TESTS.items()]
    return make_subplots(2, 2, subplot_titles=titles, vertical_spacing=0.16)


def _methods(rows: Iterable[ProtocolRow]) -> list[str]:
    return list(dict.fromkeys(row.method for row in rows))


def _look(method: str, style: int, test: str) -> dict:
    row, column = _PLACES[test]
    colour = _COLOURS[style % len(_COLOURS)]
    return {
        "name": method,
        "legendgroup": method,
        "showlegend": test == "C",  # the test that every method has
        "marker": {"color": colour, "symbol": _SYMBOLS[style % len(_SYMBOLS)]},
        "line": {"color": colour, "dash": _DASHES[style % len(_DASHES)]},
        "row": row,
        "col": column,
    }


def _diagonals(figure: go.Figure, low: float, high: float) -> None:
    for row, column in _PLACES.values():
        figure.add_scatter(
            x=[low, high], y=[low, high], mode="lines", line={"color": "#999", "width": 1},
            showlegend=False, hoverinfo="skip", row=row, col=column,
        )  # fmt: skip


def _finish(figure: go.Figure) -> go.Figure:
    return figure.update_layout(
        template="plotly_white",
        width=1000,
        height=800,
        margin={"t": 50},
        legend={"orientation": "h", "y": -0.12},
    )
