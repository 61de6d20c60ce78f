"""The data directory: named Outcomes as Parquet files, and JSON documents beside them.

Layout::

    catalog.json                       names -> versions; the only file that is ever replaced
    objects/<version>/cells.parquet    one row a cell: model_row, item_row, score, layers
    objects/<version>/models.parquet   one row a model, in row order
    objects/<version>/items.parquet    one row an item, in row order
    objects/<version>/provenance.json
    objects/<version>/document.json    (a document instead of the four)

Objects are written first and are never changed; a transaction ends by replacing the catalog.
So a reader sees all of a transaction or nothing, a killed writer leaves the old state, and
writing the same content twice writes nothing. Works on a local folder or an fsspec URL.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import fsspec
import numpy as np
import polars as pl
from filelock import FileLock, Timeout
from fsspec.implementations.local import LocalFileSystem

from banzuke.exceptions import BanzukeError, InvalidInputError, NotFoundError, StorageError
from banzuke.outcomes._check import quoted
from banzuke.outcomes._files import from_files, provenance_json, to_files
from banzuke.outcomes._merge import merge
from banzuke.outcomes._outcomes import Outcomes
from banzuke.outcomes.files import write_atomic

T = TypeVar("T")
_FORMAT = 1
_LOCK_SECONDS = 60.0
_UNREADABLE = (
    *(OSError, ValueError, TypeError, IndexError, RecursionError),
    *(pl.exceptions.PolarsError, pl.exceptions.PanicException),
)
"""What a damaged file of an object makes its readers raise."""


class Lake:
    """A data directory of named Outcomes and JSON documents.

    Parameters
    ----------
    root : str or Path
        A folder (made at the first write), or an fsspec URL such as ``s3://bucket/board``.
        On a URL there is no lock between writers: let one process write at a time.

    Examples
    --------
    >>> lake = Lake("memory://doctest")
    >>> lake.write("quiz", Outcomes([[1.0]], ["a"], ["q1"]))
    True
    >>> lake.read("quiz").model_names
    ['a']
    """

    def __init__(self, root: str | Path) -> None:
        self._fs, self._path = _file_system(str(root))
        self.root = str(root)
        self._local = isinstance(self._fs, LocalFileSystem)

    # ---- reading

    def names(self) -> list[str]:
        """Names of the collections, sorted."""
        return sorted(self._catalog()["collections"])

    def document_names(self) -> list[str]:
        """Names of the documents, sorted."""
        return sorted(self._catalog()["documents"])

    def version(self, name: str | None = None) -> str | None:
        """Version of a collection, or of the whole lake; None where there is nothing."""
        catalog = self._catalog()
        if name is None:
            return _digest(json.dumps(catalog, sort_keys=True).encode())
        found = catalog["collections"].get(name)
        return None if found is None else str(found)

    def read(self, name: str) -> Outcomes:
        """Read a collection.

        Raises
        ------
        NotFoundError
            Where there is no collection of that name.
        StorageError
            Where a file of it is missing or damaged.
        """
        return self._retry(name, lambda: self._load(self._find("collections", name)))

    def read_document(self, name: str) -> Any:
        """Read a JSON document.

        Raises
        ------
        NotFoundError
            Where there is no document of that name.
        StorageError
            Where the file of it is missing or damaged.
        """
        path = "document.json"
        return self._retry(
            name, lambda: json.loads(self._read(self._find("documents", name), path))
        )

    # ---- writing

    def write(self, name: str, outcomes: Outcomes) -> bool:
        """Store a collection, replacing the one of that name; False where nothing changed."""
        with self.transaction() as change:
            change.write(name, outcomes)
        return change.changed

    def write_document(self, name: str, content: Any) -> bool:
        """Store plain JSON values under a name; False where nothing changed."""
        with self.transaction() as change:
            change.write_document(name, content)
        return change.changed

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Collect several writes; all become visible at once at the end, or none.

        Raises
        ------
        StorageError
            Where another process holds the lock for a minute, or the disk refuses.
        """
        with self._lock():
            before = self._catalog()
            change = Transaction(self, json.loads(json.dumps(before)))
            yield change
            if change.catalog != before:
                self._commit(before, change)

    def _commit(self, before: dict[str, Any], change: Transaction) -> None:
        try:
            for version, files in change.objects.items():
                for name, content in files.items():
                    self._write(f"objects/{version}/{name}", content)
            self._write("catalog.json", json.dumps(change.catalog, indent=1).encode())
        except OSError as error:
            raise StorageError(f"cannot write to {self.root}: {error}") from error
        change.changed = True
        self._sweep(before, change.catalog)

    def _sweep(self, *catalogs: dict[str, Any]) -> None:
        """Remove objects that neither the new catalog nor the one before it names."""
        kept = {
            v for c in catalogs for kind in ("collections", "documents") for v in c[kind].values()
        }
        for path in self._fs.ls(f"{self._path}/objects", detail=False):
            if path.rsplit("/", 1)[-1] not in kept:
                self._fs.rm(path, recursive=True)

    # ---- files

    def _lock(self) -> Any:
        if not self._local:
            return nullcontext()
        try:
            Path(self._path).mkdir(parents=True, exist_ok=True)
            return _held(FileLock(Path(self._path) / ".lock", timeout=_LOCK_SECONDS), self.root)
        except OSError as error:
            raise StorageError(f"cannot write to {self.root}: {error}") from error

    def _catalog(self) -> dict[str, Any]:
        try:
            content = self._fs.cat_file(f"{self._path}/catalog.json")
        except FileNotFoundError:
            return {"format": _FORMAT, "collections": {}, "documents": {}}
        except OSError as error:
            raise StorageError(f"cannot read {self.root}: {error}") from error
        try:
            catalog: dict[str, Any] = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise StorageError(f"{self.root}/catalog.json is damaged: {error}") from error
        if not isinstance(catalog, dict):
            raise StorageError(f"{self.root}/catalog.json is damaged: it is not an object")
        if catalog.get("format") != _FORMAT:
            raise StorageError(
                f"{self.root} has format {catalog.get('format')!r}, this banzuke reads {_FORMAT}; "
                "upgrade banzuke or use another directory"
            )
        for kind in ("collections", "documents"):
            names = catalog.get(kind)
            if not isinstance(names, dict) or not all(isinstance(v, str) for v in names.values()):
                raise StorageError(
                    f"{self.root}/catalog.json is damaged: '{kind}' is not an object of versions"
                )
        return catalog

    def _find(self, kind: str, name: str) -> str:
        known = self._catalog()[kind]
        if name not in known:
            there = quoted(sorted(known), 8) if known else "none yet"
            raise NotFoundError(f"{self.root} has no {kind[:-1]} '{name}'; it has {there}")
        return str(known[name])

    def _retry(self, name: str, load: Callable[[], T]) -> T:
        """Load again where a writer swept the version away between catalog and object."""
        for attempts_left in (3, 2, 1, 0):
            try:
                return load()
            except BanzukeError:
                raise
            except FileNotFoundError as error:
                if attempts_left:
                    continue
                raise self._damaged(name, f"{error.filename or error} is missing") from error
            except _UNREADABLE as error:
                reason = (str(error).splitlines() or [type(error).__name__])[0]
                raise self._damaged(name, reason) from error
        raise AssertionError("the last attempt returns or raises")

    def _damaged(self, name: str, reason: str) -> StorageError:
        return StorageError(
            f"'{name}' in {self.root} cannot be read ({reason}); "
            "restore the directory from a copy, or make another and import again"
        )

    def _load(self, version: str) -> Outcomes:
        return from_files(lambda name: self._read(version, name))

    def _read(self, version: str, name: str) -> bytes:
        content: bytes = self._fs.cat_file(f"{self._path}/objects/{version}/{name}")
        return content

    def _write(self, name: str, content: bytes) -> None:
        if self._local:
            write_atomic(Path(self._path) / name, content)
        else:
            self._fs.pipe_file(f"{self._path}/{name}", content)


