"""The charts of a board: fronts, months and components, and the numbers beside them."""

import datetime

import numpy as np
import polars as pl
import pytest
from sklearn.decomposition import PCA

from banzuke.leaderboard import board_charts
from banzuke.leaderboard.board import build_board
from banzuke.leaderboard.catalogue import catalogue
from banzuke.outcomes import Outcomes
from tests.leaderboard.serving import table_outcomes
from tests.leaderboard.test_pages import Page

SAY = catalogue("en")


def dated_board():
    models = pl.DataFrame(
        {
            "model": ["a/x", "a/y", "b/z", "b/w", "c/v"],
            "params_b": [1.0, 2.0, 2.0, 8.0, None],
            "co2_kg": [0.5, None, 1.0, 2.0, 4.0],
            "created": [datetime.date(2024, m, 9) for m in (1, 1, 3, 3, 5)],
        }
    )
    scores = np.array([[0.3, 0.5], [0.5, 0.5], [0.4, 0.2], [0.9, 0.5], [0.6, 0.6]])
    return build_board("dated", Outcomes(scores, models, ["p", "q"]))


def test_the_front_holds_what_nothing_beats_in_both():
    random = np.random.default_rng(0)
    amounts, scores = random.integers(1, 9, 60).astype(float), random.random(60).round(1)
    front = board_charts.pareto_front(amounts, scores)
    for i in range(60):
        beaten = (amounts <= amounts[i]) & (scores >= scores[i])
        beaten &= (amounts < amounts[i]) | (scores > scores[i])
        if i in front:
            assert not beaten.any()
        else:
            same = (amounts == amounts[i]) & (scores == scores[i])
            assert beaten.any() or same[front].any()


def test_scores_by_size_are_drawn_by_family_with_the_front():
    board = dated_board()
    groups = board_charts.families(board, "other")
    assert set(groups.names) == {"a", "b", "c"}
    figure, front = board_charts.tradeoff(board, board.params_b, groups, SAY, axis="size")
    assert [board.model_names[row] for row in front] == ["a/x", "a/y", "b/w"]
    drawn = {trace.name: len(trace.x) for trace in figure.data}
    assert drawn == {"a": 2, "b": 2, "Pareto front": 3}  # c has no size
    assert list(figure.data[-1].y) == pytest.approx([0.4, 0.5, 0.7])
    nothing = np.full(5, np.nan)
    assert board_charts.tradeoff(board, nothing, groups, SAY, axis="size") is None


def test_months_hold_their_median_and_the_best_so_far():
    months = board_charts.timeline(dated_board())
    assert [month.month for month in months] == ["2024-01", "2024-03", "2024-05"]
    assert [month.n_models for month in months] == [2, 2, 1]
    assert [round(month.median, 3) for month in months] == [0.45, 0.5, 0.6]
    assert [round(month.best, 3) for month in months] == [0.5, 0.7, 0.7]
    assert board_charts.timeline(build_board("table", table_outcomes())) == []


def test_components_agree_with_scikit_learn():
    board = build_board("table", table_outcomes())
    found = board_charts.components(board)
    scores = board.measured.astype(float)
    standard = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    expected = PCA(2).fit(standard)
    assert found.shares == pytest.approx(expected.explained_variance_ratio_.tolist())
    np.testing.assert_allclose(np.abs(found.places), np.abs(expected.transform(standard)))
    loading = np.corrcoef(standard[:, 1], found.places[:, 0])[0, 1]
    assert found.loadings[1, 0] == pytest.approx(loading)
    assert board_charts.components(dated_board()) is None


def test_the_page_shows_what_the_board_allows(client):
    for language in ("en", "ja"):
        text = client.get(f"/boards/table/charts?lang={language}").text
        Page(client.get(f"/boards/table/charts?lang={language}"))
        assert 'id="figure-size"' in text
        assert 'id="figure-components"' in text
        assert 'id="figure-timeline"' not in text
    text = client.get("/boards/quiz/charts").text
    assert "/ensembles/quiz" in text
    assert "/capabilities/quiz" in text
