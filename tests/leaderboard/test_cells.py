"""How numbers and names are written."""

import math

import pytest

from banzuke.leaderboard import cells
from banzuke.leaderboard.board import build_board
from banzuke.leaderboard.catalogue import catalogue
from tests.leaderboard.serving import predictions, quiz_outcomes

SAY = catalogue("en")


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (1.0, "100 %"), (0.996, "99 %"), (0.001, "1 %"), (0.5, "50 %")],
)
def test_a_share_is_never_rounded_to_all_or_nothing(share, text):
    assert cells.percent(share) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0.1345, "0.135"), (7.24, "7.24"), (70.0, "70"), (141.0, "141"), (1e6, "1000000")],
)
def test_sizes_have_three_digits(size, text):
    assert cells.size(size) == text
    assert cells.size(math.nan) == "–"


def test_an_interval_without_a_bound_is_empty():
    assert cells.interval(math.nan, 0.5) == ""


def test_control_and_direction_signs_become_visible_and_long_names_are_cut():
    assert cells.visible("a\x00b\u202ec\nd") == "a�b�c�d"
    assert cells.visible("全角　空白") == "全角　空白"
    assert cells.visible("x" * 200, 100) == "x" * 99 + "…"


def test_a_predicted_cell_says_so_in_text_not_by_colour_alone():
    outcomes = quiz_outcomes()
    board = build_board("quiz", outcomes, predictions("quiz", outcomes))
    cell = cells.board_cell(board, 50, 2, SAY)
    assert cell == cells.Cell(
        "predicted", "≈ .360", ".31–.42", "predicted, not measured; interval .31–.42"
    )
    assert list(cells.column_cells(board, 2, SAY))[50] == cell


def test_measured_partial_and_missing_cells():
    board = build_board("quiz", quiz_outcomes())
    rows = list(zip(*(cells.column_cells(board, column, SAY) for column in range(3)), strict=True))
    assert rows[0][0].kind == "measured"
    assert "standard error" in rows[0][0].title
    assert rows[10][2] == cells.Cell(
        "partial", "1.000", "40 %", "mean over 40 % of 20 items, the rest was not run"
    )
    assert rows[50][2] == cells.Cell("missing", "–", "", "not measured")
    assert cells.average_cell(board, 50, SAY, predicted=True).title == (
        "no average: 1 of 3 benchmarks not measured"
    )
