"""Figures: the numbers and labels that they hold."""

import json

import numpy as np
import pytest

from banzuke.leaderboard import charts
from banzuke.leaderboard.board import build_board
from banzuke.leaderboard.catalogue import catalogue
from banzuke.leaderboard.documents import CapabilitiesDocument, Spread
from banzuke.leaderboard.statistics_charts import median_heatmap
from tests.leaderboard.serving import (
    capabilities,
    hostile_outcomes,
    predictions,
    quiz_outcomes,
    table_outcomes,
)

SAY = catalogue("en")


def test_every_model_with_size_and_score_is_drawn_once_under_its_type():
    board = build_board("table", table_outcomes())
    figure = charts.size_scatter(board, np.arange(130), SAY, benchmark=1, predicted=False)
    assert {trace.name: len(trace.x) for trace in figure.data} == {"chat": 64, "merge": 65}
    assert figure.layout.xaxis.type == "log"
    drawn = {
        address: (x, y)
        for trace in figure.data
        for address, x, y in zip(trace.customdata, trace.x, trace.y, strict=True)
    }
    size, score = drawn["/boards/table/models/lab-5/net-5"]
    row = board.rows["lab-5/net-5"]
    assert size == board.params_b[row]
    assert score == pytest.approx(float(board.scores[row, 1]), abs=1e-4)


def test_types_differ_in_shape_and_predicted_marks_are_hollow():
    outcomes = quiz_outcomes()
    board = build_board("quiz", outcomes, predictions("quiz", outcomes))
    figure = charts.size_scatter(board, np.arange(120), SAY, benchmark=2, predicted=False)
    symbols = [set(trace.marker.symbol) for trace in figure.data]
    assert symbols == [{"circle", "circle-open"}, {"diamond", "diamond-open"}]
    average = charts.size_scatter(board, np.arange(120), SAY, benchmark=None, predicted=False)
    assert sum(len(trace.x) for trace in average.data) == 10


def test_names_cannot_leave_the_script_element_nor_become_markup():
    outcomes = hostile_outcomes()
    full = outcomes.replace(scores=np.ones(outcomes.shape), layers={})
    board = build_board("hostile", full)
    figure = charts.size_scatter(
        board, np.arange(board.models.height), SAY, benchmark=0, predicted=False
    )
    text = charts.to_json(figure)
    assert "<" not in text
    labels = [label for trace in json.loads(text)["data"] for label in trace["text"]]
    assert "&lt;b&gt;bold&lt;/b&gt;&lt;script&gt;alert(1)&lt;/script&gt;" in labels


def test_a_correlation_that_is_not_known_has_no_number():
    figure = charts.correlation_heatmap(CapabilitiesDocument.model_validate(capabilities()), SAY)
    assert list(figure.data[0].text[0]) == ["1.00", "0.50", ""]


def test_benchmarks_stand_in_the_order_of_the_document():
    document = CapabilitiesDocument.model_validate({**capabilities(), "order": [2, 0, 1]})
    heatmap = charts.correlation_heatmap(document, SAY).data[0]
    assert list(heatmap.x) == ["&lt;b&gt;bench2", "bench0", "bench1"]
    assert list(heatmap.text[1]) == ["", "1.00", "0.50"]


def test_explained_variance_has_error_bars_where_bounds_are_known():
    changed = capabilities()
    changed["pca"] |= {
        "explained_variance_ratio_lower": [0.6, 0.1, 0.1],
        "explained_variance_ratio_upper": [0.8, 0.3, 0.1],
    }
    bars = charts.scree_plot(CapabilitiesDocument.model_validate(changed), SAY).data[0]
    assert bars.error_y.array == pytest.approx([0.1, 0.1, 0.0])
    assert bars.error_y.arrayminus == pytest.approx([0.1, 0.1, 0.0])


def test_the_scree_plot_marks_what_parallel_analysis_keeps():
    document = CapabilitiesDocument.model_validate(capabilities())
    figure = charts.scree_plot(document, SAY)
    assert figure.data[0].y == (0.7, 0.2, 0.1)
    assert figure.layout.annotations[0].text == "parallel analysis keeps 1"


def test_medians_by_group_have_their_numbers_and_gaps_none():
    quarters = dict.fromkeys(("minimum", "lower_quartile", "mean"), 0.1)
    above = dict.fromkeys(("upper_quartile", "maximum"), 1.0)
    rows = [
        Spread(group=group, benchmark=name, n=3, median=median, **quarters, **above)
        for group, name, median in (("-3B", "A", 0.344), ("60B-", "A", 1.0), ("60B-", "B", 0.0))
    ]
    (heatmap,) = median_heatmap(rows, SAY).data
    assert [list(line) for line in heatmap.text] == [[".34", "1.00"], ["", ".00"]]
    assert heatmap.z[1][0] is None
