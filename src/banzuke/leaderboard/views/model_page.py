"""One model: scores with intervals, metadata, lineage, other boards."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from banzuke.leaderboard import cells
from banzuke.leaderboard.board import Board, Status
from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.cells import Cell, visible
from banzuke.leaderboard.links import api_model_url, board_url, model_url
from banzuke.leaderboard.snapshot import Snapshot
from banzuke.leaderboard.views.site import describe

_MOST_RELATIVES = 50


@dataclass(frozen=True, kw_only=True)
class ScoreLine:
    """One benchmark of a model.

    ``lower`` and ``upper`` bound the shown score: 95 % where it was measured, the interval
    of the prediction where it was predicted; NaN where unknown. ``measured`` is the mean over
    the items that were run, also where a prediction is shown.
    """

    benchmark: str
    cell: Cell
    score: float
    lower: float
    upper: float
    chance: float
    measured: float
    coverage: float
    n_items: int
    rank: int
    n_ranked: int


@dataclass(frozen=True, kw_only=True)
class Relative:
    """A base model, merge source or descendant; linked where the board has it."""

    name: str
    url: str | None


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """The same model on another board."""

    board: str
    url: str
    average: Cell
    rank: int
    n_ranked: int


@dataclass(frozen=True, kw_only=True)
class ModelPage:
    """Context of ``model.html``."""

    title: str
    board: str
    board_url: str
    api_url: str
    items_url: str | None
    average: Cell
    standard_error: str | None
    average_predicted: Cell | None
    rank: int
    n_ranked: int
    scores: list[ScoreLine]
    metadata: list[tuple[str, str]]
    parents: list[Relative]
    sources: list[Relative]
    children: list[Relative]
    n_children: int
    elsewhere: list[Elsewhere]
    provenance: list[tuple[str, list[str]]]
    prediction: list[tuple[str, list[str]]]


def model_page(snapshot: Snapshot, board: Board, row: int, say: Catalogue) -> ModelPage:
    """Compute the page of one model."""
    name = board.model_names[row]
    children = _children(board, name)
    error = float(board.averages[0].standard_error[row])
    filled = cells.average_cell(board, row, say, predicted=True)
    return ModelPage(
        title=visible(name),
        board=board.name,
        board_url=board_url(board.name),
        api_url=api_model_url(board.name, name),
        items_url=model_url(board.name, name, "items") if board.outcomes is not None else None,
        average=cells.average_cell(board, row, say, predicted=False),
        standard_error=None if math.isnan(error) else cells.score(error),
        average_predicted=filled if filled.kind == "predicted" else None,
        rank=int(board.averages[0].rank[row]),
        n_ranked=int((board.averages[0].rank > 0).sum()),
        scores=[_score_line(board, row, column, say) for column in range(len(board.benchmarks))],
        metadata=_metadata(board.models.row(row, named=True), say),
        parents=_relatives(board, row, "base_models"),
        sources=_relatives(board, row, "merge_sources"),
        children=[_relative(board, child) for child in children[:_MOST_RELATIVES]],
        n_children=len(children),
        elsewhere=_elsewhere(snapshot, board.name, name, say),
        provenance=describe(board.provenance, say),
        prediction=describe(board.prediction, say),
    )


def _score_line(board: Board, row: int, column: int, say: Catalogue) -> ScoreLine:
    status = Status(board.status[row, column])
    shown = float(board.scores[row, column])
    lower, upper = float(board.lower[row, column]), float(board.upper[row, column])
    if status != Status.PREDICTED:
        margin = cells.Z_95 * float(board.standard_error[row, column])
        lower, upper = max(0.0, shown - margin), min(1.0, shown + margin)
        if math.isnan(margin):
            lower = upper = math.nan
    return ScoreLine(
        benchmark=visible(board.benchmarks[column], 80),
        cell=cells.board_cell(board, row, column, say),
        score=shown,
        lower=lower,
        upper=upper,
        chance=float(board.chance[column]),
        measured=float(board.measured[row, column]),
        coverage=float(board.coverage[row, column]),
        n_items=board.n_items[column],
        rank=int(board.benchmark_ranks[row, column]),
        n_ranked=int((board.benchmark_ranks[:, column] > 0).sum()),
    )


def _metadata(record: Mapping[str, Any], say: Catalogue) -> list[tuple[str, str]]:
    shown = []
    for key, value in record.items():
        if key == "model" or value is None or value == []:
            continue
        text = ", ".join(map(str, value)) if isinstance(value, list) else _plain(value, say)
        label = say.known(f"model.field_{key}", key.replace("_", " "))
        shown.append((visible(label, 60), visible(text, 500)))
    return shown


def _plain(value: Any, say: Catalogue) -> str:
    if isinstance(value, bool):
        return say("common.yes") if value else say("common.no")
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _relatives(board: Board, row: int, column: str) -> list[Relative]:
    if column not in board.models.columns:
        return []
    names = board.models[column][row]
    if names is None or isinstance(names, str):
        names = [names] if names else []
    others = [str(name) for name in names if name != board.model_names[row]]
    return [_relative(board, name) for name in others[:_MOST_RELATIVES]]


def _relative(board: Board, name: str) -> Relative:
    url = model_url(board.name, name) if name in board.rows else None
    return Relative(name=visible(name, 120), url=url)


def _children(board: Board, name: str) -> list[str]:
    return [child for child in board.children.get(name, []) if child != name]


def _elsewhere(snapshot: Snapshot, here: str, model: str, say: Catalogue) -> list[Elsewhere]:
    found = []
    for name, rows in snapshot.boards.items():
        row = rows.board.rows.get(model)
        if name == here or row is None:
            continue
        averages = rows.board.averages[0]
        found.append(
            Elsewhere(
                board=name,
                url=model_url(name, model),
                average=cells.average_cell(rows.board, row, say, predicted=False),
                rank=int(averages.rank[row]),
                n_ranked=int((averages.rank > 0).sum()),
            )
        )
    return found
