"""The items of a collection as one model answered them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, model_validator

from banzuke.leaderboard.board import Board
from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.cells import code_sets, mark, score, visible
from banzuke.leaderboard.links import flag_url, model_key, model_url
from banzuke.leaderboard.refusals import NotThereError, RefusedError
from banzuke.outcomes import Outcomes

ITEMS_ON_A_PAGE = 50
_LONGEST_TEXT = 20_000


class ItemsQuery(BaseModel):
    """Which items of a model to list; empty values are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    key: str | None = Field(None, max_length=64)
    benchmark: str | None = Field(None, max_length=500)
    page: int = Field(1, ge=1, le=1_000_000)

    @model_validator(mode="before")
    @classmethod
    def _drop_blanks(cls, values: Any) -> Any:
        return {k: v for k, v in values.items() if v != ""} if isinstance(values, dict) else values


@dataclass(frozen=True, kw_only=True)
class ItemLine:
    """One item: its score, the answer if there is one (a program?), and further layers by name."""

    item: str
    benchmark: str
    score: str
    mark: str
    answer: str | None
    details: list[tuple[str, str]]
    is_code: bool


@dataclass(frozen=True, kw_only=True)
class ItemsPage:
    """Context of ``items.html``."""

    title: str
    board: str
    model_url: str
    flag_url: str | None
    form_url: str
    key: str | None
    benchmark: str | None
    benchmarks: tuple[str, ...]
    has_answers: bool
    lines: list[ItemLine]
    n_items: int
    page: int
    n_pages: int
    previous_url: str | None
    next_url: str | None


def items_page(
    board: Board, row: int, query: ItemsQuery, say: Catalogue, *, takes_flags: bool = False
) -> ItemsPage:
    """Compute one page of the items that a model was run on.

    Raises
    ------
    NotThereError
        Where the board has no items.
    RefusedError
        Where the board has no such benchmark.
    """
    if board.outcomes is None:
        raise NotThereError("errors.no_items", board=board.name)
    chosen = _run_items(board, board.outcomes, row, query.benchmark)
    n_pages = max(1, -(-chosen.size // ITEMS_ON_A_PAGE))
    page = min(query.page, n_pages)
    shown = chosen[(page - 1) * ITEMS_ON_A_PAGE : page * ITEMS_ON_A_PAGE]
    name = board.model_names[row]
    return ItemsPage(
        title=visible(name),
        board=board.name,
        model_url=model_url(board.name, name),
        flag_url=flag_url(board.name, name) if takes_flags else None,
        form_url=model_url(board.name, name, "items").partition("?")[0],
        key=model_key(name) if "?key=" in model_url(board.name, name, "items") else None,
        benchmark=query.benchmark,
        benchmarks=board.benchmarks,
        has_answers="answer" in board.outcomes.layers,
        lines=[_line(board.outcomes, row, int(column), say) for column in shown],
        n_items=chosen.size,
        page=page,
        n_pages=n_pages,
        previous_url=_page_url(board, name, query.benchmark, page - 1) if page > 1 else None,
        next_url=_page_url(board, name, query.benchmark, page + 1) if page < n_pages else None,
    )


def _page_url(board: Board, model: str, benchmark: str | None, page: int) -> str:
    base = model_url(board.name, model, "items")
    values = ({"benchmark": benchmark} if benchmark else {}) | {"page": str(page)}
    return f"{base}{'&' if '?' in base else '?'}{urlencode(values)}"


def _run_items(board: Board, outcomes: Outcomes, row: int, benchmark: str | None) -> np.ndarray:
    present = outcomes.observed[row]
    if "answer" in outcomes.layers:  # an answer without a score of its own is one too
        present = present | np.array([one is not None for one in outcomes.layers["answer"][row]])
    if benchmark is not None:
        if benchmark not in board.benchmarks:
            known = ", ".join(board.benchmarks[:20])
            raise RefusedError("errors.no_benchmark", benchmark=benchmark[:80], benchmarks=known)
        labels = outcomes.items["benchmark"].cast(pl.String).fill_null("(none)")
        present = present & (labels == benchmark).to_numpy()
    return np.flatnonzero(present)


def _line(outcomes: Outcomes, row: int, column: int, say: Catalogue) -> ItemLine:
    value = float(outcomes.scores[row, column])
    record = outcomes.items.row(column, named=True)
    texts = {name: _layer(layer[row, column]) for name, layer in outcomes.layers.items()}
    answer = texts.pop("answer", None)
    prompt = texts.pop("prompt", None)
    details = [
        (say("items.expected"), _shown(record.get("label"))),
        (say("items.question"), _shown(record.get("text"))),
        (say("items.prompt"), _shown(prompt)),
    ]
    details += [(name.replace("_", " "), _shown(text)) for name, text in texts.items()]
    return ItemLine(
        item=visible(str(record["item_id"]), 120),
        benchmark=visible(str(record["benchmark"] or "(none)"), 60),
        score=score(value),
        mark=mark(value),
        answer=None if answer is None else _shown(answer),
        details=[(visible(name, 40), text) for name, text in details if text],
        is_code=record.get("task") in code_sets(),
    )


def _layer(value: Any) -> str | None:
    if isinstance(value, str) or value is None:
        return value
    return None if math.isnan(value) else f"{value:.6g}"


def _shown(text: Any) -> str:
    """Keep line breaks of an answer, but no other control signs, and not without end."""
    if text is None:
        return ""
    lines = str(text)[:_LONGEST_TEXT].splitlines()
    return "\n".join(visible(line) for line in lines)
