"""How much models of a board differ, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from banzuke.leaderboard.board import Board, Status
from banzuke.outcomes import Outcomes
from banzuke.stats.paired import (
    PairedComparison,
    compare_independent,
    compare_scores,
    holm,
)

MOST_MODELS = 5
"""Models that one page compares."""

_FEWEST_ITEMS = 5


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The score of a model less that of another, on one benchmark or on average.

    Parameters
    ----------
    value, lower, upper : float
        Difference of scores and its 95 % interval; NaN where unknown.
    p : float
        Two-sided, not adjusted; NaN where unknown.
    basis : str
        ``items`` (the same items, paired), ``errors`` (from both standard errors),
        ``predicted`` (a score is predicted: no test), ``unknown`` or ``missing``.
    n_items : int
        Items that both were run on, where ``items``.
    """

    value: float
    lower: float = math.nan
    upper: float = math.nan
    p: float = math.nan
    basis: str
    n_items: int = 0

    @classmethod
    def of(cls, found: PairedComparison, basis: str, n_items: int = 0) -> Difference:
        """Return the difference that a test of `banzuke.stats` found."""
        return cls(
            value=found.difference,
            lower=found.lower,
            upper=found.upper,
            p=found.p,
            basis=basis,
            n_items=n_items,
        )


def benchmark_difference(board: Board, first: int, second: int, column: int) -> Difference:
    """Compare two models (rows) on one benchmark (column).

    Where both were run on the same items they are compared item by item, on those only.
    """
    status = board.status[[first, second], column]
    scores = board.scores[[first, second], column].astype(float)
    value = float(scores[0] - scores[1])
    if Status.MISSING in status:
        return Difference(value=math.nan, basis="missing")
    if Status.PREDICTED in status:
        return Difference(value=value, basis="predicted")
    if board.outcomes is not None:
        pair = board.outcomes.scores[[first, second]][:, _positions(board.outcomes, board, column)]
        pair = pair[:, ~np.isnan(pair).any(axis=0)]
        if pair.shape[1] >= _FEWEST_ITEMS:
            return Difference.of(compare_scores(pair[0], pair[1]), "items", pair.shape[1])
    errors = board.standard_error[[first, second], column].astype(float)
    found = compare_independent(scores[0], errors[0], scores[1], errors[1])
    return Difference.of(found, "unknown" if math.isnan(found.p) else "errors")


def average_difference(parts: Sequence[Difference]) -> Difference:
    """Combine the differences on all benchmarks that are averaged into that of the average.

    Benchmarks have items of their own, so their errors add up as independent ones. With one
    difference missing or predicted there is no average; with one of unknown error, no test.
    """
    values = np.array([part.value for part in parts])
    bases = {part.basis for part in parts}
    if not parts or np.isnan(values).any() or "predicted" in bases:
        return Difference(value=math.nan, basis="missing")
    mean = float(values.mean())
    basis = next(b for b in ("unknown", "errors", "items") if b in bases)
    if basis == "unknown":
        return Difference(value=mean, basis=basis)
    errors = np.array([(part.upper - part.lower) / (2 * 1.959963984540054) for part in parts])
    error = float(np.sqrt((errors**2).sum())) / len(parts)
    found = compare_independent(mean, error, 0.0, 0.0)
    return Difference.of(found, basis, sum(part.n_items for part in parts))


def adjusted(differences: Sequence[Difference]) -> list[Difference]:
    """Return the differences with p values adjusted for how many there are (Holm)."""
    p_values = holm(np.array([one.p for one in differences], dtype=float))
    return [replace(one, p=float(p)) for one, p in zip(differences, p_values, strict=True)]


@dataclass(frozen=True, kw_only=True)
class Disagreements:
    """Items on which compared models differ by half a point or more.

    Parameters
    ----------
    items : numpy.ndarray of int
        Positions of these items, in order of benchmark.
    scores : numpy.ndarray of shape (n_compared, n_items)
        Of these items; NaN where not run.
    n_common : int
        Items that all of the models were run on.
    alone_right, alone_wrong : tuple of int
        For each model, on how many of the common items it alone was right (half a point or
        more), or it alone was wrong.
    """

    items: np.ndarray
    scores: np.ndarray
    n_common: int
    alone_right: tuple[int, ...]
    alone_wrong: tuple[int, ...]


def disagreements(board: Board, rows: Sequence[int]) -> Disagreements | None:
    """Find the items on which models differ; None where the board has no items.

    Parameters
    ----------
    board : Board
    rows : sequence of int
        Two or more.
    """
    if board.outcomes is None:
        return None
    scores = board.outcomes.scores[list(rows)]
    run = (~np.isnan(scores)).sum(axis=0)
    with np.errstate(invalid="ignore"):
        spread = np.where(run >= 2, _spread(scores), 0.0)
    found = np.flatnonzero(spread >= 0.5)
    right = scores[:, run == len(rows)] >= 0.5
    n_right = right.sum(axis=0)
    return Disagreements(
        items=found[np.argsort(_benchmark_codes(board.outcomes, board)[found], kind="stable")],
        scores=scores,
        n_common=right.shape[1],
        alone_right=tuple(int(x) for x in (right & (n_right == 1)).sum(axis=1)),
        alone_wrong=tuple(int(x) for x in (~right & (n_right == len(rows) - 1)).sum(axis=1)),
    )


def _spread(scores: np.ndarray) -> np.ndarray:
    known = np.where(np.isnan(scores), -np.inf, scores).max(axis=0)
    return np.asarray(known - np.where(np.isnan(scores), np.inf, scores).min(axis=0))


def _benchmark_codes(outcomes: Outcomes, board: Board) -> np.ndarray:
    """Return for each item the position of its benchmark on the board."""
    place = {name: position for position, name in enumerate(board.benchmarks)}
    names = outcomes.items["benchmark"].to_list()
    return np.array([place.get(name, len(place)) for name in names], dtype=np.intp)


def _positions(outcomes: Outcomes, board: Board, column: int) -> np.ndarray:
    names = outcomes.items["benchmark"]
    return np.flatnonzero((names == board.benchmarks[column]).fill_null(False).to_numpy())
