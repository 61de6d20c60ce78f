"""Differences between models, and how sure they are."""

import math

import numpy as np
import polars as pl
import pytest
from scipy.stats import binomtest, norm

from banzuke.leaderboard import comparing
from banzuke.leaderboard.board import build_board
from banzuke.outcomes import Outcomes
from tests.leaderboard.serving import predictions, quiz_outcomes, table_outcomes


@pytest.fixture(scope="module")
def quiz():
    outcomes = quiz_outcomes()
    return build_board("quiz", outcomes, predictions("quiz", outcomes))


def test_models_with_common_items_are_compared_in_pairs(quiz):
    found = comparing.benchmark_difference(quiz, 0, 1, 0)
    items = np.flatnonzero((quiz.outcomes.items["benchmark"] == "bench0").to_numpy())
    first, second = quiz.outcomes.scores[:2][:, items]
    better, worse = int((first > second).sum()), int((second > first).sum())
    assert (found.basis, found.n_items) == ("items", items.size)
    assert found.value == pytest.approx(float((first - second).mean()))
    assert found.p == pytest.approx(binomtest(better, better + worse).pvalue)
    back = comparing.benchmark_difference(quiz, 1, 0, 0)
    assert (back.value, back.lower, back.p) == pytest.approx((-found.value, -found.upper, found.p))


def test_predicted_scores_are_not_tested(quiz):
    found = comparing.benchmark_difference(quiz, 0, 50, 2)
    assert found.basis == "predicted"
    assert found.value == pytest.approx(float(quiz.measured[0, 2]) - 0.36)
    assert math.isnan(found.p)


def test_whole_scores_are_compared_by_their_errors_or_not_at_all():
    layer = np.array([[0.03, np.nan], [0.04, 0.02]])
    board = build_board(
        "whole", Outcomes([[0.6, 0.5], [0.5, 0.4]], ["a", "b"], ["x", "y"],
                          layers={"standard_error": layer})
    )  # fmt: skip
    known = comparing.benchmark_difference(board, 0, 1, 0)
    assert known.basis == "errors"
    assert known.p == pytest.approx(2 * norm.sf(2.0), abs=1e-6)
    unknown = comparing.benchmark_difference(board, 0, 1, 1)
    assert (unknown.basis, round(unknown.value, 6)) == ("unknown", 0.1)
    average = comparing.average_difference([known, unknown])
    assert (average.basis, round(average.value, 6)) == ("unknown", 0.1)


def test_the_average_has_the_error_of_a_mean_of_independent_parts():
    parts = [
        comparing.Difference(value=0.1, lower=0.1 - 1.96 * e, upper=0.1 + 1.96 * e, p=0.5,
                             basis="items", n_items=10)
        for e in (0.03, 0.04)
    ]  # fmt: skip
    found = comparing.average_difference(parts)
    assert (found.upper - found.lower) / 2 / 1.96 == pytest.approx(0.025, abs=1e-4)
    assert found.p == pytest.approx(2 * norm.sf(4), abs=1e-5)
    missing = comparing.Difference(value=math.nan, basis="missing")
    assert comparing.average_difference([*parts, missing]).basis == "missing"


def test_p_values_are_adjusted_and_unknown_ones_do_not_count():
    parts = [
        comparing.Difference(value=0.1, p=p, basis="items") for p in (0.01, math.nan, 0.04, 0.03)
    ]
    found = [one.p for one in comparing.adjusted(parts)]
    assert [found[0], found[2], found[3]] == pytest.approx([0.03, 0.06, 0.06])
    assert math.isnan(found[1])


def test_items_on_which_models_differ():
    scores = np.array([[1, 1, 0, 0.4, np.nan, 1], [1, 0, 1, 0.6, 1, 1], [1, 0, 0, 0.5, 0, np.nan]])
    items = pl.DataFrame({"item_id": list("pqrstu"), "benchmark": ["b", "b", "a", "a", "a", "b"]})
    board = build_board("few", Outcomes(scores, ["x", "y", "z"], items))
    found = comparing.disagreements(board, [0, 1, 2])
    order = [items["item_id"][int(item)] for item in found.items]
    first = board.benchmarks[0]
    assert set(order) == {"q", "r", "t"}
    assert order[0] in ({"q"} if first == "b" else {"r", "t"})
    assert found.n_common == 4  # p, q, r, s: all were run
    assert found.alone_right == (1, 1, 0)  # q: x alone; r: y alone; s: y and z
    assert found.alone_wrong == (1, 0, 0)  # s: x alone
    assert comparing.disagreements(build_board("table", table_outcomes()), [0, 1]) is None
