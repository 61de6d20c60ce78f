"""The table of a board."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from banzuke.leaderboard.board import Board, Status
from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.cells import score, visible
from banzuke.leaderboard.links import api_url, board_url
from banzuke.leaderboard.query import PAGE_SIZES, SCORE_PREFIX, BoardQuery
from banzuke.leaderboard.rows import BoardRows
from banzuke.leaderboard.table import Selection
from banzuke.leaderboard.views.site import describe, headline

_FEW_ITEMS = 100
_MOST_OPTIONS = 100


@dataclass(frozen=True, kw_only=True)
class Column:
    """A sortable column: its label, the link that sorts by it, and how it is sorted now."""

    key: str
    label: str
    title: str
    url: str
    aria_sort: str
    is_number: bool


@dataclass(frozen=True, kw_only=True)
class Filter:
    """The values of one filter: value, number of models, whether it is chosen."""

    name: str
    options: list[tuple[str, int, bool]]


@dataclass(frozen=True, kw_only=True)
class BoardPage:
    """Context of ``board.html``."""

    title: str
    board: str
    url: str
    canonical_url: str
    query: BoardQuery
    selection: Selection
    columns: list[Column]
    rows: Markup
    filters: list[Filter]
    page_sizes: tuple[int, ...]
    has_predictions: bool
    previous_url: str | None
    next_url: str | None
    reset_url: str
    chart_url: str
    json_url: str
    csv_url: str
    headline: str | None
    notes: list[str]
    provenance: list[tuple[str, list[str]]]
    prediction: list[tuple[str, list[str]]]


def board_page(rows: BoardRows, query: BoardQuery, say: Catalogue) -> BoardPage:
    """Compute the page of a board that a query asks for."""
    board = rows.board
    selection = rows.table.select(query)
    url = board_url(board.name)
    body = "".join(rows.html(say.language)[query.predicted][selection.rows])
    return BoardPage(
        title=board.name,
        board=board.name,
        url=url,
        canonical_url=query.url(url),
        query=query,
        selection=selection,
        columns=columns(board, query, say),
        rows=Markup(body),  # noqa: S704 - escaped when the rows were rendered
        filters=filters(board, query),
        page_sizes=PAGE_SIZES,
        has_predictions=has_predictions(board),
        previous_url=query.url(url, page=selection.page - 1) if selection.page > 1 else None,
        next_url=(
            query.url(url, page=selection.page + 1) if selection.page < selection.n_pages else None
        ),
        reset_url=url,
        chart_url=query.changed(page=1, per_page=100).url(board_url(board.name, "scatter")),
        json_url=query.url(api_url(board.name, ".json"), page=1, per_page="all"),
        csv_url=query.url(api_url(board.name, ".csv"), page=1, per_page="all"),
        headline=headline(board.provenance),
        notes=notes(board, say),
        provenance=describe(board.provenance, say),
        prediction=describe(board.prediction, say),
    )


def has_predictions(board: Board) -> bool:
    """Return whether any cell of a board is a predicted one."""
    return bool((board.status == Status.PREDICTED).any())


def columns(board: Board, query: BoardQuery, say: Catalogue) -> list[Column]:
    """Return the columns of a board, in order."""
    fixed = [("model", say("common.model"), say("board.title_model"), False)]
    fixed += [
        (name, say(f"common.{name}"), say(f"board.title_{name}"), False) for name in board.facets
    ]
    fixed += [
        ("params_b", say("common.size"), say("board.title_size"), True),
        ("average", say("common.average_column"), say("board.title_average"), True),
    ]
    scores = [
        (SCORE_PREFIX + name, visible(name, 40), _benchmark_title(board, index, say), True)
        for index, name in enumerate(board.benchmarks)
    ]
    return [_column(board, query, *each) for each in fixed + scores]


def _column(
    board: Board, query: BoardQuery, key: str, label: str, title: str, number: bool
) -> Column:
    current = query.sort == key
    fresh = query.changed(sort=key, order=None, page=1)
    if current and fresh.descending == query.descending:  # a second click turns the order
        fresh = fresh.changed(order="asc" if query.descending else "desc")
    state = ("descending" if query.descending else "ascending") if current else "none"
    return Column(
        key=key,
        label=label,
        title=title,
        url=fresh.url(board_url(board.name)),
        aria_sort=state,
        is_number=number,
    )


def _benchmark_title(board: Board, index: int, say: Catalogue) -> str:
    parts = [visible(board.benchmarks[index])]
    if board.n_items[index]:
        parts.append(say("board.title_items", n=board.n_items[index]))
    if not board.averaged[index]:
        parts.append(say("board.title_not_averaged"))
    if not np.isnan(board.chance[index]):
        parts.append(say("board.title_guessing", score=score(float(board.chance[index]))))
    return ", ".join(parts)


def filters(board: Board, query: BoardQuery) -> list[Filter]:
    """Return the filters of a board with the most frequent values; chosen ones are kept."""
    found = []
    for name, counts in board.facet_counts.items():
        chosen: list[str] = getattr(query, name)
        shown = counts[:_MOST_OPTIONS] + [one for one in counts[_MOST_OPTIONS:] if one[0] in chosen]
        found.append(Filter(name=name, options=[(v, n, v in chosen) for v, n in shown]))
    return found


def notes(board: Board, say: Catalogue) -> list[str]:
    """Return what a reader must know before comparing scores."""
    found = []
    guessing = [
        f"{visible(name, 40)} {score(float(chance))}"
        for name, chance in zip(board.benchmarks, board.chance, strict=True)
        if chance > 0
    ]
    if guessing:
        found.append(say("board.note_guessing", scores=", ".join(guessing[:20])))
    elif board.name == "mini":
        found.append(say("board.note_mini"))
    few = min((n for n in board.n_items if n), default=0)
    if 0 < few < _FEW_ITEMS:
        found.append(say("board.note_few", n=few, step=score(1 / few)))
    return found
