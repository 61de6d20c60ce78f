"""Two to five models side by side: scores, differences, and the items on which they differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from banzuke.leaderboard import cells, comparing
from banzuke.leaderboard.board import Board, Status
from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.cells import Cell, visible
from banzuke.leaderboard.comparing import MOST_MODELS, Difference, Disagreements
from banzuke.leaderboard.links import board_url, model_key, model_url
from banzuke.leaderboard.radar import Radar, radar
from banzuke.leaderboard.refusals import NotThereError, RefusedError
from banzuke.leaderboard.search import normalise

ITEMS_ON_A_PAGE = 50
_MOST_FOUND = 12
_LONGEST_NAME = 300
_LONGEST_TEXT = 300
_FACTS = ("params_b", "type", "architecture", "precision", "license", "created")


class CompareQuery(BaseModel):
    """Which models to compare, and which of the items to list; empty values are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model: list[Annotated[str, StringConstraints(max_length=20_000)]] = Field(
        default=[], max_length=50
    )
    find: str = Field("", max_length=200)
    benchmark: str | None = Field(None, max_length=500)
    only: str | None = Field(None, pattern="^(right|wrong)-[1-5]$")
    page: int = Field(1, ge=1, le=1_000_000)

    @model_validator(mode="before")
    @classmethod
    def _drop_blanks(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        kept = {key: value for key, value in values.items() if value != ""}
        if isinstance(kept.get("model"), list):
            kept["model"] = [name for name in kept["model"] if name != ""]
        return kept


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One of the models.

    Parameters
    ----------
    number : int
        1 to 5: its colour, dash and mark.
    name, url : str
    without_url : str
        The comparison without it.
    first_url : str or None
        The comparison with it as the first, which the others are compared with.
    rank : int
        0 where not ranked.
    facts : list of str
    alone_right, alone_wrong : int
    """

    number: int
    name: str
    url: str
    without_url: str
    first_url: str | None
    rank: int
    facts: list[str]
    alone_right: int
    alone_wrong: int


@dataclass(frozen=True, kw_only=True)
class ShownDifference:
    """A difference as the page writes it.

    ``verdict`` is ``higher``, ``lower``, ``unclear``, or ``none`` where there is no test.
    """

    text: str
    interval: str
    p: str
    basis: str
    verdict: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """One benchmark, or the average: a cell for each model, and its difference from the first."""

    name: str
    cells: list[Cell]
    best: list[bool]
    differences: list[ShownDifference]


@dataclass(frozen=True, kw_only=True)
class ItemLine:
    """An item on which the models differ."""

    item: str
    benchmark: str
    label: str | None
    text: str | None
    scores: list[tuple[str, str]]
    answers: list[str | None]


@dataclass(frozen=True, kw_only=True)
class Items:
    """The items on which the models differ, one page of them."""

    n_common: int
    n_found: int
    lines: list[ItemLine]
    has_answers: bool
    page: int
    n_pages: int
    previous_url: str | None
    next_url: str | None


@dataclass(frozen=True, kw_only=True)
class ComparePage:
    """Context of ``compare.html``."""

    title: str
    board: str
    url: str
    query: CompareQuery
    kept: list[str]
    models: list[Compared]
    found: list[tuple[str, str]]
    n_found: int
    is_full: bool
    radar: Radar | None
    radar_label: str
    lines: list[Line]
    n_tests: int
    benchmarks: tuple[str, ...]
    items: Items | None


def compare_page(board: Board, query: CompareQuery, say: Catalogue) -> ComparePage:
    """Compute the comparison; with fewer than two models the page asks for more.

    Raises
    ------
    NotThereError
        Where the board has no such model or benchmark.
    RefusedError
        Where there are more than five models.
    """
    rows = _rows(board, query.model)
    names = [board.model_names[row] for row in rows]
    found = _find(board, query.find, rows)
    apart = comparing.disagreements(board, rows) if len(rows) > 1 else None
    lines, n_tests = _lines(board, rows, say) if rows else ([], 0)
    shown = [visible(name, 60) for name in names]
    return ComparePage(
        title=say("compare.title", board=board.name),
        board=board.name,
        url=board_url(board.name, "compare"),
        query=query,
        kept=[_handle(name) for name in names],
        models=[_compared(board, rows, place, apart) for place in range(len(rows))],
        found=[
            (visible(board.model_names[row], 120), compare_url(board, [*rows, row]))
            for row in found[:_MOST_FOUND]
        ],
        n_found=len(found),
        is_full=len(rows) >= MOST_MODELS,
        radar=_radar(board, rows) if rows else None,
        radar_label=say("compare.radar_label", models=say("compare.and").join(shown)),
        lines=lines,
        n_tests=n_tests,
        benchmarks=board.benchmarks,
        items=None if apart is None else _items(board, rows, apart, query),
    )


def compare_url(board: Board, rows: Sequence[int], **values: object) -> str:
    """Return the address of a comparison of some rows of a board."""
    pairs = [("model", _handle(board.model_names[row])) for row in rows]
    pairs += [(key, str(value)) for key, value in values.items() if value not in (None, "")]
    return f"{board_url(board.name, 'compare')}?{urlencode(pairs)}"


def _handle(name: str) -> str:
    """Return what stands for a model in an address: its name, or a digest of a very long one."""
    return name if len(name) <= _LONGEST_NAME and name.isprintable() else model_key(name)


def _rows(board: Board, names: Sequence[str]) -> list[int]:
    rows: list[int] = []
    for name in names:
        row = board.rows.get(name, board.rows_by_key.get(name))
        if row is None:
            raise NotThereError("errors.no_model", board=board.name, model=name[:200])
        if row not in rows:
            rows.append(row)
    if len(rows) > MOST_MODELS:
        raise RefusedError("compare.too_many", n=len(rows), most=MOST_MODELS)
    return rows


def _find(board: Board, text: str, rows: Sequence[int]) -> list[int]:
    if not text:
        return []
    wanted = normalise(text)
    return [
        row
        for row, name in enumerate(board.model_names)
        if row not in rows and wanted in normalise(name)
    ]


def _compared(
    board: Board, rows: Sequence[int], place: int, apart: Disagreements | None
) -> Compared:
    row = rows[place]
    others = [one for one in rows if one != row]
    record = board.models.row(row, named=True)
    facts = [_fact(key, record[key]) for key in _FACTS if record.get(key) is not None]
    return Compared(
        number=place + 1,
        name=visible(board.model_names[row], 120),
        url=model_url(board.name, board.model_names[row]),
        without_url=compare_url(board, others),
        first_url=compare_url(board, [row, *others]) if place else None,
        rank=int(board.averages[0].rank[row]),
        facts=facts,
        alone_right=apart.alone_right[place] if apart else 0,
        alone_wrong=apart.alone_wrong[place] if apart else 0,
    )


def _fact(key: str, value: object) -> str:
    if key == "params_b" and isinstance(value, (int, float)):
        return f"{cells.size(float(value))} B"
    return visible(str(value), 60)


def _lines(board: Board, rows: Sequence[int], say: Catalogue) -> tuple[list[Line], int]:
    """Return a line for the average and each benchmark, and how many tests they hold."""
    n_columns = len(board.benchmarks)
    by_model = [
        [comparing.benchmark_difference(board, row, rows[0], column) for column in range(n_columns)]
        for row in rows[1:]
    ]
    columns = np.flatnonzero(board.averaged)
    has_average = columns.size > 1  # otherwise it would repeat the one benchmark
    chosen = [[one[column] for column in columns] for one in by_model if has_average]
    averages = [comparing.average_difference(parts) for parts in chosen]
    flat = comparing.adjusted([*averages, *(each for one in by_model for each in one)])
    tested = sum(not math.isnan(one.p) for one in flat)
    first, rest = flat[: len(averages)], flat[len(averages) :]
    lines = []
    if has_average:
        found = [cells.average_cell(board, row, say, predicted=False) for row in rows]
        means = board.averages[0].mean[rows]
        lines.append(_line(say("common.average_column"), found, means, first))
    for column in range(n_columns):
        differences = [rest[place * n_columns + column] for place in range(len(by_model))]
        found = [cells.board_cell(board, row, column, say) for row in rows]
        name = visible(board.benchmarks[column], 80)
        lines.append(_line(name, found, board.scores[rows, column], differences))
    return lines, tested


def _line(
    name: str, found: list[Cell], scores: np.ndarray, differences: Sequence[Difference]
) -> Line:
    known = [float(value) for value in scores if not math.isnan(value)]
    top = max(known, default=math.nan)
    return Line(
        name=name,
        cells=found,
        best=[len(known) > 1 and float(value) == top for value in scores],
        differences=[_shown(one) for one in differences],
    )


def _shown(one: Difference) -> ShownDifference:
    if math.isnan(one.value):
        return ShownDifference(text="–", interval="", p="", basis=one.basis, verdict="none")
    verdict = "none"
    if not math.isnan(one.p):
        verdict = "unclear" if one.p >= 0.05 else "higher" if one.value > 0 else "lower"
    return ShownDifference(
        text=_signed(one.value),
        interval="" if math.isnan(one.p) else f"{_signed(one.lower)} … {_signed(one.upper)}",
        p=""
        if math.isnan(one.p)
        else "< .001"
        if one.p < 0.001
        else f"{one.p:.3f}"[1:]
        if one.p < 1
        else "1",
        basis=one.basis,
        verdict=verdict,
    )


def _signed(value: float) -> str:
    """Write a difference with a sign, three decimals and no leading zero."""
    text = f"{abs(value):.3f}".removeprefix("0")
    return text if text == ".000" else ("+" if value > 0 else "−") + text


def _radar(board: Board, rows: Sequence[int]) -> Radar | None:
    labels = [visible(name, 80) for name in board.benchmarks]
    return radar(labels, board.scores[rows].astype(float), board.status[rows] == Status.PREDICTED)


def _items(board: Board, rows: Sequence[int], apart: Disagreements, query: CompareQuery) -> Items:
    chosen = _chosen(board, apart, query)
    n_pages = max(1, -(-chosen.size // ITEMS_ON_A_PAGE))
    page = min(query.page, n_pages)
    shown = chosen[(page - 1) * ITEMS_ON_A_PAGE : page * ITEMS_ON_A_PAGE]

    def url(number: int) -> str:
        address = compare_url(board, rows, benchmark=query.benchmark, only=query.only, page=number)
        return f"{address}#items"

    return Items(
        n_common=apart.n_common,
        n_found=chosen.size,
        lines=[_item_line(board, rows, apart, int(item)) for item in shown],
        has_answers=board.outcomes is not None and "answer" in board.outcomes.layers,
        page=page,
        n_pages=n_pages,
        previous_url=url(page - 1) if page > 1 else None,
        next_url=url(page + 1) if page < n_pages else None,
    )


def _chosen(board: Board, apart: Disagreements, query: CompareQuery) -> np.ndarray:
    chosen = apart.items
    if query.benchmark is not None and board.outcomes is not None:
        if query.benchmark not in board.benchmarks:
            names = ", ".join(visible(name, 60) for name in board.benchmarks[:20])
            raise NotThereError(
                "errors.no_benchmark", benchmark=query.benchmark[:100], benchmarks=names
            )
        names_of = board.outcomes.items["benchmark"][chosen.tolist()]
        chosen = chosen[(names_of == query.benchmark).fill_null(False).to_numpy()]
    if query.only is not None:
        kind, _, number = query.only.partition("-")
        place = int(number) - 1
        if place < len(apart.scores):
            right = apart.scores[:, chosen] >= 0.5
            run = ~np.isnan(apart.scores[:, chosen])
            same = right if kind == "right" else run & ~right
            chosen = chosen[same[place] & (same.sum(axis=0) == 1)]
    return chosen


def _item_line(board: Board, rows: Sequence[int], apart: Disagreements, item: int) -> ItemLine:
    outcomes = board.outcomes
    if outcomes is None:  # the caller has items only where there are some
        raise NotThereError("errors.no_items", board=board.name)
    record = outcomes.items.row(item, named=True)
    answers = outcomes.layers.get("answer")
    texts = [None if answers is None else answers[row, item] for row in rows]
    return ItemLine(
        item=visible(str(record["item_id"]), 80),
        benchmark=visible(str(record.get("benchmark") or ""), 60),
        label=_optional(record.get("label")),
        text=_optional(record.get("text")),
        scores=[_score(float(value)) for value in apart.scores[:, item]],
        answers=[_optional(text) for text in texts],
    )


def _optional(value: object) -> str | None:
    return None if value is None else visible(str(value), _LONGEST_TEXT)


def _score(value: float) -> tuple[str, str]:
    """Return the style and the text of one score of an item."""
    if math.isnan(value):
        return "", "–"
    if value in (0, 1):
        return ("right", "○") if value else ("wrong", "×")
    return "part", f"△ {cells.score(value)}"
