"""Import ``open-llm-leaderboard``: the contents table of the Open LLM Leaderboard.

Collection (default name): ``open-llm-leaderboard-v2`` for tables with IFEval, and
``open-llm-leaderboard-v1`` for tables with HellaSwag. One row a (model, precision,
revision); the score is the raw one. A model that is there once keeps its name, one that is
there more than once gets `` (precision)`` appended, and its revision where that is not
enough. Rows that repeat a (model, precision, revision) are read once: the one submitted
last. Where a version-2 table has no raw scores, the chance-normalised ones are imported
into ``open-llm-leaderboard-v2-normalised``. Averages are left out; every other column is
metadata.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from banzuke.exceptions import ImportFormatError, InvalidInputError
from banzuke.outcomes._check import ITEM, MODEL
from banzuke.outcomes._outcomes import Outcomes
from banzuke.outcomes.importers._base import Imported, ImportOptions
from banzuke.outcomes.importers._gather import walk
from banzuke.outcomes.importers._read import as_score, read_table, sources
from banzuke.outcomes.metadata import standardise_models

_NAMES = ("fullname", "model_name_for_query", "model_name", "model_id", "model")
_V2: Mapping[str, tuple[str, ...]] = {
    "IFEval": ("ifeval",),
    "BBH": ("bbh",),
    "MATH Lvl 5": ("mathlvl5", "math5", "math"),
    "GPQA": ("gpqa",),
    "MUSR": ("musr",),
    "MMLU-PRO": ("mmlupro",),
}
_V1: Mapping[str, tuple[str, ...]] = {
    "ARC": ("arc", "arcchallenge"),
    "HellaSwag": ("hellaswag",),
    "MMLU": ("mmlu",),
    "TruthfulQA": ("truthfulqa",),
    "Winogrande": ("winogrande",),
    "GSM8K": ("gsm8k",),
}
_DERIVED = re.compile(r"^average|^eval_?name$|^t$", re.IGNORECASE)
_ANCHOR = re.compile(r"^\s*<a\b[^>]*>([^<]+)</a>.*$", re.DOTALL)


def read(paths: Sequence[Path], options: ImportOptions) -> Imported:
    """Read one or more contents tables, each of one version of the leaderboard."""
    files = walk(paths, _is_table, "CSV or Parquet table of the Open LLM Leaderboard")
    collections: dict[str, Outcomes] = {}
    notes: list[str] = []
    for path in files:
        name, outcomes = _read_file(path, notes)
        name = options.name or name
        if name in collections:
            raise InvalidInputError(
                f"{path} goes into collection '{name}' like another of the files; "
                "import them one at a time"
            )
        collections[name] = outcomes
    return Imported(collections=collections, notes=notes)


def _is_table(path: Path) -> bool:
    return path.suffix in (".csv", ".parquet")


def _read_file(path: Path, notes: list[str]) -> tuple[str, Outcomes]:
    table = read_table(path)
    name, columns, scale = _score_columns(path, table)
    if name.endswith("normalised"):
        notes.append(f"{path.name}: has no raw scores, so the normalised ones are imported")
    names = _model_names(path, table)
    keep = _latest(path, table, names, notes)
    ids = _distinct_names(table, names, keep)
    scores = np.full((len(keep), len(columns)), np.nan, np.float32)
    for number, column in enumerate(columns.values()):
        values = table[column].to_list()
        for row, place in enumerate(keep):
            where = f"line {place + 2}, column {column!r}"
            score = as_score(path, values[place], where, scale=scale, advise=False)
            scores[row, number] = np.nan if score is None else score
    items = pl.DataFrame({ITEM: list(columns), "benchmark": list(columns)})
    models = _metadata(table[keep], [names[row] for row in keep], ids)
    origin = sources([path], "open-llm-leaderboard")
    return name, Outcomes(scores, models, items, provenance=origin)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _pick(
    columns: Mapping[str, str], wanted: Mapping[str, tuple[str, ...]], *endings: str
) -> dict[str, str]:
    found = {}
    for benchmark, aliases in wanted.items():
        for alias in (alias + ending for ending in endings for alias in aliases):
            if alias in columns:
                found[benchmark] = columns[alias]
                break
    return found


def _score_columns(path: Path, table: pl.DataFrame) -> tuple[str, dict[str, str], float]:
    by_plain = {_plain(column): column for column in reversed(table.columns)}
    raw = _pick(by_plain, _V2, "raw")
    if raw:
        missing = [benchmark for benchmark in _V2 if benchmark not in raw]
        if missing:
            raise ImportFormatError(path, f"the raw score column of {missing[0]} is missing")
        return "open-llm-leaderboard-v2", raw, 1.0
    normalised = _pick(by_plain, _V2, "", "norm", "normalized", "normalised")
    if "IFEval" in normalised:
        return "open-llm-leaderboard-v2-normalised", normalised, 100.0
    first = _pick(by_plain, _V1, "")
    if "HellaSwag" in first:
        return "open-llm-leaderboard-v1", first, 100.0
    raise ImportFormatError(
        path,
        "none of its columns is a benchmark of the Open LLM Leaderboard (such as 'IFEval Raw' or "
        "'HellaSwag'); is this a 'leaderboard' table?",
    )


def _column(table: pl.DataFrame, *aliases: str) -> pl.Series | None:
    by_lower = {column.strip().lower(): column for column in reversed(table.columns)}
    return next((table[by_lower[alias]] for alias in aliases if alias in by_lower), None)


def _model_names(path: Path, table: pl.DataFrame) -> list[str]:
    column = _column(table, *_NAMES)
    if column is None:
        raise ImportFormatError(path, "the model column is missing", "column 'fullname'")
    names = []
    for row, value in enumerate(column.to_list()):
        text = "" if value is None else str(value).strip()
        # in some dumps the name is a link to the hub
        text = _ANCHOR.sub(r"\1", text).strip()
        if not text:
            where = f"line {row + 2}, column {column.name!r}"
            raise ImportFormatError(path, "the model's name is missing", where)
        names.append(text)
    return names


def _texts(column: pl.Series | None, n: int) -> list[str]:
    if column is None:
        return [""] * n
    return ["" if value is None else str(value).strip() for value in column.to_list()]


def _latest(path: Path, table: pl.DataFrame, names: list[str], notes: list[str]) -> list[int]:
    n = len(names)
    precision = _texts(_column(table, "precision"), n)
    revision = _texts(_column(table, "model sha", "sha", "revision"), n)
    submitted = _texts(_column(table, "submission date", "submission_date", "date"), n)
    kept: dict[tuple[str, str, str], int] = {}
    for row in range(n):
        key = (names[row], precision[row], revision[row])
        if key not in kept or submitted[row] > submitted[kept[key]]:
            kept[key] = row
    if len(kept) < n:
        notes.append(
            f"{path.name}: left out {n - len(kept)} rows that repeat a model, precision and "
            "revision; the one submitted last counts"
        )
    return sorted(kept.values())


def _distinct_names(table: pl.DataFrame, names: list[str], keep: list[int]) -> list[str]:
    precision = _texts(_column(table, "precision"), len(names))
    revision = _texts(_column(table, "model sha", "sha", "revision"), len(names))
    plain = [names[row] for row in keep]
    labelled = [_labelled(names[row], precision[row]) for row in keep]
    exact = [_labelled(names[row], precision[row], revision[row][:7]) for row in keep]
    once, twice = Counter(plain), Counter(labelled)
    return [
        p if once[p] == 1 else (with_precision if twice[with_precision] == 1 else with_revision)
        for p, with_precision, with_revision in zip(plain, labelled, exact, strict=True)
    ]


def _labelled(name: str, *labels: str) -> str:
    said = [label for label in labels if label]
    return f"{name} ({', '.join(said)})" if said else name


def _metadata(table: pl.DataFrame, names: list[str], ids: list[str]) -> pl.DataFrame:
    scores = {
        alias + ending
        for aliases in (*_V2.values(), *_V1.values())
        for alias in aliases
        for ending in ("", "raw", "norm", "normalized", "normalised")
    }
    # every name column says the same; the plain name is kept once, as "name"
    drop = {
        column
        for column in table.columns
        if _plain(column) in scores
        or _DERIVED.search(column.strip())
        or column.strip().lower() in (*_NAMES, "name")
    }
    if "T" in drop and _column(table, "type") is None:
        drop.remove("T")
    rest = table.drop(drop)
    key = [pl.Series(MODEL, ids, dtype=pl.String), pl.Series("name", names, dtype=pl.String)]
    return standardise_models(pl.DataFrame([*key, *rest.get_columns()]))
