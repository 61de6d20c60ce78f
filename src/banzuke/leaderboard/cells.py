"""How numbers, intervals and names are written for people."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from markupsafe import Markup

from banzuke.leaderboard.board import Board, Status
from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.ranking import Averages

LONGEST_NAME = 100
Z_95 = 1.96


@dataclass(frozen=True, slots=True)
class Cell:
    """One score as the table shows it.

    Attributes
    ----------
    kind : str
        ``measured``, ``predicted``, ``partial`` or ``missing``: the style of the cell.
    text : str
        The score; predicted ones start with ``≈``.
    note : str
        Small text behind it: the interval of a predicted score, the coverage of a partial one.
    title : str
        The sentence for the pointer and for screen readers; empty where there is none.
    """

    kind: str
    text: str
    note: str
    title: str


def score(value: float) -> str:
    """Write a score with three decimals and no leading zero; ``–`` for NaN.

    Examples
    --------
    >>> score(0.4124), score(1.0), score(float("nan"))
    ('.412', '1.000', '–')
    """
    if math.isnan(value):
        return "–"
    text = f"{value:.3f}"
    return text.replace("-0.", "−.", 1) if text.startswith("-") else text.removeprefix("0")


def mark(value: float | None) -> str:
    """Name what a score of one answer says; ``unscored`` where it has none of its own.

    Examples
    --------
    >>> mark(1.0), mark(0.0), mark(0.4), mark(float("nan")), mark(None)
    ('right', 'wrong', 'part', 'unscored', 'unscored')
    """
    if value is None or math.isnan(value):
        return "unscored"
    return {0.0: "wrong", 1.0: "right"}.get(value, "part")


def interval(lower: float, upper: float) -> str:
    """Write an interval with two decimals; empty where a bound is NaN.

    Examples
    --------
    >>> interval(0.314, 0.42)
    '.31–.42'
    """
    if math.isnan(lower) or math.isnan(upper):
        return ""
    return f"{_two(lower)}–{_two(upper)}"


def _two(value: float) -> str:
    text = f"{value:.2f}"
    return text.replace("-0.", "−.", 1) if text.startswith("-") else text.removeprefix("0")


def percent(share: float) -> str:
    """Write a share; less than all is never rounded up to 100 %, nor something down to 0 %."""
    rounded = round(100 * share)
    return f"{min(99, max(1, rounded)) if 0 < share < 1 else rounded} %"


def size(params_b: float) -> str:
    """Write a size in billions of parameters with up to three digits; ``–`` for NaN."""
    if math.isnan(params_b):
        return "–"
    return f"{params_b:.0f}" if params_b >= 100 else f"{params_b:.3g}"


def visible(text: str, longest: int | None = None) -> str:
    """Show control and direction signs as a box, so that a name cannot rearrange the page.

    Examples
    --------
    >>> visible("a" + chr(0x202e) + "b")
    'a\N{REPLACEMENT CHARACTER}b'
    """
    shown = text if longest is None or len(text) <= longest else text[: longest - 1] + "…"
    if shown.isprintable():
        return shown
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_hidden(sign) else sign for sign in shown)


def breakable(text: str) -> Markup:
    """Return escaped text in which a line may break after ``_``, ``-``, ``:`` and ``/``.

    Examples
    --------
    >>> breakable("ja:<b>")
    Markup('ja:<wbr>&lt;b&gt;')
    """
    return Markup("<wbr>").join(re.split("(?<=[_:/-])", text))


@cache
def code_sets() -> frozenset[str]:
    """Return the data sets whose answers are programs, to be shown as such."""
    from banzuke.evaluation.data_sets import data_sets
    from banzuke.evaluation.suites.mini.cg import BENCHMARK

    declared = (one.name for one in data_sets().values() if one.category == BENCHMARK.category)
    return frozenset((BENCHMARK.name, *declared))


def _is_hidden(sign: str) -> bool:
    return not sign.isprintable() and unicodedata.category(sign) != "Zs"


def board_cell(board: Board, row: int, column: int, say: Catalogue) -> Cell:
    """Return the cell of one model on one benchmark."""
    return next(column_cells(board, column, say, rows=slice(row, row + 1)))


def column_cells(
    board: Board,
    column: int,
    say: Catalogue,
    *,
    normalised: bool = False,
    rows: slice = slice(None),
) -> Iterator[Cell]:
    """Yield the cells of one benchmark.

    ``normalised`` rescales scores so that guessing is 0; below zero is worse than guessing.
    """
    chance = float(board.chance[column])
    guess = chance if normalised and 0 < chance < 1 else 0.0
    scores, lower, upper = (
        (matrix[rows, column] - guess) / (1 - guess)
        for matrix in (board.scores, board.lower, board.upper)
    )
    errors = board.standard_error[rows, column] / (1 - guess)
    values = (board.status[rows, column], scores, errors, board.coverage[rows, column])
    # lists: reading single numbers out of an array is many times slower
    for each in zip(*(one.tolist() for one in (*values, lower, upper)), strict=True):
        yield _cell(say, board.n_items[column], *each)


def _cell(
    say: Catalogue,
    n_items: int,
    status: float,
    value: float,
    error: float,
    coverage: float,
    lower: float,
    upper: float,
) -> Cell:
    if status == Status.MISSING:
        return Cell("missing", "–", "", say("board.cell_missing"))
    if status == Status.PREDICTED:
        return predicted_cell(value, lower, upper, say)
    if status == Status.PARTIAL:
        share = percent(coverage)
        title = (
            say("board.cell_partial_of", share=share, n=n_items)
            if n_items
            else say("board.cell_partial", share=share)
        )
        return Cell("partial", score(value), share, title)
    spread = "" if math.isnan(error) else say("board.cell_error", error=score(error))
    items = say("board.title_items", n=n_items) if n_items else ""
    return Cell("measured", score(value), "", ", ".join(p for p in (spread, items) if p))


def predicted_cell(value: float, lower: float, upper: float, say: Catalogue) -> Cell:
    """Return the cell of a predicted score."""
    bounds = interval(lower, upper)
    title = (
        say("board.cell_predicted_interval", interval=bounds)
        if bounds
        else say("board.cell_predicted")
    )
    return Cell("predicted", f"≈ {score(value)}", bounds, title)


def average_cell(board: Board, row: int, say: Catalogue, *, predicted: bool) -> Cell:
    """Return the average of one model; ``predicted`` lets predicted cells count."""
    standing = board.standing(predicted=predicted)
    return next(board_averages(board, standing, say, rows=slice(row, row + 1)))


def board_averages(
    board: Board, standing: Averages, say: Catalogue, *, rows: slice = slice(None)
) -> Iterator[Cell]:
    """Yield the average of each model; one that has none says how many benchmarks it lacks."""
    n = int(board.averaged.sum())
    lacks = n - board.is_measured[:, board.averaged].sum(axis=1)
    for cell, missing in zip(average_cells(standing, say, rows), lacks[rows].tolist(), strict=True):
        if cell.kind == "missing":
            yield Cell("missing", "–", "", say("board.average_missing", lacks=missing, n=n))
        else:
            yield cell


def average_cells(standing: Averages, say: Catalogue, rows: slice = slice(None)) -> Iterator[Cell]:
    """Yield averages over a set of benchmarks."""
    columns = (standing.mean, standing.is_predicted, standing.standard_error)
    bounds = standing.lower, standing.upper
    for mean, is_predicted, error, lower, upper in zip(
        *(one[rows].tolist() for one in (*columns, *bounds)), strict=True
    ):
        if math.isnan(mean):
            yield Cell("missing", "–", "", say("board.cell_missing"))
        elif is_predicted:
            yield predicted_cell(mean, lower, upper, say)
        elif math.isnan(error):
            yield Cell("measured", score(mean), "", say("board.average_measured"))
        else:
            between = interval(max(0.0, lower), min(1.0, upper))
            title = say("board.average_interval", error=score(error), interval=between)
            yield Cell("measured", score(mean), "", title)
