"""The logs: prompt, answer and score of each item, as Parquet that DuckDB reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import fsspec
import orjson
import polars as pl

from banzuke.evaluation.records import Record
from banzuke.evaluation.values import Values
from banzuke.exceptions import InvalidInputError, StorageError
from banzuke.outcomes.files import write_atomic

_SCHEMA: Mapping[str, Any] = {
    "submission": pl.String,
    "run": pl.Int32,
    "data_set": pl.String,
    "item": pl.String,
    "at": pl.Datetime("us", "UTC"),
    "prompt": pl.String,
    "raw": pl.String,
    "answer": pl.String,
    "thinking": pl.String,
    "score": pl.Float64,
    "parse_failure": pl.Boolean,
    "truncated": pl.Boolean,
    "finish_reason": pl.String,
    "prompt_tokens": pl.Int64,
    "completion_tokens": pl.Int64,
    "latency_seconds": pl.Float64,
    "more": pl.String,
}
_ITEM = "item_id"
_VALUES = "values.json"
# a time with a zone would need an extension of DuckDB; shorter names first, so 10 follows 9
_PAGE = """
SELECT * REPLACE (epoch_us("at") AS "at") FROM answers {condition}
ORDER BY data_set, length(item), item LIMIT ? OFFSET ?
"""


class ItemLogs:
    """One Parquet file for each data set of each run.

    Parameters
    ----------
    root : str
        Folder or fsspec URL; ``<root>/<submission>/<run>/<data set>.parquet``.
    """

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/")
        try:
            self._fs, self._path = fsspec.core.url_to_fs(self.root)
        except (ValueError, ImportError) as error:
            raise InvalidInputError(f"the logs cannot be kept at {root}: {error}") from None
        self._local = "://" not in self.root

    def write(
        self, submission: str, run: int, data_set: str, records: Iterable[tuple[Record, datetime]]
    ) -> None:
        """Write the answers of a data set; the file is there whole or not at all.

        Raises
        ------
        StorageError
            Where it cannot be written.
        """
        rows = [_row(submission, run, data_set, record, at) for record, at in records]
        buffer = BytesIO()
        pl.DataFrame(rows, schema=dict(_SCHEMA)).write_parquet(buffer, compression="zstd")
        self._put(self._file(submission, run, data_set), buffer.getvalue())

    def _put(self, path: str, content: bytes) -> None:
        try:
            if self._local:
                write_atomic(Path(path), content)
            else:
                self._fs.pipe_file(path, content)
        except OSError as error:
            raise StorageError(f"the log {path} cannot be written: {error}") from error

    def values(self, submission: str, run: int) -> dict[str, dict[str, float]]:
        """Return the values of neural metrics that were added to a run, by item and measure."""
        path = f"{self._folder(submission, run)}/{_VALUES}"
        try:
            found: dict[str, dict[str, float]] = (
                orjson.loads(self._fs.cat_file(path)) if self._fs.exists(path) else {}
            )
        except (OSError, ValueError) as error:
            raise StorageError(f"the values {path} cannot be read: {error}") from error
        return found

    def keep_values(self, submission: str, run: int, values: Values) -> None:
        """Replace the values of a run."""
        content = orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
        self._put(f"{self._folder(submission, run)}/{_VALUES}", content)

    def exists(self, submission: str, run: int, data_set: str) -> bool:
        """Whether the answers of a data set are here."""
        return bool(self._fs.exists(self._file(submission, run, data_set)))

    def records(self, submission: str, run: int, data_set: str) -> dict[str, Record]:
        """Return the answers of a data set by item.

        Raises
        ------
        StorageError
            Where they cannot be read.
        """
        path = self._file(submission, run, data_set)
        try:
            table = pl.read_parquet(BytesIO(self._fs.cat_file(path)))
        except (OSError, pl.exceptions.PolarsError) as error:
            raise StorageError(f"the log {path} cannot be read: {error}") from error
        return {row["item"]: _record(row) for row in table.iter_rows(named=True)}

    def query(
        self,
        submission: str,
        run: int,
        *,
        data_set: str | None = None,
        item: str | None = None,
        page: int = 1,
        page_size: int = 50,
    ) -> tuple[list[dict[str, Any]], int]:
        """Return one page of the answers of a run, in order of data set and item.

        Parameters
        ----------
        submission, run
        data_set, item : str, optional
            Only these.
        page, page_size : int
            Pages are numbered from 1 and hold up to 500.

        Returns
        -------
        list of dict
            Columns of the logs; ``gold``, ``error`` and ``verdict`` besides, from ``more``.
        int
            How many there are in all.
        """
        if not 1 <= page_size <= 500 or not 1 <= page <= 10_000_000:
            raise InvalidInputError("pages are numbered from 1 and hold 1 to 500 answers")
        files = self._files(submission, run, data_set)
        if not files:
            return [], 0
        condition = "" if item is None else " WHERE item = ?"
        values: list[Any] = [] if item is None else [item]
        with self._duckdb() as connection:
            source = connection.read_parquet(files)
            connection.register("answers", source)
            total = connection.execute(
                f"SELECT count(*) FROM answers{condition}",  # noqa: S608 - no text from outside
                values,
            ).fetchone()
            found = connection.execute(
                _PAGE.format(condition=condition),
                [*values, page_size, (page - 1) * page_size],
            )
            names = [column[0] for column in found.description or ()]
            rows = [_shown(dict(zip(names, row, strict=True))) for row in found.fetchall()]
        return rows, int(total[0]) if total else 0

    def _duckdb(self) -> Any:
        import duckdb

        connection = duckdb.connect(":memory:", config={"threads": 1})
        if not self._local:
            connection.register_filesystem(self._fs)
        return connection

    def _files(self, submission: str, run: int, data_set: str | None) -> list[str]:
        if data_set is not None:
            path = self._file(submission, run, data_set)
            found = [path] if self._fs.exists(path) else []
        else:
            found = sorted(self._fs.glob(f"{self._folder(submission, run)}/*.parquet"))
        return found if self._local else [self._fs.unstrip_protocol(path) for path in found]

    def _folder(self, submission: str, run: int) -> str:
        return f"{self._path}/{_safe(submission)}/{int(run)}"

    def _file(self, submission: str, run: int, data_set: str) -> str:
        return f"{self._folder(submission, run)}/{_safe(data_set)}.parquet"


def _safe(name: str) -> str:
    """Refuse a name that would lead out of the folder."""
    if not name or name.startswith(".") or not all(c.isalnum() or c in "._-" for c in name):
        raise InvalidInputError(f"'{name[:80]}' names no submission or data set")
    return name


def _row(submission: str, run: int, data_set: str, record: Record, at: datetime) -> dict[str, Any]:
    facts = asdict(record)
    item = facts.pop(_ITEM)
    known = {name: facts.pop(name) for name in _SCHEMA if name in facts}
    return {
        "submission": submission,
        "run": run,
        "data_set": data_set,
        "item": item,
        "at": at,
        **known,
        # what only some suites have
        "more": orjson.dumps(facts).decode(),
    }


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    at = datetime.fromtimestamp(row["at"] / 1e6, tz=UTC)
    more = orjson.loads(row["more"])
    told = {name: more.get(name) or None for name in ("error", "verdict")}
    return {**row, "at": at, "gold": more["gold"], **told, "more": more}


def _record(row: Mapping[str, Any]) -> Record:
    own = ("submission", "run", "data_set", "item", "at", "more")
    facts = {name: value for name, value in row.items() if name not in own}
    return Record(item_id=row["item"], **facts, **orjson.loads(row["more"]))
