"""Whether raw files are all there, and are the ones that were published."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from banzuke.evaluation.data_sets._raw import RawFolder
from banzuke.evaluation.data_sets._records import Source
from banzuke.exceptions import ImportFormatError


def file_digest(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def folder_digest(folder: Path, names: Iterable[str]) -> str:
    """Return the sha256 of the lines ``<sha256>  <name>`` of the files of a folder."""
    lines = (f"{file_digest(folder / name)}  {name}\n" for name in sorted(names))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def missing(raw: RawFolder, source: Source) -> str | None:
    """Say what is missing of a source, and where to get it; None where all is there."""
    absent = source.path
    if raw.has(source):
        names = [name for name in source.names if not (raw.path / source.path / name).is_file()]
        if not names:
            return None
        absent = f"{source.path}/{names[0]}"
    note = f" ({source.note})" if source.note else ""
    how = "get it from" if source.manual else "fetch it with --download, or get it from"
    address = source.url.replace("{name}", absent.rsplit("/", 1)[-1])
    return f"{raw.path / absent} is not there; {how} {address}{note}"


def check(raw: RawFolder, source: Source, origin: str = "") -> None:
    """Compare a source with its published digest.

    Parameters
    ----------
    raw : RawFolder
    source : Source
    origin : str
        Where it was just fetched from; it is not in its place yet.

    Raises
    ------
    ImportFormatError
        Where the digest is another one.
    """
    if source.sha256 is None or raw.find(source) != source.path:
        return
    path = raw.path / source.path
    if source.is_folder:
        names = source.names or [
            Path(name).relative_to(source.path).as_posix()
            for name in raw.files(source.path, source.members.rsplit("/", 1)[-1])
        ]
        digest = folder_digest(path, names)
    else:
        digest = file_digest(path)
    if digest != source.sha256 and origin:
        raise ImportFormatError(
            origin,
            f"has the sha256 {digest} where {source.sha256} was published; it was changed or "
            "cut off, or is another file, so nothing of it is kept: try another --mirror",
        )
    if digest != source.sha256:
        raise ImportFormatError(
            path,
            f"has the sha256 {digest} where {source.sha256} was published; it was changed or "
            f"cut off: delete it, and fetch it again from {source.url}",
        )
