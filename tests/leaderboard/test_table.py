"""Filtering, sorting and paging."""

import numpy as np
import polars as pl
import pytest

from banzuke.exceptions import InvalidInputError
from banzuke.leaderboard.board import build_board
from banzuke.leaderboard.query import BoardQuery
from banzuke.leaderboard.table import BoardTable
from tests.leaderboard.serving import predictions, quiz_outcomes, table_outcomes


@pytest.fixture(scope="module")
def table():
    return BoardTable(build_board("table", table_outcomes()))


@pytest.fixture(scope="module")
def quiz():
    outcomes = quiz_outcomes()
    return BoardTable(build_board("quiz", outcomes, predictions("quiz", outcomes)))


def rows(table, **query):
    return table.select(BoardQuery(per_page="all", **query)).rows


def test_filters_agree_with_the_metadata(table):
    board = table.board
    found = set(rows(table, type=["merge"], size_min=5, size_max=20, q="net-1").tolist())
    expected = {
        row
        for row, model in enumerate(board.models.iter_rows(named=True))
        if model["type"] == "merge"
        and model["params_b"] is not None
        and 5 <= model["params_b"] <= 20
        and "net-1" in model["model"]
    }
    assert found == expected
    assert found


def test_unknown_is_a_value_of_a_filter(table):
    found = rows(table, architecture=["unknown"])
    assert table.board.models["architecture"][found.tolist()].null_count() == found.size == 32


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["average", "params_b", "score:A", "score:C d/e"])
def test_numbers_are_sorted_and_missing_ones_are_last(table, sort, order):
    board = table.board
    columns = {"average": board.averages[0].mean, "params_b": board.params_b}
    key = columns.get(sort)
    if key is None:
        key = board.scores[:, board.benchmarks.index(sort.removeprefix("score:"))]
    ordered = key[rows(table, sort=sort, order=order)]
    known = ordered[~np.isnan(ordered)]
    assert np.isnan(ordered[known.size :]).all()
    steps = np.diff(known)
    assert (steps >= 0).all() if order == "asc" else (steps <= 0).all()


def test_text_is_sorted_without_regard_to_case(table):
    names = [table.board.model_names[row].casefold() for row in rows(table, sort="model")]
    assert names == sorted(names)


def test_predicted_cells_come_after_measured_ones_unless_they_count(quiz):
    status = quiz.board.status[:, 2]
    apart = status[rows(quiz, sort="score:bench2")]
    assert (np.diff(apart.astype(int)) <= 0).all()
    together = quiz.board.scores[rows(quiz, sort="score:bench2", predicted=True), 2]
    assert (np.diff(together) <= 0).all()


def test_pages_cover_every_row_once(table):
    pages = [table.select(BoardQuery(per_page=50, page=page)) for page in (1, 2, 3)]
    assert [page.rows.size for page in pages] == [50, 50, 30]
    assert {page.n_pages for page in pages} == {3}
    assert sorted(np.concatenate([page.rows for page in pages])) == list(range(130))


def test_a_page_after_the_last_is_the_last(table):
    selection = table.select(BoardQuery(page=999))
    assert (selection.page, selection.n_pages, selection.start) == (2, 2, 100)


def test_nothing_found_is_one_empty_page(table):
    selection = table.select(BoardQuery(q="no such model"))
    assert (selection.rows.size, selection.n_pages, selection.matched) == (0, 1, 0)


def test_unknown_columns_are_named(table):
    with pytest.raises(InvalidInputError, match="cannot be sorted by 'speed'"):
        rows(table, sort="speed")
    with pytest.raises(InvalidInputError, match="no benchmark 'Z'; it has A, B"):
        rows(table, sort="score:Z")


def test_yes_no_and_size_filters():
    outcomes = table_outcomes()
    merged = [None, *([True, False, False] * 43)]
    models = outcomes.models.with_columns(is_merged=pl.Series(merged, dtype=pl.Boolean))
    table = BoardTable(build_board("table", outcomes.replace(models=models)))
    assert rows(table, merged=["yes"]).size == 43
    assert rows(table, merged=["yes", "unknown"]).size == 44
    found = rows(table, size=["7-13", "60-"])
    sizes = table.board.params_b
    expected = ((sizes >= 7) & (sizes < 13)) | (sizes >= 60)
    assert set(found.tolist()) == set(np.flatnonzero(expected).tolist())
    assert rows(table, size=["unknown"]).tolist() == [0]


def test_a_board_without_a_filter_has_one_value_of_it(quiz):
    everyone = rows(quiz).size
    for name in ("license", "merged", "shots"):
        assert name not in quiz.codes
        assert rows(quiz, **{name: ["yes"]}).size == 0
        assert rows(quiz, **{name: ["unknown"]}).size == everyone
    assert rows(quiz, flagged=["yes"]).size == 0
    assert rows(quiz, flagged=["no"]).size == everyone


def test_a_normalised_average_puts_guessing_at_zero(quiz):
    board = quiz.board
    raw, scaled = board.standing(), board.standing(normalised=True)
    known = ~np.isnan(raw.mean)
    expected = (raw.mean[known] - 0.25) / 0.75
    np.testing.assert_allclose(scaled.mean[known], expected, atol=1e-6)
    np.testing.assert_allclose(scaled.standard_error[known], raw.standard_error[known] / 0.75)
    assert np.isnan(scaled.mean).sum() == np.isnan(raw.mean).sum()


def test_categories_are_averaged_and_sorted():
    outcomes = quiz_outcomes()
    names = outcomes.items["benchmark"].to_list()
    category = ["late" if name == "bench2" else "early" for name in names]
    items = outcomes.items.with_columns(category=pl.Series(category))
    table = BoardTable(build_board("quiz", outcomes.replace(items=items)))
    assert dict(table.board.categories) == {"early": (0, 1), "late": (2,)}
    early = table.category("early", BoardQuery()).mean
    np.testing.assert_allclose(early, table.board.scores[:, :2].mean(axis=1), atol=1e-6)
    ordered = early[rows(table, sort="category:early")]
    assert (np.diff(ordered) <= 0).all()
    with pytest.raises(InvalidInputError, match="no category 'x'; it has early, late"):
        rows(table, sort="category:x")
