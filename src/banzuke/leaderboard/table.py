"""Filtering, sorting and paging a board, on arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from banzuke.leaderboard.board import Board, Status
from banzuke.leaderboard.filters import ABSENT
from banzuke.leaderboard.query import CATEGORY_PREFIX, SCORE_PREFIX, BoardQuery
from banzuke.leaderboard.ranking import Averages
from banzuke.leaderboard.refusals import RefusedError
from banzuke.leaderboard.search import Texts, search, searchable

TEXT_COLUMNS = ("model", "type", "architecture", "precision", "license")


@dataclass(frozen=True, kw_only=True, eq=False)
class Selection:
    """The rows that a query asks for.

    Attributes
    ----------
    rows : numpy.ndarray of int
        Rows of this page, in order.
    matched : int
        Rows that pass search and filters.
    total : int
        Rows of the board.
    page, n_pages, start : int
        This page (from 1), how many there are (at least 1), rows before this page.
    """

    rows: np.ndarray
    matched: int
    total: int
    page: int
    n_pages: int
    start: int


@dataclass(frozen=True, eq=False)
class BoardTable:
    """A board, ready to be filtered and sorted; what can be prepared is prepared once."""

    board: Board

    @cached_property
    def texts(self) -> Texts:
        """Metadata as folded text, for the search."""
        return searchable(self.board.models)

    @cached_property
    def text_order(self) -> dict[str, np.ndarray]:
        """Place of each row in the alphabetical order of each text column; NaN where null."""
        return {name: _places(self.texts[name]) for name in TEXT_COLUMNS if name in self.texts}

    @cached_property
    def codes(self) -> dict[str, tuple[dict[str, int], np.ndarray]]:
        """Number of each value of each filter, and the number of each row's value."""
        found = {}
        for name, values in self.board.filters.items():
            known, codes = np.unique(values.to_numpy().astype(str), return_inverse=True)
            found[name] = ({value: code for code, value in enumerate(known.tolist())}, codes)
        return found

    def select(self, query: BoardQuery) -> Selection:
        """Return the rows of one page.

        Raises
        ------
        RefusedError
            Where the query names a column or search field that the board does not have.
        """
        rows = np.flatnonzero(self._matching(query))
        ordered = rows[self._order(query, rows)]
        size = max(rows.size, 1) if query.per_page == "all" else int(query.per_page)
        n_pages = max(1, -(-rows.size // size))
        page = min(query.page, n_pages)
        start = (page - 1) * size
        return Selection(
            rows=ordered[start : start + size],
            matched=rows.size,
            total=self.board.models.height,
            page=page,
            n_pages=n_pages,
            start=start,
        )

    def _matching(self, query: BoardQuery) -> np.ndarray:
        keep = search(self.texts, query.q)
        for name, absent in ABSENT.items():
            wanted: list[str] = getattr(query, name)
            if wanted and name in self.codes:
                known, codes = self.codes[name]
                keep &= np.isin(codes, [known.get(value, -1) for value in wanted])
            elif wanted:
                keep &= absent in wanted
        sizes = self.board.params_b
        with np.errstate(invalid="ignore"):
            if query.size_min is not None:
                keep &= sizes >= query.size_min
            if query.size_max is not None:
                keep &= sizes <= query.size_max
        return keep

    def _order(self, query: BoardQuery, rows: np.ndarray) -> np.ndarray:
        """Order rows by column; ties by name; what has no value last in either direction."""
        group, key = self._key(query)
        group, key = group[rows], key[rows]
        signed = -key if query.descending else key
        missing = np.isnan(key)
        by_name = self.text_order["model"][rows]
        return np.lexsort((by_name, np.where(missing, 0, signed), group, missing))

    def _key(self, query: BoardQuery) -> tuple[np.ndarray, np.ndarray]:
        """Return the group (lower first, in either direction) and the value of each row."""
        board, column, predicted = self.board, query.sort, query.predicted
        together = np.zeros(board.models.height, dtype=np.int8)
        if column.startswith(SCORE_PREFIX):
            index = self.benchmark(column.removeprefix(SCORE_PREFIX))
            least = Status.PREDICTED if predicted else Status.MEASURED
            apart = (board.status[:, index] < least).astype(np.int8)
            return apart, board.scores[:, index].astype(np.float64)
        if column == "average":
            return together, board.standing(predicted=predicted, normalised=query.normalised).mean
        if column.startswith(CATEGORY_PREFIX):
            return together, self.category(column.removeprefix(CATEGORY_PREFIX), query).mean
        if column == "params_b":
            return together, board.params_b
        if column in self.text_order:
            return together, self.text_order[column]
        known = ", ".join(self.text_order)
        raise RefusedError("errors.no_sort", column=column[:80], columns=known)

    def category(self, name: str, query: BoardQuery) -> Averages:
        """Return the averages over a category of benchmarks.

        Raises
        ------
        RefusedError
            Where the board has no such category.
        """
        if name not in self.board.categories:
            known = ", ".join(self.board.categories)
            raise RefusedError("errors.no_category", category=name[:80], categories=known)
        return self.board.standings.of(
            self.board.categories[name], predicted=query.predicted, normalised=query.normalised
        )

    def benchmark(self, name: str) -> int:
        """Return the column of a benchmark.

        Raises
        ------
        RefusedError
            Where the board has no such benchmark.
        """
        if name not in self.board.benchmarks:
            known = ", ".join(self.board.benchmarks[:20])
            raise RefusedError("errors.no_benchmark", benchmark=name[:80], benchmarks=known)
        return self.board.benchmarks.index(name)


def _places(texts: list[str]) -> np.ndarray:
    """Return the place of each text in alphabetical order, equal ones alike; NaN where empty."""
    array = np.array(texts, dtype=object)
    order = {text: float(place) for place, text in enumerate(sorted(set(texts)))}
    places = np.array([order[text] for text in texts])
    return np.where(array == "", np.nan, places)
