"""Back-up and restore: one file that holds results database, logs and data directory.

The tables are stored as JSON lines, so a back-up of SQLite can be restored into PostgreSQL
and the other way round. The journal of DBOS is left out: an evaluation that was under way
goes on from the answers in the results database.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import fsspec
import orjson
from sqlalchemy import Table, delete, func, insert, select
from sqlalchemy.orm import Session

from banzuke._version import __version__
from banzuke.exceptions import ConflictError, ImportFormatError, StorageError
from banzuke.leaderboard.service.database import Database, now
from banzuke.leaderboard.service.migrating import NEWEST, require_current, upgrade
from banzuke.leaderboard.service.settings import SERVICE_FOLDER, ServiceSettings
from banzuke.leaderboard.service.tables import Base, UtcDateTime
from banzuke.outcomes import Lake
from banzuke.outcomes.files import sync_folder, write_atomic

FORMAT = 1
_MANIFEST = "manifest.json"
_ROWS = 5_000
_SKIPPED = (".lock", ".tmp")
_TRANSIENT = ("workers",)


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a back-up holds.

    Attributes
    ----------
    made : datetime
    version : str
        Of banzuke.
    tables : mapping of str to int
        Rows of each table.
    n_files : int
        Files of logs and data directory.
    n_bytes : int
        Of these files.
    """

    made: datetime
    version: str
    tables: Mapping[str, int]
    n_files: int
    n_bytes: int


def back_up(settings: ServiceSettings, target: Path) -> Summary:
    """Write everything that a board needs into one file, while it is in use.

    The tables are of one moment; logs and results of the same moment or later.

    Parameters
    ----------
    settings : ServiceSettings
    target : Path
        A new file, such as ``board-2026-11-28.tar``; it is there whole or not at all.

    Raises
    ------
    ConflictError
        Where the file exists.
    StorageError
        Where something cannot be read or written.
    """
    if target.exists():
        raise ConflictError(f"{target} exists; a back-up never replaces a file")
    digests: dict[str, str] = {}
    sizes = [0]
    database = Database(settings.results_database)
    try:
        require_current(database)
        with _new_archive(target) as archive:
            tables = _add_tables(database, archive, digests)
            # a board that is written meanwhile would sweep away what its catalog names
            with Lake(settings.data).transaction():
                for place, root in (("logs", settings.logs), ("data", settings.data)):
                    for name, content in _files(root, place):
                        sizes.append(len(content))
                        _add(archive, f"{place}/{name}", content, digests)
            manifest = {
                "format": FORMAT,
                "made": now().isoformat(),
                "banzuke": __version__,
                "tables_version": NEWEST,
                "tables": tables,
                "n_files": len(sizes) - 1,
                "n_bytes": sum(sizes),
                "sha256": digests,
            }
            _add(archive, _MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2), {})
    finally:
        database.close()
    return _summary(manifest)


def restore(settings: ServiceSettings, source: Path, *, replace: bool = False) -> Summary:
    """Bring a board back from a back-up.

    The file is checked whole before anything is changed; the tables are replaced in one
    transaction, after logs and results are there.

    Parameters
    ----------
    settings : ServiceSettings
        Where to.
    source : Path
    replace : bool, default False
        Replace a board that is there.

    Raises
    ------
    ConflictError
        Where there is a board and `replace` is False.
    ImportFormatError
        Where the file is damaged or no back-up.
    """
    manifest = _checked(source)
    database = Database(settings.results_database)
    try:
        upgrade(database)
        if not replace:
            _refuse_used(database, settings)
        roots = {"logs": settings.logs, "data": settings.data}
        with tarfile.open(source) as archive:
            _unpack(archive, roots)
            database.write(lambda session: _fill_tables(session, archive, manifest))
    finally:
        database.close()
    return _summary(manifest)


@contextmanager
def _new_archive(target: Path) -> Iterator[tarfile.TarFile]:
    handle, temporary = -1, ""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as archive:
                yield archive
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)  # its mode stays 0600: it holds contacts
        sync_folder(target.parent)
    except OSError as error:
        raise StorageError(f"the back-up {target} cannot be written: {error}") from error
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


def _add(archive: tarfile.TarFile, name: str, content: bytes, digests: dict[str, str]) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(content), 0o600, int(now().timestamp())
    archive.addfile(entry, io.BytesIO(content))
    digests[name] = hashlib.sha256(content).hexdigest()


def _add_tables(
    database: Database, archive: tarfile.TarFile, digests: dict[str, str]
) -> dict[str, int]:
    counts: dict[str, int] = {}
    with database.engine.connect() as opened:
        connection = opened
        if not database.is_sqlite:  # where a transaction sees one moment anyway
            connection = opened.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            for table in Base.metadata.sorted_tables:
                if table.name in _TRANSIENT:
                    continue
                rows = connection.execution_options(yield_per=_ROWS).execute(select(table))
                names = [f"{column.name}" for column in table.columns]
                lines = [
                    orjson.dumps(dict(zip(names, row, strict=True)), option=orjson.OPT_UTC_Z)
                    for row in rows
                ]
                counts[f"{table.name}"] = len(lines)  # a plain str, as JSON wants it
                _add(archive, f"tables/{table.name}.jsonl", b"\n".join(lines), digests)
    return counts


