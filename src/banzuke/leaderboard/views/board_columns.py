"""The columns of a board's table: which there are, which are shown, how each is sorted."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import numpy as np

from banzuke.leaderboard.board import Board
from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.cells import score, visible
from banzuke.leaderboard.links import board_url
from banzuke.leaderboard.query import CATEGORY_PREFIX, SCORE_PREFIX, BoardQuery
from banzuke.leaderboard.refusals import RefusedError

_FEW = 12
_HIDDEN = ("license",)


@dataclass(frozen=True, kw_only=True)
class Column:
    """A sortable column: its label, the link that sorts by it, and how it is sorted now."""

    key: str
    label: str
    title: str
    url: str
    aria_sort: str
    is_number: bool
    is_facet: bool


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A column that may be shown: key, label, whether it is shown now."""

    key: str
    label: str
    is_shown: bool


@dataclass(frozen=True, kw_only=True)
class ColumnGroup:
    """Neighbouring columns of one category; an empty label spans what belongs to none."""

    label: str
    span: int


def choosable(board: Board) -> list[str]:
    """Return the keys of all columns but box, rank and name, in order; categories together."""
    keys = [*board.facets, "params_b", "average"]
    if not board.categories:
        return keys + [SCORE_PREFIX + name for name in board.benchmarks]
    for category, columns in board.categories.items():
        keys.append(CATEGORY_PREFIX + category)
        keys += [SCORE_PREFIX + board.benchmarks[column] for column in columns]
    return keys


def usual(board: Board) -> list[str]:
    """Return the keys of the columns that are shown unless somebody chooses.

    Where many benchmarks fall into categories, the categories stand for them.
    """
    crowded = bool(board.categories) and len(board.benchmarks) > _FEW
    return [
        key
        for key in choosable(board)
        if key not in _HIDDEN and not (crowded and key.startswith(SCORE_PREFIX))
    ]


def shown(board: Board, query: BoardQuery) -> list[str]:
    """Return the keys of the columns that a query shows, after the name of the model.

    Raises
    ------
    RefusedError
        Where the board has no such column.
    """
    if not query.columns:
        return usual(board)
    known = choosable(board)
    for key in query.columns:
        if key not in known:
            raise RefusedError("errors.no_column", column=key[:80], columns=", ".join(known[:40]))
    return [key for key in known if key in query.columns]


def choices(board: Board, query: BoardQuery, say: Catalogue) -> list[Choice]:
    """Return every column that may be chosen."""
    now = shown(board, query)
    return [
        Choice(key=key, label=_label(key, say), is_shown=key in now) for key in choosable(board)
    ]


def columns(board: Board, query: BoardQuery, say: Catalogue) -> list[Column]:
    """Return the columns that are shown, in order."""
    return [_column(board, query, key, say) for key in ("model", *shown(board, query))]


def groups(board: Board, keys: list[str]) -> list[ColumnGroup]:
    """Return the categories over neighbouring columns; empty where there are none."""
    if not board.categories:
        return []
    labels = dict(zip(board.benchmarks, board.category_of, strict=True))

    def category(key: str) -> str:
        if key.startswith(CATEGORY_PREFIX):
            return key.removeprefix(CATEGORY_PREFIX)
        return labels.get(key.removeprefix(SCORE_PREFIX), "") if ":" in key else ""

    return [
        ColumnGroup(label=visible(label, 40), span=len(list(found)))
        for label, found in groupby(keys, category)
    ]


def _column(board: Board, query: BoardQuery, key: str, say: Catalogue) -> Column:
    current = query.sort == key
    fresh = query.changed(sort=key, order=None, page=1)
    if current and fresh.descending == query.descending:  # a second click turns the order
        fresh = fresh.changed(order="asc" if query.descending else "desc")
    state = ("descending" if query.descending else "ascending") if current else "none"
    return Column(
        key=key,
        label=_label(key, say),
        title=_title(board, key, say),
        url=fresh.url(board_url(board.name)),
        aria_sort=state,
        is_number=":" in key or key in ("params_b", "average"),
        is_facet=key in board.facets,
    )


def _label(key: str, say: Catalogue) -> str:
    if key.startswith(SCORE_PREFIX):
        return visible(key.removeprefix(SCORE_PREFIX), 40)
    if key.startswith(CATEGORY_PREFIX):
        category = visible(key.removeprefix(CATEGORY_PREFIX), 40)
        return say("board.category_column", category=category)
    names = {"params_b": "common.size", "average": "common.average_column"}
    return say(names.get(key, f"common.{key}"))


def _title(board: Board, key: str, say: Catalogue) -> str:
    if key.startswith(SCORE_PREFIX):
        return _benchmark_title(board, board.benchmarks.index(key.removeprefix(SCORE_PREFIX)), say)
    if key.startswith(CATEGORY_PREFIX):
        members = board.categories[key.removeprefix(CATEGORY_PREFIX)]
        names = ", ".join(visible(board.benchmarks[one], 40) for one in members)
        return say("board.title_category", benchmarks=names)
    return say(f"board.title_{key}")


def _benchmark_title(board: Board, index: int, say: Catalogue) -> str:
    parts = [visible(board.benchmarks[index])]
    if board.n_items[index]:
        parts.append(say("board.title_items", n=board.n_items[index]))
    if not board.averaged[index]:
        parts.append(say("board.title_not_averaged"))
    if not np.isnan(board.chance[index]):
        parts.append(say("board.title_guessing", score=score(float(board.chance[index]))))
    return ", ".join(parts)
