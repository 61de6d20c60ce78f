"""Rows in every form they are sent, made once for each board: HTML, JSON, and CSV columns."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import orjson
import polars as pl

from banzuke.leaderboard import cells
from banzuke.leaderboard.board import Board, Status
from banzuke.leaderboard.catalogue import LANGUAGES, Catalogue, catalogue
from banzuke.leaderboard.links import model_url
from banzuke.leaderboard.table import BoardTable
from banzuke.leaderboard.templating import macro

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, eq=False)
class BoardRows:
    """The rows of one board, once with averages of measured cells, once with predicted ones.

    Every property is a pair: index it with ``query.predicted``.
    """

    board: Board

    @cached_property
    def table(self) -> BoardTable:
        """The board, ready to be filtered and sorted."""
        return BoardTable(self.board)

    @cached_property
    def _rendered(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        return {}

    def html(self, language: str) -> tuple[np.ndarray, np.ndarray]:
        """Return a table row in HTML for each model, escaped; object arrays of str."""
        if language not in self._rendered:
            say = catalogue(language)
            shared = list(zip(self._metadata, cells.board_cells(self.board, say), strict=True))
            self._rendered[language] = (
                self._html(shared, say, predicted=False),
                self._html(shared, say, predicted=True),
            )
        return self._rendered[language]

    def _html(self, shared: list[Any], say: Catalogue, *, predicted: bool) -> np.ndarray:
        render = macro("_row.html", "row", say.language)
        ranks = self.board.averages[predicted].rank.tolist()
        rows = [
            str(render(rank, metadata, average, scores))
            for rank, average, (metadata, scores) in zip(
                ranks,
                (
                    cells.average_cell(self.board, row, say, predicted=predicted)
                    for row in range(len(ranks))
                ),
                shared,
                strict=True,
            )
        ]
        return np.array(rows, dtype=object)

    def prepare(self) -> None:
        """Make all of it now, rather than for the first visitor."""
        _ = self.table.text_order, self.json, self.csv
        for language in LANGUAGES:
            self.html(language)

    @cached_property
    def _metadata(self) -> list[dict[str, Any]]:
        board = self.board
        facets = {name: board.models[name].cast(pl.String).to_list() for name in board.facets}
        return [
            {
                "name": cells.visible(name, cells.LONGEST_NAME),
                "url": model_url(board.name, name),
                "size": cells.size(params),
                "facets": [_short(facets[facet][row]) for facet in facets],
            }
            for row, (name, params) in enumerate(
                zip(board.model_names, board.params_b.tolist(), strict=True)
            )
        ]

    @cached_property
    def json(self) -> tuple[np.ndarray, np.ndarray]:
        """A JSON object for each model; object arrays of bytes (see `schemas.ModelRow`)."""
        scores = list(all_score_records(self.board))
        return self._json(scores, predicted=False), self._json(scores, predicted=True)

    def _json(self, scores: list[dict[str, Any]], *, predicted: bool) -> np.ndarray:
        encoded = [
            orjson.dumps({**model_record(self.board, row, predicted=predicted), "scores": record})
            for row, record in enumerate(scores)
        ]
        return np.array(encoded, dtype=object)

    @cached_property
    def csv(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """A frame with a column for each value, text made safe for spreadsheets."""
        return _csv_frame(self.board, predicted=False), _csv_frame(self.board, predicted=True)


def _short(value: str | None) -> str:
    """Shorten the value of a facet: nearly every architecture ends in the same word."""
    return cells.visible((value or "–").removesuffix("ForCausalLM") or "–", 60)


def model_record(board: Board, row: int, *, predicted: bool) -> dict[str, Any]:
    """Return rank, name, facets, size and average of one model, in plain JSON values."""
    averages = board.averages[predicted]
    rank = int(averages.rank[row])
    return {
        "rank": rank or None,
        "model": board.model_names[row],
        **{name: board.models[name][row] for name in board.facets},
        "params_b": _plain(board.params_b[row]),
        "average": _plain(averages.mean[row]),
        "average_standard_error": _plain(averages.standard_error[row]),
        "average_is_predicted": bool(averages.is_predicted[row]),
        "average_lower": _plain(averages.lower[row]) if averages.is_predicted[row] else None,
        "average_upper": _plain(averages.upper[row]) if averages.is_predicted[row] else None,
    }


_FIELDS = ("score", "status", "standard_error", "coverage", "lower", "upper")
_STATUS_NAMES = tuple(status.name.lower() for status in Status)


def score_records(board: Board, row: int) -> dict[str, Any]:
    """Return what is known of one model on each benchmark, in plain JSON values."""
    return next(all_score_records(board, slice(row, row + 1)))


def all_score_records(board: Board, rows: slice = slice(None)) -> Iterator[dict[str, Any]]:
    """Yield `score_records` of each model."""
    columns = (
        _plain_rows(board.scores[rows]),
        [[_STATUS_NAMES[status] for status in line] for line in board.status[rows].tolist()],
        _plain_rows(board.standard_error[rows]),
        _plain_rows(board.coverage[rows]),
        _plain_rows(board.lower[rows]),
        _plain_rows(board.upper[rows]),
    )
    for lines in zip(*columns, strict=True):
        cells_of_row = zip(*lines, strict=True)
        yield {
            benchmark: dict(zip(_FIELDS, values, strict=True))
            for benchmark, values in zip(board.benchmarks, cells_of_row, strict=True)
        }


def _plain_rows(matrix: np.ndarray) -> list[list[float | None]]:
    values = np.round(matrix.astype(np.float64), 6).astype(object)
    values[np.isnan(matrix)] = None
    plain: list[list[float | None]] = values.tolist()
    return plain


def _plain(value: Any) -> float | None:
    number = float(value)
    return None if math.isnan(number) else round(number, 6)


def _csv_frame(board: Board, *, predicted: bool) -> pl.DataFrame:
    averages = board.averages[predicted]
    rank = pl.Series("rank", averages.rank, dtype=pl.Int64)
    columns = [
        rank.replace(0, None),
        _safe_text(board.models["model"]),
        *(_safe_text(board.models[name].cast(pl.String)) for name in board.facets),
        pl.Series("params_b", board.params_b),
        pl.Series("average", averages.mean),
        pl.Series("average standard_error", averages.standard_error),
        pl.Series("average is_predicted", averages.is_predicted),
    ]
    names = np.array(_STATUS_NAMES)
    taken = {column.name for column in columns}
    for j, benchmark in enumerate(board.benchmarks):
        label = _safe(f"{benchmark} (benchmark)" if benchmark in taken else benchmark)
        values = {
            "": board.scores,
            " standard_error": board.standard_error,
            " coverage": board.coverage,
            " lower": board.lower,
            " upper": board.upper,
        }
        columns.append(pl.Series(f"{label} status", names[board.status[:, j]]))
        columns += [pl.Series(label + end, matrix[:, j]) for end, matrix in values.items()]
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
