"""What the server shows: the lake at one version, built once and never changed."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import polars as pl
from pydantic import BaseModel, ValidationError

from banzuke.leaderboard.board import build_board
from banzuke.leaderboard.documents import CapabilitiesDocument, Description
from banzuke.leaderboard.ensemble_document import EnsembleDocument
from banzuke.leaderboard.hierarchy import HierarchyDocument
from banzuke.leaderboard.refusals import NotThereError, RefusedError
from banzuke.leaderboard.rows import BoardRows
from banzuke.outcomes import Lake, Outcomes

DEFAULT_BOARD = "open-llm-v2"
_UNREACHABLE = {".", ".."}  # browsers take these path segments away

D = TypeVar("D", bound=BaseModel)
Marks = Mapping[str, frozenset[str]]
"""Names of models that carry a mark, by board."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Snapshot:
    """All boards and documents of the lake at one version.

    Attributes
    ----------
    version : str
    boards : mapping of str to BoardRows
        In order of name.
    documents : mapping of str to JSON value
    """

    version: str
    boards: Mapping[str, BoardRows]
    documents: Mapping[str, Any]

    def board(self, name: str) -> BoardRows:
        """Return a board.

        Raises
        ------
        NotThereError
            Where there is none of that name.
        """
        if name not in self.boards:
            raise NotThereError("errors.no_board", board=name[:100])
        return self.boards[name]

    @cached_property
    def default_board(self) -> str | None:
        """The board of the front page: `DEFAULT_BOARD`, or else the one with most models."""
        if DEFAULT_BOARD in self.boards:
            return DEFAULT_BOARD
        return max(
            self.boards, key=lambda name: self.boards[name].board.models.height, default=None
        )

    def prepare(self) -> None:
        """Render every row now, rather than for the first visitor."""
        for rows in self.boards.values():
            rows.prepare()

    @property
    def statistics(self) -> list[str]:
        """Collections with a page of correlations and components."""
        return self._collections("capabilities-")

    @property
    def hierarchies(self) -> list[str]:
        """Collections with a page of capabilities and their order."""
        return self._collections("hca-")

    @property
    def ensembles(self) -> list[str]:
        """Collections with a page of ensembles."""
        return self._collections("ensemble-")

    def ensembles_of(self, board: str) -> list[str]:
        """Return the pages of ensembles of a board: of the whole first, then of its benchmarks."""
        found = []
        for name in self.ensembles:
            content = self.documents[f"ensemble-{name}"]
            if isinstance(content, dict) and board in (name, content.get("of")):
                found.append(name)
        return sorted(found, key=lambda name: (name != board, name))

    def capabilities(self, collection: str) -> CapabilitiesDocument:
        """Return the correlations and components of a collection."""
        return self._document(f"capabilities-{collection}", CapabilitiesDocument)

    def description(self, collection: str) -> Description:
        """Return the counts and spreads of a collection, as far as they were computed."""
        return self._document(f"capabilities-{collection}", Description)

    def hierarchy(self, collection: str) -> HierarchyDocument:
        """Return the hierarchy of capabilities of a collection, with its audit."""
        return self._document(f"hca-{collection}", HierarchyDocument)

    def ensemble(self, collection: str) -> EnsembleDocument:
        """Return the ensembles of a collection."""
        return self._document(f"ensemble-{collection}", EnsembleDocument)

    def _collections(self, prefix: str) -> list[str]:
        names = [name.removeprefix(prefix) for name in self.documents if name.startswith(prefix)]
        return [name for name in names if name not in _UNREACHABLE | {""}]

    def _document(self, name: str, kind: type[D]) -> D:
        if name not in self.documents:
            raise NotThereError("errors.no_analysis", name=name[:120])
        try:
            return kind.model_validate(self.documents[name])
        except ValidationError as error:
            where = ".".join(str(part) for part in error.errors()[0]["loc"])
            problem = error.errors()[0]["msg"]
            raise RefusedError(
                "errors.old_analysis", name=name, where=where, problem=problem
            ) from None


class SnapshotStore:
    """The current snapshot; rebuilt when the lake or a mark changes, only what changed.

    Parameters
    ----------
    lake : Lake
    marks : callable, optional
        Returns the names of the models that an operator has marked as flagged, by board.
    """

    def __init__(self, lake: Lake, marks: Callable[[], Marks] = dict) -> None:
        self.lake = lake
        self.marks = marks
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._built: dict[str, BoardRows] = {}

    def current(self) -> Snapshot:
        """Return the snapshot of the lake's present version, with the present marks."""
        marks = self.marks()
        snapshot = self._snapshot
        if snapshot is not None and snapshot.version == _version(self.lake.version(), marks):
            return snapshot
        with self._lock:
            version = _version(self.lake.version(), marks)
            if self._snapshot is None or self._snapshot.version != version:
                self._snapshot = self._build(version, marks)
            return self._snapshot

    def _build(self, version: str, marks: Marks) -> Snapshot:
        names = [name for name in self.lake.names() if name not in _UNREACHABLE]
        built: dict[str, BoardRows] = {}
        for name in names:
            predicted = f"{name}-predicted" if f"{name}-predicted" in names else None
            rows = self._board(name, predicted, marks.get(name, frozenset()))
            if rows is not None:
                built[name] = rows
        self._built = built
        documents = {name: self.lake.read_document(name) for name in self.lake.document_names()}
        return Snapshot(version=version, boards=built, documents=documents)

    def _board(self, name: str, predicted: str | None, marked: frozenset[str]) -> BoardRows | None:
        version = f"{self.lake.version(name)}-{self.lake.version(predicted) if predicted else ''}"
        version = _version(version, {name: marked} if marked else {})
        old = self._built.get(name)
        if old is not None and old.board.version == version:
            return old
        outcomes = self.lake.read(name)
        if _is_prediction(outcomes.provenance):
            return None
        if marked:
            outcomes = _mark(outcomes, marked)
        predictions = self.lake.read(predicted) if predicted else None
        if predictions is not None and not _is_prediction(predictions.provenance):
            predictions = None
        return BoardRows(build_board(name, outcomes, predictions, version=version))


def _is_prediction(provenance: Mapping[str, Any]) -> bool:
    return provenance.get("kind") == "prediction"


def _version(stored: object, marks: Marks) -> str:
    if not marks:
        return str(stored)
    text = repr(sorted((board, sorted(models)) for board, models in marks.items()))
    return f"{stored}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _mark(outcomes: Outcomes, marked: frozenset[str]) -> Outcomes:
    """Set the field "is_flagged" of these models; what the results say of others stays."""
    models = outcomes.models
    said = pl.col("is_flagged") if "is_flagged" in models.columns else pl.lit(False)
    flags = pl.Series(values=[name in marked for name in outcomes.model_names], dtype=pl.Boolean)
    return outcomes.replace(
        models=models.with_columns(
            pl.when(flags).then(statement=True).otherwise(said).alias("is_flagged")
        )
    )