def _files(root: str, place: str) -> Iterator[tuple[str, bytes]]:
    """Yield the files below a folder or URL."""
    fs, path = fsspec.core.url_to_fs(root)
    if not fs.exists(path):
        return
    names = [found[len(path) :].lstrip("/") for found in fs.find(path)]
    wanted = [name for name in names if _is_kept(name, place)]
    for name in sorted(wanted):
        yield name, fs.cat_file(f"{path}/{name}")


def _is_kept(name: str, place: str) -> bool:
    own = place == "data" and name.partition("/")[0] == SERVICE_FOLDER
    return not own and not name.endswith(_SKIPPED)


def _checked(source: Path) -> dict[str, Any]:
    """Read a back-up through once, and return its manifest."""
    digests: dict[str, str] = {}
    manifest: dict[str, Any] = {}
    try:
        with tarfile.open(source) as archive:
            for entry in archive:
                _refuse_odd(source, entry)
                content = _content(archive, entry)
                if entry.name == _MANIFEST:
                    manifest = orjson.loads(content)
                else:
                    digests[entry.name] = hashlib.sha256(content).hexdigest()
    except (tarfile.TarError, OSError, ValueError) as error:
        if isinstance(error, ImportFormatError):
            raise
        raise ImportFormatError(source, f"it is no back-up that can be read ({error})") from None
    if manifest.get("format") != FORMAT:
        raise ImportFormatError(source, "it is no whole back-up of this version of banzuke")
    if manifest["tables_version"] != NEWEST:
        raise ImportFormatError(
            source,
            f"its tables are of version {manifest['tables_version']}, and this banzuke has "
            f"{NEWEST}; restore it with banzuke {manifest['banzuke']}, then upgrade",
        )
    if manifest["sha256"] != digests:
        odd = sorted(set(manifest["sha256"].items()) ^ set(digests.items()))[0][0]
        raise ImportFormatError(source, "it is damaged; use another back-up", odd)
    return manifest


def _refuse_odd(source: Path, entry: tarfile.TarInfo) -> None:
    parts = Path(entry.name).parts
    known = parts[:1] in (("tables",), ("logs",), ("data",), (_MANIFEST,))
    if not entry.isfile() or ".." in parts or not known or entry.name.startswith("/"):
        raise ImportFormatError(source, "a back-up has no such entry", entry.name[:100])


def _content(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(entry)
    return b"" if file is None else file.read()


def _refuse_used(database: Database, settings: ServiceSettings) -> None:
    def count(session: Session) -> dict[str, int]:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
            if table.name not in _TRANSIENT
        }

    used = [name for name, rows in database.read(count).items() if rows]
    if used:
        raise ConflictError(
            f"the results database {database.shown} holds a board already ({', '.join(used)}); "
            "restore into an empty one, or say --replace"
        )
    for place, root in (("logs", settings.logs), ("data", settings.data)):
        if next(_files(root, place), None) is not None:
            raise ConflictError(
                f"{root} holds files already; restore into an empty place, or say --replace"
            )


def _unpack(archive: tarfile.TarFile, roots: Mapping[str, str]) -> None:
    """Write the files; catalogs come last, so that a board shows old or new, never a mix."""
    entries = [entry for entry in archive if entry.name.split("/")[0] in roots]
    for entry in sorted(entries, key=lambda entry: entry.name == "data/catalog.json"):
        place, _, name = entry.name.partition("/")
        fs, path = fsspec.core.url_to_fs(roots[place])
        if "://" in roots[place]:
            fs.pipe_file(f"{path}/{name}", _content(archive, entry))
        else:
            write_atomic(Path(path) / name, _content(archive, entry))


def _fill_tables(session: Session, archive: tarfile.TarFile, manifest: Mapping[str, Any]) -> None:
    tables = [table for table in Base.metadata.sorted_tables if table.name in manifest["tables"]]
    for table in reversed(tables):
        session.execute(delete(table))
    for table in tables:
        content = _content(archive, archive.getmember(f"tables/{table.name}.jsonl"))
        rows = [_row(table, orjson.loads(line)) for line in content.splitlines()]
        for start in range(0, len(rows), _ROWS):
            session.execute(insert(table), rows[start : start + _ROWS])
    _continue_counting(session, tables)


def _row(table: Table, stored: dict[str, Any]) -> dict[str, Any]:
    for column in table.columns:
        value = stored.get(column.name)
        if isinstance(column.type, UtcDateTime) and value is not None:
            stored[column.name] = datetime.fromisoformat(value)
    return stored


def _continue_counting(session: Session, tables: list[Table]) -> None:
    """PostgreSQL counts events by a sequence, which does not notice what is inserted."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in tables:
        if table.name == "submission_events":
            highest = select(func.coalesce(func.max(table.c.number), 0) + 1).scalar_subquery()
            sequence = func.pg_get_serial_sequence(table.name, "number")
            session.execute(select(func.setval(sequence, highest, False)))


def _summary(manifest: Mapping[str, Any]) -> Summary:
    return Summary(
        made=datetime.fromisoformat(manifest["made"]),
        version=manifest["banzuke"],
        tables=manifest["tables"],
        n_files=manifest["n_files"],
        n_bytes=manifest["n_bytes"],
    )
