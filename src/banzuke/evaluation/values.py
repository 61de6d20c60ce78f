"""Values of neural metrics that were computed elsewhere, kept beside a run."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from banzuke.evaluation.measures import MEASURES
from banzuke.evaluation.records import RunFolder
from banzuke.exceptions import ImportFormatError, InvalidInputError
from banzuke.outcomes.files import write_atomic

FILE = "values.jsonl"
COLUMNS = ("item_id", "metric", "value")

Values = Mapping[str, Mapping[str, float]]
"""By item id and measure, from 0 to 1."""


def read_values(run: Path) -> dict[str, dict[str, float]]:
    """Return the values that are kept beside a run; none where there are none."""
    path = run / FILE
    return _gather(path, _json_lines(path)) if path.exists() else {}


def import_values(run: Path, path: Path) -> int:
    """Read values from a file, and keep them beside a run.

    Parameters
    ----------
    run : Path
        Folder of a run.
    path : Path
        JSON Lines, or CSV where the name ends in ``.csv``, with item_id, metric
        (``comet_wmt22``, ``bert_score_ja`` or ``bert_score_en``) and value, 0 to 1.

    Returns
    -------
    int
        How many values were read.

    Raises
    ------
    ImportFormatError
        Where a row is damaged, or its value is out of range.
    InvalidInputError
        Where an item is not of the run.
    """
    rows = _csv(path) if path.suffix == ".csv" else _json_lines(path)
    found = _gather(path, rows)
    known = set(RunFolder(run).places())
    strange = next((item for item in found if item not in known), None)
    if strange is not None:
        raise InvalidInputError(
            f"{path} has a value for {strange!r}, which is no item of {run.name}"
        )
    keep_values(run, found)
    return sum(map(len, found.values()))


def keep_values(run: Path, new: Values) -> None:
    """Add values to those beside a run, in a fixed order; new ones replace old ones."""
    merged = read_values(run)
    for item, values in new.items():
        merged.setdefault(item, {}).update(values)
    lines = (
        orjson.dumps(dict(zip(COLUMNS, (item, metric, merged[item][metric]), strict=True)))
        for item in sorted(merged)
        for metric in sorted(merged[item])
    )
    write_atomic(run / FILE, b"".join(line + b"\n" for line in lines))


def _gather(path: Path, rows: Iterable[tuple[int, Any]]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for number, row in rows:
        where = f"line {number}"
        try:
            item, metric, value = (row[column] for column in COLUMNS)
            value = float(value)
        except (KeyError, TypeError, ValueError):
            raise ImportFormatError(
                path, "a row needs item_id, metric and a number as value", where
            ) from None
        if metric not in MEASURES or not MEASURES[metric].imported:
            names = ", ".join(name for name, one in MEASURES.items() if one.imported)
            raise ImportFormatError(path, f"{metric!r} is not imported; {names} are", where)
        if not math.isfinite(value) or not 0 <= value <= 1:
            raise ImportFormatError(path, f"the value {value:g} is not from 0 to 1", where)
        found.setdefault(str(item), {})[metric] = value
    return found


def _json_lines(path: Path) -> Iterator[tuple[int, Any]]:
    with _opened(path) as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield number, orjson.loads(line)
            except ValueError:
                raise ImportFormatError(path, "is no JSON", f"line {number}") from None


def _csv(path: Path) -> Iterator[tuple[int, Any]]:
    with _opened(path) as lines:
        yield from enumerate(csv.DictReader(lines), start=2)


def _opened(path: Path) -> Any:
    try:
        return path.open(encoding="utf-8", newline="")
    except OSError as error:
        raise ImportFormatError(path, f"cannot be read ({error.strerror})") from error
