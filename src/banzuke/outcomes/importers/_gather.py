"""Collecting results file by file: cells, models and items of one collection to be."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars as pl

from banzuke.exceptions import ImportFormatError
from banzuke.outcomes._check import ITEM, MODEL, quoted
from banzuke.outcomes._outcomes import Outcomes
from banzuke.outcomes.importers._base import Imported, ImportOptions
from banzuke.outcomes.importers._read import as_score, sources
from banzuke.outcomes.metadata import standardise_models

T = TypeVar("T")


@dataclass
class Sheet:
    """What was read so far; `outcomes` turns it into an Outcomes.

    A result may be put twice only if it says the same: files that disagree about one cell
    are an error, never a matter of which was read last.
    """

    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    cells: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def model(self, name: str, /, **metadata: Any) -> None:
        """Add a model, or what is newly known of it (None says nothing)."""
        known = self.models.setdefault(name, {})
        known.update({key: value for key, value in metadata.items() if value is not None})

    def put(
        self, path: Path, where: str, cell: tuple[str, str], score: float | None, **layers: Any
    ) -> None:
        """Add one score and its layers for a (model, item)."""
        model, item = cell
        if model not in self.models:
            self.model(model)
        if item not in self.items:
            self.item(item)
        values = {"score": score, **{k: v for k, v in layers.items() if v is not None}}
        known = self.cells.setdefault(cell, values)
        if known["score"] != score:
            raise ImportFormatError(
                path,
                f"model {model!r} has two results on item {item!r}: {known['score']} and {score}",
                where,
            )

    def item(self, item_id: str, /, **metadata: Any) -> None:
        """Add an item, or what is newly known of it (None says nothing)."""
        known = self.items.setdefault(item_id, {})
        known.update({key: value for key, value in metadata.items() if value is not None})

    def outcomes(self, paths: Sequence[Path], importer: str) -> Outcomes:
        """Return everything as an Outcomes whose provenance names the files."""
        rows = {name: row for row, name in enumerate(self.models)}
        columns = {name: column for column, name in enumerate(self.items)}
        shape = (len(rows), len(columns))
        scores = np.full(shape, np.nan, np.float32)
        layers: dict[str, np.ndarray] = {}
        for (model, item), values in self.cells.items():
            place = rows[model], columns[item]
            for name, value in values.items():
                if name == "score":
                    scores[place] = np.nan if value is None else value
                    continue
                if name not in layers:
                    layers[name] = _blank(shape, value)
                layers[name][place] = value
        models = standardise_models(_frame(MODEL, self.models))
        items = _frame(ITEM, self.items)
        origin = sources(sorted(set(paths)), importer)
        return Outcomes(scores, models, items, layers=layers, provenance=origin)


def _blank(shape: tuple[int, int], example: Any) -> np.ndarray:
    if isinstance(example, str):
        return np.full(shape, None, object)
    return np.full(shape, np.nan, np.float32)


def _frame(key: str, rows: dict[str, dict[str, Any]]) -> pl.DataFrame:
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    columns = [pl.Series(key, list(rows), dtype=pl.String)]
    for name in names:
        values = [row.get(name) for row in rows.values()]
        kinds = {type(value) for value in values if value is not None}
        if (
            kinds > {int, float}
            or len(kinds - {int, float}) > 1
            or (str in kinds and len(kinds) > 1)
        ):
            values = [None if value is None else str(value) for value in values]
        columns.append(pl.Series(name, values, strict=False))
    return pl.DataFrame(columns)


def collect(
    sheets: dict[str, Sheet], paths: Sequence[Path], options: ImportOptions, *, importer: str
) -> dict[str, Outcomes]:
    """Turn the sheets that hold something into collections named after the format.

    The key of a sheet is what is appended to the name: ``""``, ``"-items"``.
    """
    name = options.name or importer
    return {
        f"{name}{suffix}": sheet.outcomes(paths, importer)
        for suffix, sheet in sheets.items()
        if sheet.cells
    }


def imported(
    sheets: dict[str, Sheet],
    paths: Sequence[Path],
    options: ImportOptions,
    *,
    importer: str,
    notes: Iterable[str] = (),
) -> Imported:
    """Return the collections of the sheets, or say that the files hold no score."""
    collections = collect(sheets, paths, options, importer=importer)
    if not collections:
        raise ImportFormatError(paths[0], f"nothing in it is a score that {importer} writes")
    return Imported(collections=collections, notes=tuple(dict.fromkeys(notes)))


def walk(paths: Sequence[Path], accepts: Callable[[Path], bool], wanted: str) -> list[Path]:
    """List the files that were named and those in the folders that were named.

    Parameters
    ----------
    paths : sequence of Path
        A file is taken as it is, a folder is searched to the bottom.
    accepts : callable
        Whether a file of a folder is of the format.
    wanted : str
        What was looked for, in the words of the error where nothing is found.
    """
    found: list[Path] = []
    for path in paths:
        inside = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
        matching = inside if path.is_file() else [p for p in inside if accepts(p)]
        if not matching:
            raise ImportFormatError(
                path, f"the folder holds no {wanted} ({len(inside)} files looked at)"
            )
        found += [p for p in matching if p not in found]
    return found


def newest(
    runs: Iterable[T],
    *,
    key: Callable[[T], Hashable],
    stamp: Callable[[T], str],
    path: Callable[[T], Path],
    content: Callable[[T], object],
) -> tuple[list[T], list[str]]:
    """Keep the newest run of each key; the note says how many were left out.

    Where no date tells (none in a name, or the same in both), runs must have the same content.

    Examples
    --------
    >>> first = lambda run: run[0]
    >>> newest(
    ...     ["b1", "a1", "a2"], key=first, stamp=lambda run: run[1], path=Path, content=first
    ... )
    (['a2', 'b1'], ['left out 1 older result: the newest run of a model wins'])
    """
    groups: dict[Hashable, list[T]] = {}
    for run in runs:
        groups.setdefault(key(run), []).append(run)
    kept, n = [], 0
    for name in sorted(groups, key=str):
        last = max(map(stamp, groups[name]))
        best = [run for run in groups[name] if stamp(run) in ("", last)]
        _refuse_disagreement(name, best, path, content)
        kept.append(next(run for run in best if stamp(run) == last))
        n += len(groups[name]) - len(best)
    plural = "s" if n > 1 else ""
    note = [f"left out {n} older result{plural}: the newest run of a model wins"] if n else []
    return kept, note


def _refuse_disagreement(
    name: Hashable,
    runs: Sequence[T],
    path: Callable[[T], Path],
    content: Callable[[T], object],
) -> None:
    """Refuse runs that differ where no date says which of them is the newest."""
    for run in runs[1:]:
        # as text: NaN is not equal to itself
        if repr(content(run)) != repr(content(runs[0])):
            parts = name if isinstance(name, tuple) else (name,)
            result = ", ".join(repr(str(part)) for part in parts if part is not None)
            raise ImportFormatError(
                path(run),
                f"its result for {result} differs from that in {path(runs[0])}, and no date "
                "says which is newer; import one of them only",
            )


def left_out(metrics: Mapping[str, Sequence[str]]) -> list[str]:
    """Say which metrics of which tasks are not imported, in one note for each metric."""
    return [
        f"left out {metric} of {quoted(list(dict.fromkeys(tasks)))}: not a score where more is "
        "better"
        for metric, tasks in metrics.items()
    ]


def benchmark_id(
    task: str, metric: str | None, variant: str | None = None, shots: int | None = None
) -> str:
    """Name a benchmark so that other metrics, filters and shots do not collide with it.

    Examples
    --------
    >>> benchmark_id("gsm8k", "exact_match", "strict-match", 5)
    'gsm8k:exact_match:strict-match@5'
    """
    name = ":".join(part for part in (task, metric, variant) if part)
    return name if shots is None else f"{name}@{shots}"


def content_key(*parts: object) -> str:
    """Return a short digest of what makes a question that question."""
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]


def number(value: Any) -> float | None:
    """Return a finite number, or None for anything else (bool counts as 0 or 1)."""
    if isinstance(value, (bool, int, float)) and math.isfinite(value):
        return float(value)
    return None


def as_error(path: Path, value: Any, where: str, *, scale: float = 1.0) -> float | None:
    """Check a standard error and divide it by the scale; None where there is no number."""
    known = number(value)
    if known is None:
        return None
    return as_score(path, known, f"{where}, standard error", scale=scale, advise=False)


def integer(value: Any) -> int | None:
    """Return a whole number written as one or as text, or None."""
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() else None