@dataclass
class Transaction:
    """Writes that become visible together; made by `Lake.transaction`."""

    lake: Lake
    catalog: dict[str, Any]
    objects: dict[str, dict[str, bytes]] = field(default_factory=dict)
    pending: dict[str, Outcomes] = field(default_factory=dict)
    changed: bool = False

    def write(self, name: str, outcomes: Outcomes) -> None:
        """Store a collection, replacing the one of that name."""
        version = _version(outcomes)
        if self.catalog["collections"].get(_valid(name)) != version:
            self.catalog["collections"][name] = version
            self.objects[version] = to_files(outcomes)
        self.pending[name] = outcomes

    def merge(self, name: str, outcomes: Outcomes, *, replace: bool = False) -> None:
        """Add models, items and missing cells to a collection (see `merge` for conflicts)."""
        old = self.pending.get(name)
        if old is None and name in self.catalog["collections"]:
            old = self.lake.read(name)
        self.write(name, outcomes if old is None else merge(old, outcomes, replace=replace))

    def write_document(self, name: str, content: Any) -> None:
        """Store plain JSON values under a name."""
        encoded = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False).encode()
        version = _digest(encoded)
        if self.catalog["documents"].get(_valid(name)) != version:
            self.catalog["documents"][name] = version
            self.objects[version] = {"document.json": encoded}

    def remove(self, name: str) -> None:
        """Remove a collection or document, if there."""
        for kind in ("collections", "documents"):
            self.catalog[kind].pop(name, None)


def _file_system(root: str) -> tuple[fsspec.AbstractFileSystem, str]:
    try:
        system, path = fsspec.core.url_to_fs(root)
    except (ValueError, ImportError) as error:
        # an unknown protocol, or one that needs a package that is not installed
        raise StorageError(f"{root} cannot be a data directory: {error}") from error
    return system, str(path)


@contextmanager
def _held(lock: FileLock, root: str) -> Iterator[None]:
    try:
        lock.acquire()
    except Timeout:
        raise StorageError(
            f"another process has been writing to {root} for {_LOCK_SECONDS:.0f} s; "
            "wait for it to end and try again"
        ) from None
    try:
        yield
    finally:
        lock.release()


def _valid(name: str) -> str:
    # names come from files and become part of URLs and printed tables
    if not name or len(name) > 100 or name != name.strip() or not name.isprintable() or "/" in name:
        raise InvalidInputError(
            f"{name[:100]!r} cannot name a collection; "
            "use 1 to 100 printable characters without '/'"
        )
    return name


def _version(outcomes: Outcomes) -> str:
    """Digest of the content, not of the files: it must not change with a library's version."""
    digest = hashlib.sha256(np.ascontiguousarray(outcomes.scores).data)
    for table in (outcomes.models, outcomes.items):
        digest.update(table.write_json().encode())
    for name, values in sorted(outcomes.layers.items()):
        digest.update(name.encode())
        if values.dtype == object:
            column = pl.Series(values.ravel().tolist(), dtype=pl.String).fill_null("\x00")
            digest.update("\x1f".join(column.to_list()).encode())
        else:
            digest.update(np.ascontiguousarray(values).data)
    digest.update(provenance_json(outcomes.provenance))
    return digest.hexdigest()[:32]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
