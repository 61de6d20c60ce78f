"""Rows in every form they are sent, made once for each board: HTML, JSON, CSV and Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import orjson
import polars as pl

from banzuke.leaderboard.board import Board, Status
from banzuke.leaderboard.catalogue import LANGUAGES, catalogue
from banzuke.leaderboard.query import SCORE_PREFIX, BoardQuery
from banzuke.leaderboard.row_html import RowHtml
from banzuke.leaderboard.standings import scale_of
from banzuke.leaderboard.table import BoardTable

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


Kind = tuple[bool, bool]
"""Whether predicted scores count, and whether the scale is normalised for chance."""


@dataclass(frozen=True, eq=False)
class BoardRows:
    """The rows of one board in every form that they are sent."""

    board: Board

    @cached_property
    def table(self) -> BoardTable:
        """The board, ready to be filtered and sorted."""
        return BoardTable(self.board)

    @cached_property
    def html(self) -> Mapping[str, RowHtml]:
        """The table in HTML, by language."""
        return {code: RowHtml(self.board, catalogue(code)) for code in LANGUAGES}

    def prepare(self) -> None:
        """Make what the first visitors ask for now, rather than for them."""
        query = BoardQuery.model_validate({})
        keys = [*self.board.facets, "model", "params_b", "average"]
        keys += [SCORE_PREFIX + name for name in self.board.benchmarks]
        for html in self.html.values():
            for key in ("pick", "rank", *keys):
                html.column(key, query)
        _ = self.table.text_order, self.table.codes
        self.json(query, np.arange(1))
        self.frame(query, np.arange(1))

    @cached_property
    def _scores(self) -> dict[bool, np.ndarray]:
        """The scores of each model, encoded, by whether guessing is 0."""
        return {}

    @cached_property
    def _heads(self) -> dict[Kind, np.ndarray]:
        return {}

    def json(self, query: BoardQuery, rows: np.ndarray) -> list[bytes]:
        """Return a JSON object for each of some models (see `schemas.ModelRow`)."""
        kind = query.predicted, query.normalised
        if kind not in self._heads:
            heads = [orjson.dumps(one)[:-1] for one in model_records(self.board, *kind)]
            self._heads[kind] = np.array(heads, dtype=object)
        if query.normalised not in self._scores:  # they stand after the rest of the object
            records = all_score_records(self.board, normalised=query.normalised)
            found = [b',"scores":' + orjson.dumps(one) + b"}" for one in records]
            self._scores[query.normalised] = np.array(found, dtype=object)
        return list(self._heads[kind][rows] + self._scores[query.normalised][rows])

    @cached_property
    def _frames(self) -> dict[Kind, pl.DataFrame]:
        return {}

    def frame(self, query: BoardQuery, rows: np.ndarray) -> pl.DataFrame:
        """Return a frame of some models with a column for each value."""
        kind = query.predicted, query.normalised
        if kind not in self._frames:
            self._frames[kind] = _frame(self.board, *kind)
        return self._frames[kind][rows]

    def csv(self, query: BoardQuery, rows: np.ndarray) -> str:
        """Return some models as CSV, text made safe for spreadsheets."""
        frame = self.frame(query, rows)
        safe = frame.with_columns(_safe_text(frame[name]) for name in self._text_columns(frame))
        return safe.rename(_safe).write_csv()

    @staticmethod
    def _text_columns(frame: pl.DataFrame) -> list[str]:
        return [name for name, kind in frame.schema.items() if kind == pl.String]


def model_record(board: Board, row: int) -> dict[str, Any]:
    """Return rank, name, facets, size and average of one model, in plain JSON values."""
    return next(model_records(board, predicted=False, normalised=False, rows=slice(row, row + 1)))


def model_records(
    board: Board, predicted: bool, normalised: bool, rows: slice = slice(None)
) -> Iterator[dict[str, Any]]:
    """Yield `model_record` of each model."""
    standing = board.standing(predicted=predicted, normalised=normalised)
    numbers = {
        "params_b": board.params_b,
        "average": standing.mean,
        "average_standard_error": standing.standard_error,
        "average_lower": standing.lower,
        "average_upper": standing.upper,
    }
    counts = {
        "rank": standing.rank,
        "rank_lower": standing.rank_lower,
        "rank_upper": standing.rank_upper,
        "tie_group": standing.tie,
    }
    columns: dict[str, list[Any]] = {
        **{name: [one or None for one in values[rows].tolist()] for name, values in counts.items()},
        "model": board.model_names[rows],
        **{name: board.models[name][rows].to_list() for name in board.facets},
        **{name: _plain_rows(values[rows]) for name, values in numbers.items()},
        "average_is_predicted": standing.is_predicted[rows].tolist(),
    }
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))


_FIELDS = ("score", "status", "standard_error", "coverage", "lower", "upper")
_STATUS_NAMES = tuple(status.name.lower() for status in Status)


def score_records(board: Board, row: int) -> dict[str, Any]:
    """Return what is known of one model on each benchmark, in plain JSON values."""
    return next(all_score_records(board, slice(row, row + 1)))


def all_score_records(
    board: Board, rows: slice = slice(None), *, normalised: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield `score_records` of each model."""
    scaled = {name: _plain_rows(one[rows]) for name, one in _scaled(board, normalised).items()}
    status = [[_STATUS_NAMES[status] for status in line] for line in board.status[rows].tolist()]
    columns = [status if name == "status" else scaled[name] for name in _FIELDS]
    for lines in zip(*columns, strict=True):
        cells_of_row = zip(*lines, strict=True)
        yield {
            benchmark: dict(zip(_FIELDS, values, strict=True))
            for benchmark, values in zip(board.benchmarks, cells_of_row, strict=True)
        }


