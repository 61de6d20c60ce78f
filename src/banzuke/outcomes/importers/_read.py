"""Reading files that somebody else wrote: bounded, and with errors that name the place."""

from __future__ import annotations

import csv
import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from banzuke.exceptions import ImportFormatError

MAX_LINE_BYTES = 64 * 2**20
"""No line of a result file is longer: a longer one is a damaged or hostile file."""
MAX_JSON_BYTES = 2 * 2**30
ABSENT = ("", "n/a", "na", "n.a.", "#n/a", "nan", "null", "none", "-", "--", "–", "—")
"""What tables write, in small letters, in a cell that was not evaluated."""
_CHUNK = 2**20
_ROUNDING = 1e-6
"""Means of float32 scores come out this far above 1 or below 0."""


def existing_file(path: Path) -> Path:
    """Return the path of a file that exists and is not empty."""
    if path.is_dir():
        raise ImportFormatError(path, "a folder, where a file is expected; name the file")
    if not path.is_file():
        raise ImportFormatError(path, "there is no such file")
    if path.stat().st_size == 0:
        raise ImportFormatError(path, "the file is empty")
    return path


def read_json(path: Path) -> Any:
    """Read one JSON value from a file."""
    size = existing_file(path).stat().st_size
    if size > MAX_JSON_BYTES:
        raise ImportFormatError(path, f"the file has {size:,} bytes, more than a result file holds")
    _refuse_long_lines(path)
    return parse_json(path, path.read_bytes())


def parse_json(path: Path, content: bytes, where: str | None = None) -> Any:
    """Parse JSON; the error names the line and column of the file, or `where`."""
    try:
        return json.loads(content)
    except UnicodeDecodeError as error:
        raise ImportFormatError(path, f"not UTF-8 text ({error.reason})", where) from None
    except json.JSONDecodeError as error:
        place = where or f"line {error.lineno}, column {error.colno}"
        raise ImportFormatError(path, f"not valid JSON, or cut off ({error.msg})", place) from None
    except (RecursionError, ValueError) as error:
        raise ImportFormatError(path, f"not JSON that can be read ({error})", where) from None


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield (line number from 1, line) without blank lines; refuses a line above 64 MiB."""
    with existing_file(path).open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                raise _too_long(path, number)
            if line.strip():
                yield number, line


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line number, object) of a JSON Lines file."""
    for number, line in read_lines(path):
        value = parse_json(path, line, f"line {number}")
        if not isinstance(value, dict):
            raise ImportFormatError(path, "not a JSON object", f"line {number}")
        yield number, value


def read_parquet(path: Path) -> pl.DataFrame:
    """Read a Parquet file."""
    with existing_file(path).open("rb") as file:
        # before all of it is read: a Parquet file begins and ends with the same four bytes
        begin, _ = file.read(4), file.seek(-min(4, path.stat().st_size), 2)
        if begin != b"PAR1" or file.read(4) != b"PAR1":
            raise ImportFormatError(path, "not a whole Parquet file (cut off, or another format)")
    try:
        # from bytes: a file that shrinks while it is memory-mapped would kill the process
        return pl.read_parquet(BytesIO(path.read_bytes()))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ImportFormatError(path, f"not a whole Parquet file ({reason})") from None


def read_csv(path: Path) -> pl.DataFrame:
    """Read a CSV file with every column as text; empty cells become null."""
    _refuse_long_lines(path)
    _refuse_other_encodings(path)
    _refuse_repeated_columns(path)
    try:
        return pl.read_csv(path, infer_schema_length=0, null_values=[""])
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise ImportFormatError(path, f"not a CSV table ({str(error).splitlines()[0]})") from None


def read_table(path: Path) -> pl.DataFrame:
    """Read a CSV or Parquet file, told apart by its first bytes."""
    with existing_file(path).open("rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    return read_parquet(path) if is_parquet or path.suffix == ".parquet" else read_csv(path)


def require(path: Path, value: Any, *keys: str) -> Any:
    """Follow keys into nested objects; the error names the key that is missing."""
    for depth, key in enumerate(keys):
        if not isinstance(value, dict) or key not in value:
            where = f"key {'.'.join(keys[: depth + 1])!r}"
            raise ImportFormatError(path, "the key is missing; is this another format?", where)
        value = value[key]
    return value


def as_dict(value: Any) -> dict[str, Any]:
    """Return an optional JSON object, empty where the file holds something else."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Return an optional JSON array, empty where the file holds something else."""
    return value if isinstance(value, list) else []


def as_score(
    path: Path, value: Any, where: str, *, scale: float = 1.0, advise: bool = True
) -> float | None:
    """Check one score and divide it by the scale; None and NaN mean 'not evaluated'.

    A score outside [0, 1] by rounding only is brought to the bound. With `advise`, the error
    names --scale where none was given; a format that does not take it says nothing of it.
    """
    if value is None:
        return None
    try:
        score = float(value) / scale
    except (TypeError, ValueError):
        raise ImportFormatError(path, f"{str(value)[:80]!r} is not a number", where) from None
    if math.isnan(score):
        return None
    if not -_ROUNDING <= score <= 1 + _ROUNDING:
        hint = (
            "" if scale != 1 or not advise else "; if the scores are percentages, add --scale 100"
        )
        raise ImportFormatError(path, f"score {value} is outside [0, {scale:g}]{hint}", where)
    return min(max(score, 0.0), 1.0)


def is_number(value: Any, number: float) -> bool:
    """Return whether a cell, a number or its text, holds that number."""
    try:
        return value is not None and math.isclose(float(value), number, rel_tol=1e-9)
    except (TypeError, ValueError):
        return False


def sources(paths: Sequence[Path], importer: str) -> dict[str, Any]:
    """Describe the files for an Outcomes' provenance: name and SHA-256."""
    return {
        "importer": importer,
        "sources": [{"file": path.name, "sha256": file_digest(path)} for path in sorted(paths)],
    }


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refuse_long_lines(path: Path) -> None:
    number, length = 1, 0
    with existing_file(path).open("rb") as file:
        while chunk := file.read(_CHUNK):
            for place, piece in enumerate(chunk.split(b"\n")):
                if place:  # a line ends between two pieces
                    number, length = number + 1, 0
                length += len(piece)
                if length > MAX_LINE_BYTES:
                    raise _too_long(path, number)


def _refuse_other_encodings(path: Path) -> None:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                raise ImportFormatError(
                    path, f"not UTF-8 text ({error.reason}); save it as UTF-8", f"line {number}"
                ) from None
            if b"\0" in line:
                raise ImportFormatError(path, "not text (a zero byte)", f"line {number}")


def _refuse_repeated_columns(path: Path) -> None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            header: list[str] = next(filter(None, csv.reader(file)), [])
        except csv.Error as error:
            raise ImportFormatError(path, f"not a CSV table ({error})", "line 1") from None
    twice = [name for name, n in Counter(header).items() if n > 1 and name]
    if twice:
        raise ImportFormatError(
            path, f"the column {twice[0]!r} is there more than once; name each apart", "line 1"
        )


def _too_long(path: Path, number: int) -> ImportFormatError:
    return ImportFormatError(
        path, f"the line is longer than {MAX_LINE_BYTES // 2**20} MiB", f"line {number}"
    )
