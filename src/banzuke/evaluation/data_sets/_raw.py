"""The raw files of one data set: read, decoded, and blamed by name where they are wrong."""

from __future__ import annotations

import csv
import fnmatch
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar
from xml.etree.ElementTree import Element

from banzuke.evaluation.data_sets._records import Source
from banzuke.evaluation.data_sets._xml import parse_xml
from banzuke.exceptions import ImportFormatError, StorageError

T = TypeVar("T")
MAX_BYTES = 2**30
"""No raw file is larger than this; a larger one is not read into memory."""


class RawFolder:
    """The folder of raw files of one data set.

    Parameters
    ----------
    path : Path
        Where the files are.
    skip_malformed : bool, default False
        Leave out files that cannot be parsed, where a data set has thousands of files,
        and keep their names in `skipped`. What else a user should know is in `notes`.
    """

    def __init__(self, path: Path, *, skip_malformed: bool = False) -> None:
        self.path = path
        self.skip_malformed = skip_malformed
        self.skipped: list[str] = []
        self.notes: list[str] = []

    def has(self, source: Source) -> bool:
        """Return whether a source, or its substitute, is there."""
        return any((self.path / name).exists() for name in (source.path, source.substitute) if name)

    def find(self, source: Source) -> str:
        """Return the path of a source, or of its substitute where only that is there."""
        official = not source.substitute or (self.path / source.path).exists()
        return source.path if official else source.substitute

    def data(self, name: str) -> bytes:
        """Read a file."""
        path = self.path / name
        try:
            if path.stat().st_size > MAX_BYTES:
                raise ImportFormatError(path, f"is larger than {MAX_BYTES} bytes, which is refused")
            return path.read_bytes()
        except OSError as error:
            raise StorageError(f"{path} cannot be read: {error.strerror}") from error

    def text(self, name: str) -> str:
        """Read a UTF-8 file; a byte order mark is dropped."""
        try:
            return self.data(name).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ImportFormatError(
                self.path / name, f"is not UTF-8 ({error.reason} at byte {error.start})"
            ) from error

    def lines(self, name: str) -> list[str]:
        """Read the lines of a file, without their ends."""
        return self.text(name).replace("\r\n", "\n").rstrip("\n").split("\n")

    def json(self, name: str) -> Any:
        """Read a JSON document."""
        return self._json(self.text(name), name, None)

    def json_lines(self, name: str) -> list[dict[str, Any]]:
        """Read a file of one JSON object a line."""
        return [
            self._json(line, name, f"line {number}")
            for number, line in enumerate(self.lines(name), 1)
            if line.strip()
        ]

    def table(self, name: str, *, columns: int) -> list[list[str]]:
        """Read the cells of a tab-separated file without quoting.

        Parameters
        ----------
        name : str
        columns : int
            How many cells a row has at least; a shorter one is an error.
        """
        rows = [line.split("\t") for line in self.lines(name)]
        return self._full(rows, name, columns)

    def csv(self, name: str, *, columns: int) -> list[list[str]]:
        """Read the rows of a comma-separated file; quoted cells may hold line breaks."""
        return self.parse_csv(self.text(name), name, columns=columns)

    def parse_csv(self, text: str, name: str, *, columns: int) -> list[list[str]]:
        """Read the rows of comma-separated text that came out of the file `name`."""
        try:
            rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
        except csv.Error as error:
            raise ImportFormatError(self.path / name, f"is not a CSV file ({error})") from error
        return self._full(rows, name, columns)

    def xml(self, name: str) -> Element:
        """Read an XML document, safely."""
        return parse_xml(self.data(name), self.path / name)

    def files(self, folder: str, pattern: str) -> list[str]:
        """List the files below a folder whose name matches a pattern, sorted by path."""
        found = (path for path in (self.path / folder).rglob("*") if path.is_file())
        return sorted(
            path.relative_to(self.path).as_posix()
            for path in found
            if fnmatch.fnmatch(path.name, pattern)
        )

    def each(self, names: Iterable[str], read: Callable[[str], T]) -> Iterator[tuple[str, T]]:
        """Read many files; malformed ones are skipped and counted where that was asked for."""
        for name in names:
            try:
                content = read(name)
            except ImportFormatError as error:
                if not self.skip_malformed:
                    raise ImportFormatError(
                        error.path,
                        f"{error.reason}; go on without such files with --skip-malformed",
                        error.where,
                    ) from error
                if name not in self.skipped:
                    self.skipped.append(name)
                continue
            yield name, content

    def field(self, row: Mapping[str, Any], key: str, name: str) -> Any:
        """Return a field of a row, or say which one a file lacks."""
        if not isinstance(row, Mapping) or key not in row:
            raise ImportFormatError(self.path / name, f"a row has no field '{key}'")
        return row[key]

    def _json(self, text: str, name: str, where: str | None) -> Any:
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ImportFormatError(self.path / name, f"is not JSON ({error})", where) from error

    def _full(self, rows: list[list[str]], name: str, columns: int) -> list[list[str]]:
        for number, row in enumerate(rows, 1):
            if len(row) < columns:
                raise ImportFormatError(
                    self.path / name,
                    f"has {len(row)} columns where {columns} were expected",
                    f"row {number}",
                )
        return rows
