"""How numbers, intervals and names are written for people."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from banzuke.leaderboard.board import Board, Status
from banzuke.leaderboard.catalogue import Catalogue

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
    return "–" if math.isnan(value) else f"{value:.3f}".removeprefix("0")


def interval(lower: float, upper: float) -> str:
    """Write an interval with two decimals; empty where a bound is NaN.

    Examples
    --------
    >>> interval(0.314, 0.42)
    '.31–.42'
    """
    if math.isnan(lower) or math.isnan(upper):
        return ""
    return f"{lower:.2f}".removeprefix("0") + "–" + f"{upper:.2f}".removeprefix("0")


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


def _is_hidden(sign: str) -> bool:
    return not sign.isprintable() and unicodedata.category(sign) != "Zs"


def board_cell(board: Board, row: int, column: int, say: Catalogue) -> Cell:
    """Return the cell of one model on one benchmark."""
    values = (float(matrix[row, column]) for matrix in _matrices(board))
    return _cell(say, board.n_items[column], *values)


def board_cells(board: Board, say: Catalogue) -> Iterator[list[Cell]]:
    """Yield the cells of each row of a board."""
    # lists: reading single numbers out of an array is many times slower
    for rows in zip(*(matrix.tolist() for matrix in _matrices(board)), strict=True):
        yield [_cell(say, *each) for each in zip(board.n_items, *rows, strict=True)]


def _matrices(board: Board) -> tuple[np.ndarray, ...]:
    measured = board.status, board.scores, board.standard_error, board.coverage
    return (*measured, board.lower, board.upper)


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
    averages = board.averages[predicted]
    mean = float(averages.mean[row])
    if math.isnan(mean):
        n = int(board.averaged.sum())
        lacks = n - int((board.status[row, board.averaged] == Status.MEASURED).sum())
        return Cell("missing", "–", "", say("board.average_missing", lacks=lacks, n=n))
    if averages.is_predicted[row]:
        bounds = float(averages.lower[row]), float(averages.upper[row])
        return predicted_cell(mean, *bounds, say)
    error = float(averages.standard_error[row])
    spread = "" if math.isnan(error) else "; " + say("board.cell_error", error=score(error))
    return Cell("measured", score(mean), "", say("board.average_measured") + spread)
