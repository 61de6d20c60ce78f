from __future__ import annotations

import numpy as np

from banzuke.ensembles import Costs, encode, summarise
from banzuke.ensembles.plots import plot_summary

NAMES = ["strong", "twin", "other", "third", "noise", "silent"]


def test_figures_show_the_numbers_of_the_document(letters: tuple[np.ndarray, np.ndarray]) -> None:
    costs = Costs(prices={name: float(i + 1) for i, name in enumerate(NAMES)})
    document = summarise(encode(*letters, models=NAMES), budget=3, costs=costs)
    figures = plot_summary(document)
    assert set(figures) == {
        "accuracy", "information", "correlations", "all_wrong", "saturation", "frontier",
    }  # fmt: skip
    expected, reached = figures["saturation"].data
    assert len(expected.y) == len(NAMES)
    assert len(reached.y) == 3
    path = document["path"]
    assert list(figures["accuracy"].data[0].y) == [step["accuracy"] for step in path]
    assert list(figures["information"].data[0].y) == [step["information"] for step in path]
    order = list(figures["correlations"].data[0].x)
    assert abs(order.index("strong") - order.index("twin")) == 1
    assert list(figures["frontier"].data[0].x) == sorted(figures["frontier"].data[0].x)
