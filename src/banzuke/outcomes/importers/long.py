"""Import ``long``: a CSV or Parquet table with a row for each result.

Columns ``model``, ``item`` (or ``item_id``, or ``benchmark``) and ``score``; any number of
``answer``, ``confidence`` and ``standard_error`` become layers; ``benchmark``, ``task``,
``label``, ``text`` become metadata of the item. The collection is named after the file.
A standard error has the scale of the scores, a confidence its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from banzuke.exceptions import ImportFormatError
from banzuke.outcomes.importers._base import Imported, ImportOptions
from banzuke.outcomes.importers._gather import Sheet, walk
from banzuke.outcomes.importers._read import as_score, is_number, read_table

_ITEMS = ("item", "item_id", "question_id", "benchmark")
_METADATA = ("benchmark", "task", "label", "text")


def read(paths: Sequence[Path], options: ImportOptions) -> Imported:
    """Read one table for each path."""
    files = walk(paths, lambda path: path.suffix in (".csv", ".parquet"), "CSV or Parquet table")
    collections = {}
    for path in files:
        name = options.collection(path.stem, path, len(files))
        if name in collections:
            raise ImportFormatError(
                path, f"another of the files is called {name!r} too; import them one at a time"
            )
        collections[name] = _read_file(path, options).outcomes([path], "long")
    return Imported(collections=collections)


def _read_file(path: Path, options: ImportOptions) -> Sheet:
    table = read_table(path)
    model = options.model_column or "model"
    item = next((name for name in _ITEMS if name in table.columns), _ITEMS[0])
    for column in (model, item, "score"):
        if column not in table.columns:
            raise ImportFormatError(path, "the column is missing", f"column {column!r}")
    if table.height == 0:
        raise ImportFormatError(path, "the table has no rows")
    sheet = Sheet()
    for line, row in enumerate(table.iter_rows(named=True), start=2):
        names = [
            _name(path, row[column], f"line {line}, column {column!r}") for column in (model, item)
        ]
        where = f"line {line}, column 'score'"
        score = _score(path, row["score"], where, options)
        sheet.item(names[1], **{k: _text(row[k]) for k in _METADATA if k in table.columns})
        layers: dict[str, Any] = {
            name: convert(path, row[name], f"line {line}, column {name!r}", options)
            for name, convert in _NUMBERS.items()
            if name in row
        }
        if "answer" in row:
            layers["answer"] = _text(row["answer"])
        sheet.put(path, where, (names[0], names[1]), score, **layers)
    return sheet


def _score(path: Path, value: Any, where: str, options: ImportOptions) -> float | None:
    if options.missing is not None and is_number(value, options.missing):
        return None
    return as_score(path, value, where, scale=options.scale)


def _name(path: Path, value: Any, where: str) -> str:
    text = "" if value is None else str(value).strip()
    if not text:
        raise ImportFormatError(path, "the name is missing", where)
    return text


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _confidence(path: Path, value: Any, where: str, _: ImportOptions) -> float | None:
    try:
        known = None if value is None else float(value)
    except (TypeError, ValueError):
        raise ImportFormatError(path, f"{str(value)[:80]!r} is not a number", where) from None
    # a layer is of single precision
    if known is not None and abs(known) > float(np.finfo(np.float32).max):
        raise ImportFormatError(path, f"{value} is infinite, or too large to keep", where)
    return known


def _standard_error(path: Path, value: Any, where: str, options: ImportOptions) -> float | None:
    known = _confidence(path, value, where, options)
    if known is None or math.isnan(known):
        return None
    if not 0 <= known <= options.scale:
        raise ImportFormatError(
            path, f"standard error {value} is outside [0, {options.scale:g}]", where
        )
    return known / options.scale


_NUMBERS = {"confidence": _confidence, "standard_error": _standard_error}
