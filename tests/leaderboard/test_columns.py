"""Which columns a table shows."""

import io

import polars as pl
import pytest

from banzuke.leaderboard.board import build_board
from banzuke.leaderboard.query import BoardQuery
from banzuke.leaderboard.views.board_columns import groups, shown, usual
from banzuke.outcomes import Outcomes


def test_chosen_columns_are_shown_in_the_order_of_the_board(client):
    address = "/boards/table?columns=score:B&columns=license&columns=params_b"
    page = client.get(address).text
    heads = page.partition("<thead")[2].partition("</thead>")[0]
    assert heads.count("<th ") == 5
    assert heads.index("Licence") < heads.index("Size") < heads.index(">B<")
    assert "columns=license" in page.partition('id="next"')[2].partition(">")[0]


def test_the_usual_choice_leaves_no_trace_in_the_address(client):
    board = build_board("table", Outcomes([[0.5, 0.5]], ["m"], ["A", "B"]))
    assert usual(board) == ["params_b", "average", "score:A", "score:B"]
    response = client.get(
        "/boards/table",
        params={"columns": ["type", "architecture", "precision", "params_b", "average",
                            "score:A", "score:B", "score:C d/e", "score:rank"]},
        headers={"HX-Request": "true"},
    )  # fmt: skip
    assert response.headers["hx-push-url"] == "/boards/table"


def test_many_benchmarks_in_categories_show_the_categories():
    items = pl.DataFrame(
        {
            "item_id": [f"b{i}" for i in range(14)],
            "category": ["first" if i < 5 else "second" for i in range(14)],
        }
    )
    board = build_board("wide", Outcomes([[0.5] * 14], ["m"], items))
    keys = shown(board, BoardQuery())
    assert keys == ["params_b", "average", "category:first", "category:second"]
    wanted = BoardQuery(columns=["category:first", "score:b1", "score:b2", "score:b9"])
    spans = [(group.label, group.span) for group in groups(board, shown(board, wanted))]
    assert spans == [("first", 3), ("second", 1)]


def test_an_unknown_column_is_refused(client):
    response = client.get("/boards/table?columns=speed")
    assert response.status_code == 400
    assert "no column" in response.text


@pytest.mark.parametrize("density", ["compact", "wide"])
def test_the_height_of_rows_is_in_the_address(client, density):
    page = client.get(f"/boards/table?density={density}").text
    assert f'<table class="board {density}">' in page
    assert client.get("/boards/table?density=huge").status_code == 422


def test_parquet_holds_the_rows_of_the_page_with_text_as_it_is(client):
    answer = client.get("/api/v1/boards/hostile.parquet")
    table = pl.read_parquet(io.BytesIO(answer.content))
    assert "=cmd()|' /C calc'!A0" in table["model"].to_list()
    some = client.get("/api/v1/boards/table.parquet?type=chat&sort=score:B&per_page=all")
    table = pl.read_parquet(io.BytesIO(some.content))
    assert table.height == 65
    assert table["B"].is_sorted(descending=True)


def test_every_row_can_be_chosen_for_a_comparison(client):
    page = client.get("/boards/table?per_page=50").text
    assert page.count('form="compare" name="model"') == 50
    assert '<form id="compare" method="get" action="/boards/table/compare">' in page
