"""Import ``alpaca-eval``: annotations.json and leaderboard CSV files of AlpacaEval.

Collections (default names): ``alpaca-eval`` from a leaderboard, with the items ``win_rate``
and ``length_controlled_winrate`` (percentages, divided by 100), layer ``standard_error``,
and ``mode`` (minimal, verified, community, dev), ``avg_length`` and what else the table
says as metadata: a leaderboard may hold entries that were made to cheat, and ``mode`` is
how it says so. ``alpaca-eval-items`` from annotations, an item for each instruction and
baseline: 1 where the model won, 0 where the baseline won, 0.5 for a draw, and values
between for an annotator that weighs; layer ``answer`` holds the model's text. Annotations
without a preference are unanswered, not lost.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from banzuke.exceptions import ImportFormatError
from banzuke.outcomes.importers._base import Imported, ImportOptions
from banzuke.outcomes.importers._gather import (
    Sheet,
    as_error,
    content_key,
    imported,
    newest,
    number,
    walk,
)
from banzuke.outcomes.importers._read import as_score, read_csv, read_json, require

_ERRORS = {
    "win_rate": "standard_error",
    "length_controlled_winrate": "lc_standard_error",
    "discrete_win_rate": None,
}
_MODES = ("mode", "filter")


def read(paths: Sequence[Path], options: ImportOptions) -> Imported:
    """Read annotations and leaderboards."""
    files = walk(paths, _is_ours, "annotations.json or leaderboard CSV of AlpacaEval")
    sheets = {"": Sheet(), "-items": Sheet()}
    rows: list[tuple[Path, str, Mapping[str, Any], int]] = []
    for path in files:
        if path.suffix == ".csv":
            rows += _leaderboard(path)
        else:
            _read_annotations(sheets["-items"], path)
    kept, notes = newest(
        rows,
        key=lambda row: row[1],
        stamp=lambda row: _when(row[0]),
        path=lambda row: row[0],
        content=lambda row: row[2],
    )
    for path, model, row, line in kept:
        _put_row(sheets[""], path, (model, row), line)
    return imported(sheets, files, options, importer="alpaca-eval", notes=notes)


def _is_ours(path: Path) -> bool:
    return path.name.endswith("leaderboard.csv") or path.name == "annotations.json"


def _when(path: Path) -> str:
    # the files carry no date of their own
    return f"{path.stat().st_mtime:020.6f}"


def _leaderboard(path: Path) -> list[tuple[Path, str, Mapping[str, Any], int]]:
    table = read_csv(path)
    if "win_rate" not in table.columns:
        raise ImportFormatError(path, "the column is missing", "column 'win_rate'")
    # the index column of the leaderboard has no name; on the project's page it is "name"
    key = "name" if "name" in table.columns else table.columns[0]
    if key == "win_rate":
        raise ImportFormatError(path, "no column names the model")
    names = [(value or "").strip() for value in table[key].to_list()]
    if "" in names:
        line = names.index("") + 2
        raise ImportFormatError(path, "the model's name is missing", f"line {line}")
    given = list(table.iter_rows(named=True))
    unique = _distinct(path, names, [_mode(row) for row in given])
    return [
        (path, name, {k: v for k, v in row.items() if k != key}, place + 2)
        for place, (name, row) in enumerate(zip(unique, given, strict=True))
    ]


def _mode(row: Mapping[str, Any]) -> str:
    return next((str(row[key]) for key in _MODES if row.get(key)), "")


def _distinct(path: Path, names: list[str], modes: list[str]) -> list[str]:
    counts = Counter(names)
    labelled = [
        f"{name} ({mode})" if counts[name] > 1 and mode else name
        for name, mode in zip(names, modes, strict=True)
    ]
    for place, name in enumerate(labelled):
        if name in labelled[:place]:
            raise ImportFormatError(
                path, f"model {name!r} is there more than once", f"line {place + 2}"
            )
    return labelled


def _put_row(sheet: Sheet, path: Path, entry: tuple[str, Mapping[str, Any]], line: int) -> None:
    model, row = entry
    scores = [name for name in _ERRORS if row.get(name) is not None]
    rest = {k: v for k, v in row.items() if k not in _ERRORS and k not in _ERRORS.values()}
    sheet.model(
        model,
        mode=_mode(row) or None,
        **{k: _plain(v) for k, v in rest.items() if k not in _MODES and k},
    )
    for name in scores:
        if name == "discrete_win_rate":
            continue  # win_rate with the weights rounded away
        where = f"line {line}, column {name!r}"
        score = as_score(path, row[name], where, scale=100.0)
        error = as_error(path, _float(row.get(_ERRORS[name] or "")), where, scale=100.0)
        sheet.item(name, benchmark=name, task="alpaca_eval", metric=name)
        sheet.put(path, where, (model, name), score, standard_error=error)


def _float(value: Any) -> float | None:
    try:
        return None if value is None else number(float(value))
    except ValueError:
        return None


def _plain(value: Any) -> Any:
    parsed = _float(value)
    return value if parsed is None else parsed


def _read_annotations(sheet: Sheet, path: Path) -> None:
    content = read_json(path)
    if not isinstance(content, list):
        raise ImportFormatError(path, "not a list of annotations; is this another format?")
    for index, row in enumerate(content):
        where = f"entry {index}"
        instruction = require(path, row, "instruction")
        model, baseline = (str(require(path, row, k)) for k in ("generator_2", "generator_1"))
        if "preference" not in row:
            raise ImportFormatError(path, "the key is missing", f"{where}, key 'preference'")
        judge = str(row.get("annotator") or "unknown judge")
        benchmark = f"win over {baseline} ({judge})"
        item = f"{benchmark}#{content_key(row.get('dataset') or '', instruction)}"
        sheet.item(
            item,
            benchmark=benchmark,
            task=str(row.get("dataset") or "alpaca_eval"),
            metric="win_rate",
            text=str(instruction),
        )
        score = _won(path, row["preference"], where)
        answer = row.get("output_2")
        sheet.put(path, where, (model, item), score, answer=None if answer is None else str(answer))


def _won(path: Path, preference: Any, where: str) -> float | None:
    """Map a preference (1 the baseline, 2 the model, 0 or 1.5 a draw) to the model's score."""
    value = number(preference)
    if preference is None or (isinstance(preference, float) and math.isnan(preference)):
        return None
    if value is None or not (value == 0 or 1 <= value <= 2):
        shown = str(preference)[:80]
        raise ImportFormatError(
            path,
            f"preference {shown!r} is not a number from 1 (baseline) to 2 (model), or 0",
            where,
        )
    return value - 1 if value else 0.5
