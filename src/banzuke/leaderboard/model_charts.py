"""The figure of one model: a radar of its scores beside the middle of the board."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.cells import visible

FEWEST_AXES = 3
_LONGEST = 18
_LAYOUT = {
    "height": 380,
    "margin": {"l": 70, "r": 70, "t": 40, "b": 40},
    "paper_bgcolor": "rgba(0,0,0,0)",
    "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    "polar": {
        "bgcolor": "rgba(0,0,0,0)",
        "radialaxis": {"range": [0, 1], "tickformat": ".1f", "nticks": 5},
    },
}


def radar(
    axes: Sequence[str],
    scores: Sequence[float],
    middle: Sequence[float],
    model: str,
    say: Catalogue,
) -> dict[str, Any]:
    """Draw a model's scores around a circle, and the median of the board.

    Parameters
    ----------
    axes : sequence of str
        Categories or benchmarks, at least `FEWEST_AXES`.
    scores, middle : sequence of float
        Of the model and of the board, 0 to 1; NaN leaves a gap.
    model : str
    say : Catalogue

    Returns
    -------
    dict
        A Plotly figure as JSON has it: a page of each model is made, and Plotly's own objects
        take longer than the rest of the page.
    """
    names = [escape(visible(axis, _LONGEST)) for axis in axes]
    traces = (
        (say("model.radar_median"), middle, "dot", "none"),
        (escape(visible(model, 40)), scores, "solid", "toself"),
    )
    return {
        "data": [
            {
                "type": "scatterpolar",
                "r": [None if math.isnan(one) else round(one, 4) for one in (*values, values[0])],
                "theta": [*names, names[0]],
                "name": name,
                "mode": "lines+markers",
                "line": {"dash": dash},
                "fill": fill,
                "opacity": 0.75,
                "hovertemplate": "%{theta}: %{r:.3f}<extra>%{fullData.name}</extra>",
            }
            for name, values, dash, fill in traces
        ],
        "layout": _LAYOUT,
    }