def _scaled(board: Board, normalised: bool) -> dict[str, np.ndarray]:
    """Return what is known of each cell, on the scale on which guessing is 0 where wanted."""
    guess, width = scale_of(board.chance, normalised)
    return {
        "score": (board.scores - guess) / width,
        "standard_error": board.standard_error / width,
        "coverage": board.coverage,
        "lower": (board.lower - guess) / width,
        "upper": (board.upper - guess) / width,
    }


def _plain_rows(matrix: np.ndarray) -> list[Any]:
    """Return numbers as lists, of lists where there are several columns; None for NaN."""
    values = np.round(matrix.astype(np.float64), 6).astype(object)
    values[np.isnan(matrix)] = None
    plain: list[Any] = values.tolist()
    return plain


def _frame(board: Board, predicted: bool, normalised: bool) -> pl.DataFrame:
    standing = board.standing(predicted=predicted, normalised=normalised)
    columns = [
        *(
            pl.Series(name, values, dtype=pl.Int64).replace(0, None)
            for name, values in (
                ("rank", standing.rank),
                ("rank_lower", standing.rank_lower),
                ("rank_upper", standing.rank_upper),
                ("tie_group", standing.tie),
            )
        ),
        board.models["model"],
        *(board.models[name].cast(pl.String) for name in board.facets),
        pl.Series("params_b", board.params_b),
        pl.Series("average", standing.mean),
        pl.Series("average standard_error", standing.standard_error),
        pl.Series("average lower", standing.lower),
        pl.Series("average upper", standing.upper),
        pl.Series("average is_predicted", standing.is_predicted),
    ]
    names = np.array(_STATUS_NAMES)
    taken = {column.name for column in columns}
    scaled = _scaled(board, normalised)
    for j, benchmark in enumerate(board.benchmarks):
        label = f"{benchmark} (benchmark)" if benchmark in taken else benchmark
        columns.append(pl.Series(f"{label} status", names[board.status[:, j]]))
        columns += [
            pl.Series(label if name == "score" else f"{label} {name}", matrix[:, j])
            for name, matrix in scaled.items()
        ]
    unique = {column.name: column for column in columns}
    return pl.DataFrame(list(unique.values())).with_columns(
        pl.selectors.float().fill_nan(None).cast(pl.Float64).round(6)
    )


def _safe_text(column: pl.Series) -> pl.Series:
    values = [None if value is None else _safe(value) for value in column.to_list()]
    return pl.Series(column.name, values, dtype=pl.String)


def _safe(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula."""
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text
