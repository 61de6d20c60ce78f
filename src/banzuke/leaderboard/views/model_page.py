"""One model: scores with intervals, metadata, lineage, other boards."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from banzuke.leaderboard import cells
from banzuke.leaderboard.board import Board, Status
from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.cells import Cell, visible
from banzuke.leaderboard.links import api_model_url, board_url, flag_url, model_url
from banzuke.leaderboard.model_charts import FEWEST_AXES, radar
from banzuke.leaderboard.ranking import Averages
from banzuke.leaderboard.snapshot import Snapshot
from banzuke.leaderboard.views.charts_page import Figure, figure
from banzuke.leaderboard.views.site import describe

_MOST_RELATIVES = 50
_MOST_AXES = 30
_MOST_RUNS = 5


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a model stands: rank, the ranks that the data leave possible, tie group."""

    rank: int
    n_ranked: int
    lower: int
    upper: int
    tie: int
    n_tied: int


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
    predicted: str
    predicted_interval: str
    standing: Standing


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
class CategoryLine:
    """The average of a model over a category of benchmarks."""

    name: str
    cell: Cell
    standing: Standing


@dataclass(frozen=True, kw_only=True)
class ModelPage:
    """Context of ``model.html``."""

    title: str
    board: str
    board_url: str
    api_url: str
    items_url: str | None
    flag_url: str | None
    average: Cell
    standard_error: str | None
    average_predicted: Cell | None
    standing: Standing
    settings: str
    radar: Figure | None
    categories: list[CategoryLine]
    scores: list[ScoreLine]
    has_predictions: bool
    metadata: list[tuple[str, str]]
    family: list[tuple[str, list[Relative]]]
    elsewhere: list[Elsewhere]
    runs: list[tuple[str, list[str]]]
    provenance: list[tuple[str, list[str]]]
    prediction: list[tuple[str, list[str]]]


def model_page(
    snapshot: Snapshot, board: Board, row: int, say: Catalogue, *, takes_flags: bool = False
) -> ModelPage:
    """Compute the page of one model."""
    name = board.model_names[row]
    error = float(board.standing().standard_error[row])
    filled = cells.average_cell(board, row, say, predicted=True)
    labels, index = board.standings.groups
    return ModelPage(
        title=visible(name),
        board=board.name,
        board_url=board_url(board.name),
        api_url=api_model_url(board.name, name),
        items_url=_items_url(snapshot, board, name),
        flag_url=flag_url(board.name, name) if takes_flags else None,
        average=cells.average_cell(board, row, say, predicted=False),
        standard_error=None if math.isnan(error) else cells.score(error),
        average_predicted=filled if filled.kind == "predicted" else None,
        standing=_standing(board.standing(), row, index),
        settings=labels[int(index[row])] if len(labels) > 1 else "",
        radar=_radar(board, row, say),
        categories=_categories(board, row, say),
        scores=[_score_line(board, row, column, say) for column in range(len(board.benchmarks))],
        has_predictions=not np.isnan(board.predicted[row]).all(),
        metadata=_metadata(board.models.row(row, named=True), say),
        family=_family(board, row, say),
        elsewhere=_elsewhere(snapshot, board.name, name, say),
        runs=_runs(board.provenance, name, say),
        provenance=describe(board.provenance, say),
        prediction=describe(board.prediction, say),
    )


def _items_url(snapshot: Snapshot, board: Board, model: str) -> str | None:
    """Lead to the answers: here, or beside the scores, where an evaluation keeps them."""
    if board.outcomes is not None:
        return model_url(board.name, model, "items")
    beside = f"{board.name.removesuffix('-data-sets')}-items"
    rows = snapshot.boards.get(beside)
    there = rows is not None and model in rows.board.rows
    return model_url(beside, model, "items") if there else None


def _standing(averages: Averages, row: int, groups: np.ndarray) -> Standing:
    alike = groups == groups[row]
    tie = int(averages.tie[row])
    return Standing(
        rank=int(averages.rank[row]),
        n_ranked=int(((averages.rank > 0) & alike).sum()),
        lower=int(averages.rank_lower[row]),
        upper=int(averages.rank_upper[row]),
        tie=tie,
        n_tied=int(((averages.tie == tie) & alike).sum()) if tie else 0,
    )


def _categories(board: Board, row: int, say: Catalogue) -> list[CategoryLine]:
    found = []
    for name, columns in board.categories.items():
        part = board.standings.of(columns)
        cell = next(cells.average_cells(part, say, slice(row, row + 1)))
        standing = _standing(part, row, board.standings.groups[1])
        found.append(CategoryLine(name=visible(name, 80), cell=cell, standing=standing))
    return found


def _radar(board: Board, row: int, say: Catalogue) -> Figure | None:
    if board.categories:
        names = list(board.categories)
        columns = [board.standings.of(one).mean for one in board.categories.values()]
        values = np.stack(columns, axis=1)
    else:
        names = list(board.benchmarks)
        values = np.where(board.is_measured, board.scores, np.nan)
    known = ~np.isnan(values).all(axis=0)
    names = [name for name, one in zip(names, known, strict=True) if one]
    if not FEWEST_AXES <= len(names) <= _MOST_AXES or np.isnan(values[row]).all():
        return None
    model = board.model_names[row]
    middle = np.nanmedian(values[:, known], axis=0).tolist()
    drawn = radar(names, values[row, known].tolist(), middle, model, say)
    return figure("radar", say("model.radar_label", model=visible(model, 80)), drawn)


def _family(board: Board, row: int, say: Catalogue) -> list[tuple[str, list[Relative]]]:
    """Return parents, merge sources, children and siblings, each with its heading."""
    name = board.model_names[row]
    parents = _relatives(board, row, "base_models")
    children = _children(board, name)
    siblings = sorted(
        {
            other
            for parent in _named(board, row, "base_models")
            for other in _children(board, parent)
        }
        - {name}
    )
    found = [
        (say("model.built_on"), parents),
        (say("model.merged_from"), _relatives(board, row, "merge_sources")),
        (say("model.built_on_it", n=len(children)), _listed(board, children)),
        (say("model.siblings", n=len(siblings)), _listed(board, siblings)),
    ]
    return [(heading, relatives) for heading, relatives in found if relatives]


def _listed(board: Board, names: list[str]) -> list[Relative]:
    return [_relative(board, one) for one in names[:_MOST_RELATIVES]]


def _runs(provenance: Mapping[str, Any], model: str, say: Catalogue) -> list[tuple[str, list[str]]]:
    """Return what is known of the runs of one model: digests, versions, seeds, hardware."""
    sources = provenance.get("sources")
    if not isinstance(sources, list):
        return []
    mine = [one for one in sources if isinstance(one, Mapping) and one.get("model") == model]
    found: list[tuple[str, list[str]]] = []
    for source in mine[:_MOST_RUNS]:
        found += describe(source, say)
    return found


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
        predicted=cells.score(float(board.predicted[row, column])),
        predicted_interval=cells.interval(
            float(board.lower[row, column]), float(board.upper[row, column])
        ),
        standing=_standing(board.standings.of((column,)), row, board.standings.groups[1]),
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


def _named(board: Board, row: int, column: str) -> list[str]:
    if column not in board.models.columns:
        return []
    names = board.models[column][row]
    if names is None or isinstance(names, str):
        names = [names] if names else []
    return [str(name) for name in names if name != board.model_names[row]]


def _relatives(board: Board, row: int, column: str) -> list[Relative]:
    return _listed(board, _named(board, row, column))


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
