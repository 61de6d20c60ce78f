"""Ranks on a board: paired where items are known, only among models measured alike."""

import numpy as np
import polars as pl
import pytest

from banzuke.leaderboard.board import build_board
from banzuke.leaderboard.standings import comparable
from banzuke.outcomes import Outcomes, aggregate
from banzuke.stats.ranks import normal_rank_intervals
from banzuke.testing import make_outcomes
from tests.leaderboard.serving import predictions, quiz_outcomes, table_outcomes


def test_items_give_paired_intervals_and_the_same_ones_each_time():
    board = build_board("quiz", make_outcomes(12, 90))
    standing = board.standing()
    assert standing.method == "paired"
    assert (standing.rank_lower <= standing.rank).all()
    assert (standing.rank <= standing.rank_upper).all()
    again = build_board("quiz", make_outcomes(12, 90)).standing()
    assert again.rank_upper.tolist() == standing.rank_upper.tolist()
    assert board.standing() is standing


def test_standard_errors_alone_give_unpaired_intervals():
    table = aggregate(make_outcomes(12, 90))
    board = build_board("quiz", table)
    standing = board.standing()
    assert standing.method == "normal"
    expected = normal_rank_intervals(standing.mean, standing.standard_error)
    assert standing.rank_lower.tolist() == expected.lower.tolist()
    assert standing.tie.tolist() == expected.group.tolist()


def test_scores_alone_give_no_intervals():
    standing = build_board("table", table_outcomes()).standing()
    assert standing.method == "none"
    assert standing.rank.max() == 130
    assert not standing.rank_upper.any()


def test_predicted_averages_are_ranked_only_when_asked_and_not_as_paired():
    outcomes = quiz_outcomes()
    board = build_board("quiz", outcomes, predictions("quiz", outcomes))
    assert (board.standing().rank > 0).sum() == 10
    filled = board.standing(predicted=True)
    assert (filled.rank > 0).sum() == 120
    assert filled.method == "normal"
    assert (filled.rank_upper >= filled.rank).all()


def test_models_measured_otherwise_are_ranked_apart():
    outcomes = make_outcomes(6, 40)
    models = outcomes.models.with_columns(
        n_shots=pl.Series([0, 0, 0, 4, 4, 4]),
        engine_version=pl.Series(["2.1", "2.9", "2", "2", "2", "3.0"]),
    )
    board = build_board("quiz", outcomes.replace(models=models))
    labels, index = board.standings.groups
    assert labels == [
        "shots 0, engine version 2",
        "shots 4, engine version 2",
        "shots 4, engine version 3",
    ]
    assert index.tolist() == [0, 0, 0, 1, 1, 2]
    standing = board.standing()
    assert sorted(standing.rank[:3]) == [1, 2, 3]
    assert standing.rank[5] == standing.rank_upper[5] == 1
    assert (standing.rank_upper[3:5] <= 2).all()


def test_settings_that_are_all_alike_or_unknown_make_one_group():
    frame = pl.DataFrame({"model": ["a", "b"], "suite": ["mini", "mini"], "engine": [None, None]})
    labels, index = comparable(frame)
    assert (labels, index.tolist()) == ([""], [0, 0])


def test_the_interval_of_an_average_comes_from_its_standard_error():
    board = build_board("quiz", make_outcomes(5, 60))
    standing = board.standing()
    half = 1.959964 * standing.standard_error
    np.testing.assert_allclose(standing.upper - standing.mean, half, rtol=1e-5)


def test_a_model_without_a_benchmark_has_no_rank_and_no_interval():
    scores = np.array([[1.0, 0.0, 1.0, 0.0], [1.0, 1.0, np.nan, np.nan]])
    items = pl.DataFrame({"item_id": list("abcd"), "benchmark": ["x", "x", "y", "y"]})
    standing = build_board("q", Outcomes(scores, ["m", "n"], items)).standing()
    assert standing.rank.tolist() == [1, 0]
    assert standing.rank_upper.tolist() == [1, 0]
    assert standing.mean[0] == pytest.approx(0.5)
