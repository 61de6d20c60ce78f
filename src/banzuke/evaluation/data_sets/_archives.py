"""Zip and tar archives from strangers: no path leaves the folder, nothing explodes."""

from __future__ import annotations

import fnmatch
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from banzuke.exceptions import ImportFormatError

MAX_MEMBERS = 200_000
MAX_TOTAL = 2**32
"""What all wanted members may unpack to; the largest known archive has 350 MB."""
MAX_RATIO = 200
"""How many times its own size an archive may unpack to."""
CHUNK = 2**20
TOO_MUCH = "unpacks to far more than its size, which is refused"


def unpack(archive: Path, target: Path, *, pattern: str, strip: int) -> int:
    """Unpack the members of a zip or tar archive whose path matches a pattern.

    Parameters
    ----------
    archive, target : Path
        The archive, and a folder that holds nothing yet.
    pattern : str
        Matched against the whole path in the archive, and against the file name.
    strip : int
        How many leading folders of a member's path are dropped.

    Returns
    -------
    int
        How many files were written.

    Raises
    ------
    ImportFormatError
        Where the archive cannot be read, a member points outside, is a link, or the
        members unpack to more than is reasonable.
    """
    budget = min(MAX_TOTAL, max(archive.stat().st_size * MAX_RATIO, CHUNK))
    count = 0
    try:
        for name, stream in _members(archive, pattern, budget):
            path = target / _inside(archive, name, strip)
            path.parent.mkdir(parents=True, exist_ok=True)
            budget -= _copy(stream, path, archive, budget)
            count += 1
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        if isinstance(error, ImportFormatError):
            raise
        why = str(error).partition("\n")[0].rstrip(":")  # tarfile lists all that it tried
        raise ImportFormatError(
            archive, f"is no whole zip or tar archive, so nothing of it is kept ({why})"
        ) from error
    if count == 0:
        raise ImportFormatError(archive, f"holds no file that matches {pattern}")
    return count


def read_encrypted(archive: Path, name: str, password: str) -> bytes:
    """Read one member of an encrypted zip archive into memory.

    Raises
    ------
    ImportFormatError
        Where the archive cannot be read, or has no such member, or another password.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            info = opened.getinfo(name)
            if info.file_size > min(MAX_TOTAL, archive.stat().st_size * MAX_RATIO):
                raise ImportFormatError(archive, f"{name} unpacks to too much, which is refused")
            return opened.read(info, password.encode())
    except (KeyError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise ImportFormatError(archive, f"{name} cannot be read from it ({error})") from error


def _members(archive: Path, pattern: str, budget: int) -> Iterator[tuple[str, IO[bytes]]]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            _few(archive, len(opened.infolist()))
            for info in opened.infolist():
                if not info.is_dir() and _wanted(info.filename, pattern):
                    with opened.open(info) as stream:
                        yield info.filename, stream
        return
    passed = 0  # what is passed over has to be unpacked as well to get to the next member
    with tarfile.open(archive) as tar:
        for number, member in enumerate(tar, 1):
            _few(archive, number)
            passed += member.size
            if passed > budget:
                raise ImportFormatError(archive, TOO_MUCH)
            if member.isdir() or not _wanted(member.name, pattern):
                continue
            content = tar.extractfile(member) if member.isreg() else None
            if content is None:
                raise ImportFormatError(archive, f"its member {member.name} is not a plain file")
            yield member.name, content


def _few(archive: Path, count: int) -> None:
    if count > MAX_MEMBERS:
        raise ImportFormatError(archive, f"holds more than {MAX_MEMBERS} members")


def _wanted(name: str, pattern: str) -> bool:
    if name.startswith("__MACOSX/"):
        return False
    return fnmatch.fnmatch(name, pattern) or fnmatch.fnmatch(name.rsplit("/", 1)[-1], pattern)


def _inside(archive: Path, name: str, strip: int) -> PurePosixPath:
    path = PurePosixPath(name.replace("\\", "/"))
    parts = [part for part in path.parts if part != "."]
    if path.is_absolute() or ".." in parts or ":" in name or "\0" in name:
        raise ImportFormatError(archive, f"its member {name!r} points outside, which is refused")
    return PurePosixPath(*parts[min(strip, len(parts) - 1) :])


def _copy(stream: IO[bytes], path: Path, archive: Path, budget: int) -> int:
    size = 0
    with path.open("xb") as target:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > budget:
                raise ImportFormatError(archive, TOO_MUCH)
            target.write(chunk)
    return size
