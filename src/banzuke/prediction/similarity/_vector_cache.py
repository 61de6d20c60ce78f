"""What models made of texts, on disk by the hash of the text: computed once, shared by runs."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import numpy as np

from banzuke.exceptions import StorageError
from banzuke.progress import track

__all__ = ["VectorCache", "default_folder", "text_key"]

T = TypeVar("T")
_LOOKUP = 500  # keys in one query; SQLite allows 999 variables in its oldest versions


def default_folder() -> Path:
    """Return ``banzuke`` in the user's cache folder, or what ``BANZUKE_CACHE`` names."""
    stated = os.environ.get("BANZUKE_CACHE")
    if stated:
        return Path(stated)
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "banzuke"


def text_key(text: str) -> str:
    """Return the hash under which a text's vector is kept."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


_SELECT = "SELECT text_hash, vector FROM embedding WHERE encoder = ?"


class VectorCache:
    """Vectors of one model in an SQLite file, which writers of several processes may share.

    Parameters
    ----------
    folder : Path
        Made where it does not exist; holds ``embeddings.sqlite``.
    encoder : str
        Name and version of what makes the vectors; each encoder has its own.
    """

    def __init__(self, folder: Path, encoder: str) -> None:
        self.path = folder / "embeddings.sqlite"
        self.encoder = encoder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with closing(self._connect()) as connection, connection:
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS embedding (encoder TEXT, text_hash TEXT, "
                    "vector BLOB NOT NULL, PRIMARY KEY (encoder, text_hash)) WITHOUT ROWID"
                )
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from None

    def get(self, keys: Iterable[str]) -> dict[str, np.ndarray]:
        """Return the float32 vectors that are there, by key."""
        wanted, found = list(dict.fromkeys(keys)), {}
        try:
            with closing(self._connect()) as connection:
                for start in range(0, len(wanted), _LOOKUP):
                    part = wanted[start : start + _LOOKUP]
                    marks = ",".join("?" * len(part))
                    query = f"{_SELECT} AND text_hash IN ({marks})"
                    rows = connection.execute(query, [self.encoder, *part])
                    found.update({key: np.frombuffer(blob, "<f4") for key, blob in rows})
        except sqlite3.Error as error:
            raise self._unusable(error) from None
        return found

    def complete(
        self,
        wanted: Mapping[str, T],
        make: Callable[[list[T]], np.ndarray],
        *,
        batch: int,
        what: str,
    ) -> dict[str, np.ndarray]:
        """Return a vector for each key, made where it is not there yet.

        Parameters
        ----------
        wanted : mapping of key to what the vector is of
        make : callable
            Returns a row for each of some of these.
        batch : int
            How many are made, and kept, at a time: an interrupted run goes on where it was.
        what : str
            Shown with the progress.
        """
        found = self.get(wanted)
        missing = [key for key in wanted if key not in found]
        parts = [missing[start : start + batch] for start in range(0, len(missing), batch)]
        for part in track(parts, what):
            made = dict(zip(part, make([wanted[key] for key in part]), strict=True))
            self.put(made)
            found.update(made)
        return found

    def put(self, vectors: Mapping[str, np.ndarray]) -> None:
        """Keep vectors: all of them, or after a crash none."""
        rows = [(self.encoder, k, v.astype("<f4").tobytes()) for k, v in vectors.items()]
        try:
            with closing(self._connect()) as connection, connection:
                connection.executemany("INSERT OR REPLACE INTO embedding VALUES (?, ?, ?)", rows)
        except sqlite3.Error as error:
            raise self._unusable(error) from None

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=60)

    def _unusable(self, error: Exception) -> StorageError:
        return StorageError(
            f"the cache of embeddings {self.path} cannot be used ({error}); delete it, or name "
            "another folder in BANZUKE_CACHE"
        )
