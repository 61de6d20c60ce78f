"""Import ``leaderboard``: a CSV or Parquet table, a row a model and a column a benchmark.

Which column is a benchmark: with ``--benchmarks``, those that it names and no other. Without
it, every column of numbers, apart from averages and ranks (left out: they follow from the
rest) and what is known by its name to be no score: the standard names of model metadata
(see `banzuke.outcomes.metadata`), and likes, downloads, sizes, tokens, FLOPs, costs, dates,
generations and the like. These, and columns of text, are metadata; a note names the columns
of numbers among them, and those of text that hold some numbers.

A cell that is empty, or says ``N/A``, ``NA``, ``-``, ``nan`` or the like, is not evaluated. A
column whose every value has a percent sign (``81%``) is read as percentages, whatever --scale
says; one of both kinds is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import polars as pl

from banzuke.exceptions import ImportFormatError
from banzuke.outcomes._check import ITEM, MODEL, quoted
from banzuke.outcomes._outcomes import Outcomes
from banzuke.outcomes.importers._base import Imported, ImportOptions
from banzuke.outcomes.importers._read import ABSENT, as_score, is_number, read_table, sources
from banzuke.outcomes.metadata import STANDARD_COLUMNS, standardise_models

_HINT = (
    "if it means 'not evaluated', say so with --missing; if the column is no benchmark, name "
    "those that are with --benchmarks"
)
_MODEL_COLUMNS = (MODEL, "model_id", "fullname", "model_name", "model name")
_AVERAGES = re.compile(
    r"^(rank|(total|overall)([ _]score)?|mean)$|^average\b|^average_|(^|[^a-z])avg([^a-z]|$)"
)
_NOT_SCORES = re.compile(
    r"^(|index|id|unnamed: \d+|n|generation|(lineage_)?depth|hub ❤️|(hub[ _])?(likes|downloads))$|"
    r"param(eter)?s\b|param count|(^|[ _])size\b|\btokens?\b|_tokens(_|$)|flops|"
    r"(^|[ _])(cost|price|latency)([ _]|$)|seconds|\bco2|\bco₂|(^|[ _])(date|year)$"
)


def read(paths: Sequence[Path], options: ImportOptions) -> Imported:
    """Read one table for each path; the collection is named after the file."""
    collections, notes = {}, []
    for path in paths:
        name = options.collection(path.stem, path, len(paths))
        if name in collections:
            raise ImportFormatError(
                path, f"another of the files is called {name!r} too; import them one at a time"
            )
        collections[name], remarks = _read_file(path, options)
        notes += remarks
    return Imported(collections=collections, notes=notes)


def _read_file(path: Path, options: ImportOptions) -> tuple[Outcomes, list[str]]:
    table = read_table(path)
    key = _model_column(path, table, options.model_column)
    names = table[key].cast(pl.String)
    _check_names(path, key, names)
    benchmarks, derived = _benchmark_columns(table, key)
    if options.benchmarks:
        benchmarks, derived = _named_columns(path, table, key, options.benchmarks), list[str]()
    if not benchmarks:
        raise ImportFormatError(path, "no column holds scores; a benchmark is a column of numbers")
    scores = np.array([_column(path, table[column], options) for column in benchmarks])
    models = table.drop(*benchmarks, *derived).rename({} if key == MODEL else {key: MODEL})
    models = models.with_columns(pl.col(MODEL).cast(pl.String))
    items = pl.DataFrame({ITEM: benchmarks, "benchmark": benchmarks})
    outcomes = Outcomes(
        scores.T, standardise_models(models), items, provenance=sources([path], "leaderboard")
    )
    return outcomes, list(_remarks(path, table, key, (benchmarks, derived)))


def _remarks(
    path: Path, table: pl.DataFrame, key: str, taken: tuple[list[str], list[str]]
) -> Iterator[str]:
    benchmarks, derived = taken
    if derived:
        yield f"{path.name}: left out {quoted(derived)}, which follows from the rest"
    numbers = [
        column
        for column in table.columns
        if column not in (key, *benchmarks, *derived)
        and column.strip().lower() not in _known_metadata()
        and _holds_numbers(table[column])
    ]
    if numbers:
        yield (
            f"{path.name}: {quoted(numbers, 8)} taken as metadata, not as a benchmark; "
            "--benchmarks says which columns hold scores"
        )
    mixed = [
        f"{column!r} ({some} of {present} cells)"
        for column in table.columns
        if column not in (key, *benchmarks, *derived, *numbers)
        and column.strip().lower() not in _known_metadata()
        and (some := sum(_counts(table[column])[:2]))
        and (present := _counts(table[column])[2])
    ]
    if mixed:
        yield (
            f"{path.name}: left as text, though some cells are numbers: {', '.join(mixed[:8])}"
            f"{', ...' if len(mixed) > 8 else ''}; --benchmarks says which columns hold scores"
        )


def _model_column(path: Path, table: pl.DataFrame, wanted: str | None) -> str:
    if wanted is not None:
        if wanted not in table.columns:
            raise ImportFormatError(path, "the model column is missing", f"column {wanted!r}")
        return wanted
    by_lower = {column.strip().lower(): column for column in reversed(table.columns)}
    for name in _MODEL_COLUMNS:
        if name in by_lower:
            return by_lower[name]
    raise ImportFormatError(
        path,
        f"no column names the model (columns: {quoted(table.columns, 8)}); "
        "call it 'model', or say which it is with --model-column",
    )


def _check_names(path: Path, key: str, names: pl.Series) -> None:
    empty = np.flatnonzero((names.is_null() | (names.str.strip_chars() == "")).to_numpy())
    if empty.size:
        raise ImportFormatError(path, "the model's name is missing", _place(int(empty[0]), key))
    if names.n_unique() != names.len():
        row = int(np.flatnonzero((~names.is_first_distinct()).to_numpy())[0])
        raise ImportFormatError(
            path,
            f"model {names[row]!r} is there more than once; each row needs its own name",
            _place(row, key),
        )


def _known_metadata() -> set[str]:
    return set(STANDARD_COLUMNS).union(*STANDARD_COLUMNS.values())


def _named_columns(path: Path, table: pl.DataFrame, key: str, wanted: Sequence[str]) -> list[str]:
    found: list[str] = []
    for pattern in wanted:
        matching = [
            c for c in table.columns if c != key and (c == pattern or fnmatchcase(c, pattern))
        ]
        if not matching:
            raise ImportFormatError(path, "no column has this name", f"--benchmarks {pattern!r}")
        found += [column for column in matching if column not in found]
    return found


def _benchmark_columns(table: pl.DataFrame, key: str) -> tuple[list[str], list[str]]:
    metadata = _known_metadata()
    benchmarks, derived = [], []
    for column in table.columns:
        lower = column.strip().lower()
        if column == key or lower in metadata or not _holds_numbers(table[column]):
            continue
        if _AVERAGES.search(lower):
            derived.append(column)
        elif not _NOT_SCORES.search(lower):
            benchmarks.append(column)
    return benchmarks, derived


def _holds_numbers(column: pl.Series) -> bool:
    if column.dtype.is_numeric():
        return True
    # one typo must not turn a benchmark into metadata unnoticed: half numbers is a benchmark
    numbers, percentages, present = _counts(column)
    return present > 0 and 2 * (numbers + percentages) >= present


def _counts(column: pl.Series) -> tuple[int, int, int]:
    """Count, in a column of text, the numbers, those with a percent sign, and all values."""
    if column.dtype != pl.String:
        return 0, 0, 0
    text = column.drop_nulls().str.strip_chars()
    values = text.filter(~text.str.to_lowercase().is_in(list(ABSENT)))
    numbers, percentages = (
        int(kind.cast(pl.Float64, strict=False).is_not_null().sum())
        for kind in (values, values.filter(values.str.ends_with("%")).str.strip_chars_end("% "))
    )
    return numbers, percentages, values.len()


def _column(path: Path, column: pl.Series, options: ImportOptions) -> list[float]:
    values = []
    _, percentages, present = _counts(column)
    in_percent = present > 0 and percentages == present
    for row, value in enumerate(column.to_list()):
        where = _place(row, column.name)
        text = str(value).strip()
        if value is None or text.lower() in ABSENT:
            values.append(np.nan)
            continue
        if in_percent:
            value = text.rstrip("% ")  # noqa: PLW2901
        elif percentages and text.endswith("%"):
            raise ImportFormatError(
                path, f"{text!r} has a percent sign and other cells have none; mend either", where
            )
        if options.missing is not None and is_number(value, options.missing):
            values.append(np.nan)
            continue
        try:
            scale = 100.0 if in_percent else options.scale
            score = as_score(path, value, where, scale=scale)
        except ImportFormatError as error:
            raise ImportFormatError(path, f"{error.reason}; {_HINT}", where) from None
        values.append(np.nan if score is None else score)
    return values


def _place(row: int, column: str) -> str:
    return f"line {row + 2}, column {column!r}"  # line 1 is the header
