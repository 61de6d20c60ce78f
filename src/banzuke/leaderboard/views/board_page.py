"""The table of a board."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from banzuke.leaderboard.board import Board, Status
from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.cells import score, visible
from banzuke.leaderboard.filters import NO, UNKNOWN, YES
from banzuke.leaderboard.links import api_url, board_url
from banzuke.leaderboard.query import PAGE_SIZES, BoardQuery
from banzuke.leaderboard.ranking import Averages
from banzuke.leaderboard.rows import BoardRows
from banzuke.leaderboard.table import Selection
from banzuke.leaderboard.views.board_columns import (
    Choice,
    Column,
    ColumnGroup,
    choices,
    columns,
    groups,
    shown,
    usual,
)
from banzuke.leaderboard.views.site import describe, headline

_FEW_ITEMS = 100
_MOST_OPTIONS = 100
_MOST_GROUPS = 12
_MOST_LACKING = 10


@dataclass(frozen=True, kw_only=True)
class Option:
    """One value of a filter, and how many models have it."""

    value: str
    label: str
    n: int
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One filter and its values."""

    name: str
    options: list[Option]

    @property
    def n_chosen(self) -> int:
        """How many values are chosen."""
        return sum(option.is_chosen for option in self.options)


@dataclass(frozen=True, kw_only=True)
class Links:
    """Addresses that hold the state of the table."""

    canonical: str
    previous: str | None
    next: str | None
    reset: str
    compare: str
    chart: str
    json: str
    csv: str
    parquet: str
    predicted: str


@dataclass(frozen=True, kw_only=True)
class BoardPage:
    """Context of ``board.html``."""

    title: str
    board: str
    url: str
    links: Links
    query: BoardQuery
    selection: Selection
    columns: list[Column]
    column_groups: list[ColumnGroup]
    choices: list[Choice]
    rows: Markup
    filters: list[Filter]
    page_sizes: tuple[int, ...]
    has_predictions: bool
    has_chance: bool
    headline: str | None
    notes: list[str]
    ranks: list[str]
    provenance: list[tuple[str, list[str]]]
    prediction: list[tuple[str, list[str]]]


def board_page(rows: BoardRows, query: BoardQuery, say: Catalogue) -> BoardPage:
    """Compute the page of a board that a query asks for."""
    board = rows.board
    if set(query.columns) == set(usual(board)):  # the form sends every box
        query = query.changed(columns=[])
    selection = rows.table.select(query)
    keys = ["model", *shown(board, query)]
    body = rows.html[say.language].rows(keys, query, selection.rows)
    return BoardPage(
        title=board.name,
        board=board.name,
        url=board_url(board.name),
        links=_links(board, query, selection),
        query=query,
        selection=selection,
        columns=columns(board, query, say),
        column_groups=groups(board, keys),
        choices=choices(board, query, say),
        rows=Markup(body),  # noqa: S704 - escaped when the cells were rendered
        filters=filters(board, query, say),
        page_sizes=PAGE_SIZES,
        has_predictions=has_predictions(board),
        has_chance=board.has_chance,
        headline=headline(board.provenance),
        notes=notes(board, say),
        ranks=rank_notes(board, query, say),
        provenance=describe(board.provenance, say),
        prediction=describe(board.prediction, say),
    )


def _links(board: Board, query: BoardQuery, selection: Selection) -> Links:
    url, page = board_url(board.name), selection.page
    scatter = query.changed(page=1, per_page=100, columns=[], density=None)
    files = query.changed(page=1, per_page="all", columns=[], density=None)
    return Links(
        canonical=query.url(url),
        previous=query.url(url, page=page - 1) if page > 1 else None,
        next=query.url(url, page=page + 1) if page < selection.n_pages else None,
        reset=url,
        compare=board_url(board.name, "compare"),
        chart=scatter.url(board_url(board.name, "scatter")),
        json=files.url(api_url(board.name, ".json")),
        csv=files.url(api_url(board.name, ".csv")),
        parquet=files.url(api_url(board.name, ".parquet")),
        predicted=query.url(url, predicted=True, page=1),
    )


def has_predictions(board: Board) -> bool:
    """Return whether any cell of a board is a predicted one."""
    return bool((board.status == Status.PREDICTED).any())


def filters(board: Board, query: BoardQuery, say: Catalogue) -> list[Filter]:
    """Return the filters of a board with the most frequent values; chosen ones are kept."""
    found = []
    for name, counts in board.filter_counts.items():
        chosen: list[str] = getattr(query, name)
        if len(counts) < 2 and not chosen:
            continue
        kept = counts[:_MOST_OPTIONS] + [one for one in counts[_MOST_OPTIONS:] if one[0] in chosen]
        options = [
            Option(value=value, label=_option(name, value, say), n=n, is_chosen=value in chosen)
            for value, n in kept
        ]
        found.append(Filter(name=name, options=options))
    return found


def _option(name: str, value: str, say: Catalogue) -> str:
    if value == UNKNOWN or (name in ("merged", "moe", "flagged") and value in (YES, NO)):
        return say(f"common.{value}")
    return f"{value} B" if name == "size" else visible(value, 60)


def rank_notes(board: Board, query: BoardQuery, say: Catalogue) -> list[str]:
    """Return how ranks were made, and between whom."""
    standing = board.standing(predicted=query.predicted, normalised=query.normalised)
    found = [_how_ranked(board, standing, say)]
    labels, _ = board.standings.groups
    if len(labels) > 1:
        shown_labels = "; ".join(visible(label, 120) for label in labels[:_MOST_GROUPS])
        found.append(say("board.ranks_apart", n=len(labels), settings=shown_labels))
    if query.normalised:
        found.append(say("board.normalised_note"))
    return found


def _how_ranked(board: Board, standing: Averages, say: Catalogue) -> str:
    """Say how ranks were made, or which benchmarks nobody has, so that there are none."""
    nobody = board.averaged & ~board.is_measured.any(axis=0)
    if not standing.rank.any() and nobody.any() and len(board.rows):
        lacking = [visible(board.benchmarks[i], 80) for i in np.flatnonzero(nobody)[:_MOST_LACKING]]
        return say("board.ranks_lacking", benchmarks=", ".join(lacking))
    return say(f"board.ranks_{standing.method}")


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
