"""The table of a board in HTML, made column by column and kept: a page only joins strings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl

from banzuke.leaderboard import cells
from banzuke.leaderboard.board import Board
from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.links import model_url
from banzuke.leaderboard.query import CATEGORY_PREFIX, SCORE_PREFIX, BoardQuery
from banzuke.leaderboard.ranking import Averages
from banzuke.leaderboard.templating import macro

_FIRST = ("pick", "rank")


class RowHtml:
    """The cells of a board in one language, escaped.

    Parameters
    ----------
    board : Board
    say : Catalogue
    """

    def __init__(self, board: Board, say: Catalogue) -> None:
        self._board, self._say = board, say
        self._columns: dict[tuple[str, bool, bool], np.ndarray] = {}

    def rows(self, keys: Sequence[str], query: BoardQuery, chosen: np.ndarray) -> str:
        """Return the table rows of some models.

        Parameters
        ----------
        keys : sequence of str
            Columns as in `BoardQuery.sort`; box and rank come before them.
        query : BoardQuery
            Says which averages and which scale.
        chosen : numpy.ndarray of int
        """
        at = chosen.tolist()
        columns = [self.column(key, query) for key in (*_FIRST, *keys)]
        lines = zip(*(column[at] for column in columns), strict=True)
        return "".join(f"<tr>{''.join(line)}</tr>\n" for line in lines)

    def column(self, key: str, query: BoardQuery) -> np.ndarray:
        """Return the cells of one column, an object array of str."""
        depends = key in ("rank", "average") or key.startswith(CATEGORY_PREFIX)
        scaled = depends or key.startswith(SCORE_PREFIX)
        of = key, depends and query.predicted, scaled and query.normalised
        if of not in self._columns:
            self._columns[of] = np.array(list(self._render(*of)), dtype=object)
        return self._columns[of]

    def _render(self, key: str, predicted: bool, normalised: bool) -> Iterator[str]:
        board, say = self._board, self._say
        if key.startswith(SCORE_PREFIX):
            column = board.benchmarks.index(key.removeprefix(SCORE_PREFIX))
            shown = cells.column_cells(board, column, say, normalised=normalised)
            return self._cells(shown)
        if key.startswith(CATEGORY_PREFIX):
            columns = board.categories[key.removeprefix(CATEGORY_PREFIX)]
            part = board.standings.of(columns, predicted=predicted, normalised=normalised)
            return self._cells(cells.average_cells(part, say))
        standing = board.standing(predicted=predicted, normalised=normalised)
        if key == "average":
            return self._cells(cells.board_averages(board, standing, say), "avg")
        if key == "rank":
            return self._ranks(standing)
        return self._metadata(key)

    def _cells(self, found: Iterator[cells.Cell], extra: str = "") -> Iterator[str]:
        draw = macro("_row.html", "cell", self._say.language)
        plain: dict[cells.Cell, str] = {}
        for cell in found:
            if cell not in plain:
                plain[cell] = str(draw(cell, extra))
            yield plain[cell]

    def _ranks(self, standing: Averages) -> Iterator[str]:
        draw = macro("_row.html", "rank_cell", self._say.language)
        values = (standing.rank, standing.rank_lower, standing.rank_upper)
        for rank, lower, upper in zip(*(one.tolist() for one in values), strict=True):
            yield str(draw(rank, lower, upper))

    def _metadata(self, key: str) -> Iterator[str]:
        board = self._board
        if key == "pick":
            draw = macro("_row.html", "pick_cell", self._say.language)
            for name in board.model_names:
                yield str(draw(name, cells.visible(name, cells.LONGEST_NAME)))
        elif key == "model":
            draw = macro("_row.html", "model_cell", self._say.language)
            for name, flagged in zip(board.model_names, _flagged(board), strict=True):
                shown = cells.visible(name, cells.LONGEST_NAME)
                yield str(draw(model_url(board.name, name), shown, flagged))
        elif key == "params_b":
            for size in board.params_b.tolist():
                yield f"<td>{cells.size(size)}</td>"
        else:
            draw = macro("_row.html", "facet_cell", self._say.language)
            made: dict[Any, str] = {}
            for value in board.models[key].cast(pl.String).to_list():
                if value not in made:
                    made[value] = str(draw(_short(value)))
                yield made[value]


def _flagged(board: Board) -> list[bool]:
    if "is_flagged" not in board.models.columns:
        return [False] * board.models.height
    return [value is True for value in board.models["is_flagged"].to_list()]


def _short(value: str | None) -> str:
    """Shorten the value of a facet: nearly every architecture ends in the same word."""
    return cells.visible((value or "–").removesuffix("ForCausalLM") or "–", 60)
