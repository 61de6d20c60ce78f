"""What a cell shows, and what a board leaves out."""

import numpy as np
import polars as pl
import pytest

from banzuke.leaderboard.board import Status, build_board
from banzuke.outcomes import Outcomes
from tests.leaderboard.serving import predictions, quiz_outcomes, table_outcomes


def test_items_are_averaged_and_unmeasured_cells_show_the_prediction():
    outcomes = quiz_outcomes()
    board = build_board("quiz", outcomes, predictions("quiz", outcomes))
    third = board.benchmarks.index("bench2")
    assert board.n_items == (20, 20, 20)
    assert board.status[0, third] == Status.MEASURED
    assert board.status[50, third] == Status.PREDICTED
    assert board.scores[50, third] == pytest.approx(0.36)
    members = (outcomes.items["benchmark"] == "bench0").to_numpy()
    expected = outcomes.scores[:, members].mean(axis=1)
    np.testing.assert_allclose(board.scores[:, 0], expected, rtol=1e-6)
    assert board.chance.tolist() == [0.25, 0.25, 0.25]


def test_without_predictions_a_partly_run_benchmark_shows_its_mean_and_coverage():
    board = build_board("quiz", quiz_outcomes())
    third = board.benchmarks.index("bench2")
    assert board.status[10, third] == Status.PARTIAL
    assert board.scores[10, third] == 1.0
    assert board.coverage[10, third] == pytest.approx(0.4)
    assert board.status[50, third] == Status.MISSING
    assert np.isnan(board.scores[50, third])


def test_ninety_five_per_cent_of_the_items_count_as_measured():
    scores = np.ones((3, 20))
    scores[1, 0] = scores[2, :2] = np.nan
    items = pl.DataFrame({"item_id": [f"q{i}" for i in range(20)], "benchmark": ["b"] * 20})
    board = build_board("x", Outcomes(scores, ["whole", "19 of 20", "18 of 20"], items))
    assert board.status[:, 0].tolist() == [Status.MEASURED, Status.MEASURED, Status.PARTIAL]


def test_only_complete_models_are_averaged_until_predictions_count():
    outcomes = quiz_outcomes()
    board = build_board("quiz", outcomes, predictions("quiz", outcomes))
    measured, filled = board.averages
    assert np.isfinite(measured.mean).sum() == 10
    assert np.isfinite(filled.mean).all()
    assert not filled.is_predicted[:10].any()
    assert filled.is_predicted[10:].all()
    two = board.measured[50, :2].sum()
    assert filled.mean[50] == pytest.approx((two + 0.36) / 3, rel=1e-5)
    assert filled.lower[50] == pytest.approx((two + 0.31) / 3, rel=1e-5)
    assert filled.upper[50] == pytest.approx((two + 0.42) / 3, rel=1e-5)
    assert np.isnan(filled.standard_error[50])


def test_benchmark_level_scores_are_shown_as_they_are():
    outcomes = table_outcomes()
    board = build_board("table", outcomes)
    assert board.benchmarks == ("A", "B", "C d/e", "rank")
    assert board.outcomes is None
    np.testing.assert_array_equal(board.scores, outcomes.scores)
    assert (board.status == Status.MEASURED).all()


def test_many_items_without_benchmark_become_one_benchmark():
    board = build_board(
        "quiz", Outcomes(np.ones((2, 61)), ["a", "b"], [f"q{i}" for i in range(61)])
    )
    assert board.benchmarks == ("quiz",)
    assert board.n_items == (61,)


def test_predictions_for_models_and_benchmarks_that_the_board_lacks_are_left_out():
    outcomes = Outcomes([[0.5, np.nan]], ["a"], ["x", "y"])
    bounds = {"lower": [[0.1, 0.1], [0.1, 0.1]], "upper": [[0.3, 0.3], [0.3, 0.3]]}
    foreign = Outcomes([[0.2, 0.2], [0.2, 0.2]], ["b", "a"], ["z", "y"], layers=bounds)
    board = build_board("t", outcomes, foreign)
    assert board.status.tolist() == [[Status.MEASURED, Status.PREDICTED]]
    assert board.scores[0, 1] == pytest.approx(0.2)


def test_predictions_without_bounds_have_no_interval():
    outcomes = Outcomes([[np.nan]], ["a"], ["x"])
    board = build_board("t", outcomes, Outcomes([[0.2]], ["a"], ["x"]))
    assert board.status.tolist() == [[Status.PREDICTED]]
    assert np.isnan(board.lower).all()
    assert np.isnan(board.averages[1].lower).all()


def test_an_empty_collection_is_an_empty_board():
    board = build_board("none", Outcomes(np.empty((0, 0)), [], []))
    assert board.averages[0].rank.size == 0
    assert board.facets == {}


def test_metadata_of_an_odd_type_is_no_filter_and_no_size():
    models = pl.DataFrame({"model": ["a"], "type": [["x", "y"]], "params_b": ["large"]})
    board = build_board("odd", Outcomes([[0.5]], models, ["x"]))
    assert board.facets == {}
    assert np.isnan(board.params_b).all()


def test_facets_count_unknown_values_too():
    counts = dict(build_board("table", table_outcomes()).filter_counts["architecture"])
    assert counts["unknown"] == 32
    assert sum(counts.values()) == 130


def test_a_benchmark_that_does_not_count_is_shown_but_not_averaged():
    items = pl.DataFrame(
        {"item_id": ["x", "sts"], "chance": [0.25, None], "averaged": [True, False]}
    )
    board = build_board("t", Outcomes([[0.5, 1], [0.7, np.nan]], ["a", "b"], items))
    assert board.averaged.tolist() == [True, False]
    np.testing.assert_array_equal(board.chance, [0.25, np.nan])
    np.testing.assert_allclose(board.averages[0].mean, [0.5, 0.7], rtol=1e-6)
    assert board.averages[0].rank.tolist() == [2, 1]
