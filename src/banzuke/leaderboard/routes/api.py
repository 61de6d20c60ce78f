"""The JSON and CSV of what the pages show, under ``/api/v1``."""

from __future__ import annotations

import io
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response

from banzuke.leaderboard import schemas
from banzuke.leaderboard.conditional import conditional
from banzuke.leaderboard.links import board_url
from banzuke.leaderboard.query import BoardQuery
from banzuke.leaderboard.routes.lookup import model_row, snapshot
from banzuke.leaderboard.rows import model_record, score_records
from banzuke.leaderboard.views.board_page import has_predictions

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": schemas.Problem, "description": "A column, field or benchmark is unknown."},
    404: {"model": schemas.Problem, "description": "There is no such board or model."},
    422: {"model": schemas.Problem, "description": "A value of the query cannot be understood."},
}

_PARQUET = "application/vnd.apache.parquet"

router = APIRouter(prefix="/api/v1")

Rows = Annotated[BoardQuery, Query()]


@router.get("/boards", response_model=schemas.BoardList)
def boards(request: Request) -> Response:
    """List the boards of this server."""
    found = [rows.board for rows in snapshot(request).boards.values()]
    listed = [
        {
            "name": board.name,
            "n_models": board.models.height,
            "benchmarks": board.benchmarks,
            "has_items": board.outcomes is not None,
            "has_predictions": has_predictions(board),
            "url": board_url(board.name),
        }
        for board in found
    ]
    return _json(request, {"boards": listed})


@router.get("/boards/{board}.json", response_model=schemas.BoardRowsPage, responses=_PROBLEMS)
def board_json(request: Request, board: str, query: Rows) -> Response:
    """Return the table of a board, searched, filtered, sorted and paged like the page."""
    rows = snapshot(request).board(board)
    selection = rows.table.select(query)
    head = {
        "board": board,
        "version": rows.board.version,
        "benchmarks": rows.board.benchmarks,
        "total": selection.total,
        "matched": selection.matched,
        "page": selection.page,
        "n_pages": selection.n_pages,
    }
    body = b",".join(rows.json(query, selection.rows))
    # the rows are encoded already: they are put in as they are
    return conditional(request, b'%b,"rows":[%b]}' % (orjson.dumps(head)[:-1], body))


@router.get(
    "/boards/{board}.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}, "description": "One row a model."}, **_PROBLEMS},
)
def board_csv(request: Request, board: str, query: Rows) -> Response:
    """Return the same rows as CSV.

    Text that a spreadsheet would run as a formula (it starts with =, +, -, @ or a tab)
    has an apostrophe before it; the JSON has it as it is.
    """
    rows = snapshot(request).board(board)
    selection = rows.table.select(query)
    text = rows.csv(query, selection.rows)
    headers = {"Content-Disposition": 'attachment; filename="board.csv"'}
    return conditional(request, text.encode(), "text/csv; charset=utf-8", headers)


@router.get(
    "/boards/{board}.parquet",
    response_class=Response,
    responses={
        200: {"content": {_PARQUET: {}}, "description": "One row a model."},
        **_PROBLEMS,
    },
)
def board_parquet(request: Request, board: str, query: Rows) -> Response:
    """Return the same rows as Parquet, text as it is."""
    rows = snapshot(request).board(board)
    content = io.BytesIO()
    rows.frame(query, rows.table.select(query).rows).write_parquet(content)
    headers = {"Content-Disposition": 'attachment; filename="board.parquet"'}
    return conditional(request, content.getvalue(), _PARQUET, headers)


@router.get("/boards/{board}/models", response_model=schemas.ModelDetail, responses=_PROBLEMS)
def model_by_key(
    request: Request, board: str, key: Annotated[str, Query(max_length=64)]
) -> Response:
    """Return a model by the key in its page's address, for names that no path can hold."""
    return _model(request, board, None, key)


@router.get(
    "/boards/{board}/models/{model:path}", response_model=schemas.ModelDetail, responses=_PROBLEMS
)
def model(request: Request, board: str, model: str) -> Response:
    """Return all scores and metadata of one model."""
    return _model(request, board, model, None)


def _model(request: Request, name: str, model: str | None, key: str | None) -> Response:
    board = snapshot(request).board(name).board
    row = model_row(board, model, key)
    detail = {
        "board": board.name,
        **model_record(board, row),
        "scores": score_records(board, row),
        "metadata": board.models.row(row, named=True),
    }
    return _json(request, detail)


def _json(request: Request, value: Any) -> Response:
    return conditional(request, orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS, default=str))
