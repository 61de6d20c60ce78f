"""Fetch raw files from their official addresses, or from a mirror that stands in for them."""

from __future__ import annotations

import ipaddress
import shutil
import socket
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from banzuke import progress
from banzuke.evaluation.data_sets._archives import unpack
from banzuke.evaluation.data_sets._raw import RawFolder
from banzuke.evaluation.data_sets._records import DataSet, Source
from banzuke.evaluation.data_sets._verify import check, missing
from banzuke.exceptions import ImportFormatError, InvalidInputError, NotFoundError, StorageError

MAX_BYTES = 2**31
"""No file is fetched beyond this size; the largest known archive has 350 MB."""
MAX_REDIRECTS = 5
TIMEOUT_SECONDS = 60.0
CHUNK = 2**20


@dataclass(frozen=True)
class Mirror:
    """A folder or base URL with ``<folder of the data set>/<path of the raw file>``."""

    location: str

    @property
    def folder(self) -> Path | None:
        """The folder; None where it is a URL."""
        return None if "://" in self.location else Path(self.location)

    @property
    def authority(self) -> str:
        """Host and port of the URL, which may be private because the user named it."""
        return httpx.URL(self.location).netloc.decode() if self.folder is None else ""


def fetch(data_set: DataSet, raw_root: Path, mirror: str | None = None) -> list[str]:
    """Fetch the raw files of a data set that are not there yet.

    Parameters
    ----------
    data_set : DataSet
    raw_root : Path
        Gets a folder of raw files for the data set.
    mirror : str, optional
        A folder or base URL that is laid out like `raw_root`, instead of the official
        addresses.

    Returns
    -------
    list of str
        The paths that were fetched. A file is put in its place when it is complete and
        its digest is right, never before.

    Raises
    ------
    NotFoundError
        Where a file is not at its address, or can only be fetched by hand.
    StorageError
        Where an address cannot be reached, or a file is larger than is reasonable.
    ImportFormatError
        Where a digest is another than the published one, or an archive is hostile.
    """
    if mirror is not None:
        _check_mirror(Mirror(mirror))
    raw = RawFolder(raw_root / data_set.folder)
    fetched = []
    for source in data_set.sources:
        if missing(raw, source) is not None:
            _fetch_source(data_set, source, raw, Mirror(mirror) if mirror else None)
            fetched.append(source.path)
    return fetched


def _fetch_source(data_set: DataSet, source: Source, raw: RawFolder, mirror: Mirror | None) -> None:
    if source.manual and mirror is None:
        raise NotFoundError(f"{missing(raw, source)}")
    raw.path.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".part-", dir=raw.path) as name:
        stage = RawFolder(Path(name))
        target = stage.path / source.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if mirror is not None and mirror.folder is not None:
            origin = _copy(data_set, source, stage.path, mirror.folder / data_set.folder)
        else:
            origin = _download_source(data_set, source, stage.path, mirror)
        check(stage, source, origin)
        final = raw.path / source.path
        final.parent.mkdir(parents=True, exist_ok=True)
        if final.is_dir():
            shutil.rmtree(final)
        target.replace(final)


def _copy(data_set: DataSet, source: Source, stage: Path, folder: Path) -> str:
    """Copy a source out of a mirror; return where it was."""
    origin = folder / source.path
    if origin.is_dir() and source.is_folder:
        shutil.copytree(origin, stage / source.path)
    elif origin.is_file() and not source.is_folder:
        shutil.copyfile(origin, stage / source.path)
    elif source.members and (folder / source.archive_name).is_file():
        origin = folder / source.archive_name
        _unpack(origin, source, stage)
    else:
        raise NotFoundError(f"the mirror has no {origin}")
    return str(origin)


def _download_source(data_set: DataSet, source: Source, stage: Path, mirror: Mirror | None) -> str:
    """Download a source; return its address."""
    trusted = mirror.authority if mirror else ""
    base = f"{mirror.location.rstrip('/')}/{data_set.folder}" if mirror else ""
    if source.members:
        archive = stage / "archive"
        url = f"{base}/{source.archive_name}" if mirror else source.url
        download(url, archive, trusted=trusted, hint=source.note)
        try:
            _unpack(archive, source, stage)
        except ImportFormatError as error:
            raise ImportFormatError(url, error.reason) from error
        archive.unlink()
        return url
    for name in source.names or ("",):
        path = f"{source.path}/{name}" if name else source.path
        url = f"{base}/{path}" if mirror else source.url.replace("{name}", name)
        (stage / path).parent.mkdir(parents=True, exist_ok=True)
        download(url, stage / path, trusted=trusted, hint=source.note)
    return url


def _unpack(archive: Path, source: Source, stage: Path) -> None:
    unpack(archive, stage / source.path, pattern=source.members, strip=source.strip)


def download(url: str, path: Path, *, trusted: str = "", hint: str = "") -> None:
    """Stream a file to a path.

    Parameters
    ----------
    url : str
    path : Path
    trusted : str
        ``host:port`` that may be a private address; no other may.
    hint : str
        What to add to the message where the file is not at its address.
    """
    try:
        with progress.step(f"fetching {url}"), _opened(url, trusted, hint) as response:
            size = 0
            with path.open("wb") as target:
                for chunk in response.iter_bytes(CHUNK):
                    size += len(chunk)
                    if size > MAX_BYTES:
                        raise StorageError(
                            f"{url} is larger than {MAX_BYTES} bytes; it was dropped"
                        )
                    target.write(chunk)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        why = error or type(error).__name__
        raise StorageError(
            f"{url} cannot be fetched ({why}); try again later, or name a --mirror"
        ) from error


@contextmanager
def _opened(url: str, trusted: str, hint: str) -> Iterator[httpx.Response]:
    """Open a URL, and follow redirects one by one, so that each address is checked."""
    with httpx.Client(timeout=TIMEOUT_SECONDS) as client:
        for _ in range(MAX_REDIRECTS + 1):
            _check_address(httpx.URL(url), trusted)
            with client.stream("GET", url, headers={"accept-encoding": "identity"}) as response:
                _check_peer(response, trusted)
                if response.next_request is None:
                    _check_status(response, hint)
                    yield response
                    return
                url = _next(response)
    raise StorageError(
        f"{url} is reached after more than {MAX_REDIRECTS} redirects, which is refused"
    )


def _next(response: httpx.Response) -> str:
    target = response.next_request.url if response.next_request else response.url
    if response.url.scheme == "https" and target.scheme != "https":
        raise StorageError(f"{response.url} redirects to {target}, which is not encrypted; refused")
    return str(target)


def _check_status(response: httpx.Response, hint: str) -> None:
    if response.status_code == httpx.codes.OK:
        return
    note = f"; {hint}" if hint else "; it may have moved: name a --mirror that has it"
    message = f"{response.url} answers {response.status_code} {response.reason_phrase}{note}"
    if response.status_code in (httpx.codes.NOT_FOUND, httpx.codes.GONE, httpx.codes.FORBIDDEN):
        raise NotFoundError(message)
    raise StorageError(message)


def _check_mirror(mirror: Mirror) -> None:
    if mirror.folder is not None:
        if not mirror.folder.is_dir():
            raise NotFoundError(f"the mirror {mirror.location} is neither a folder nor a URL")
    elif httpx.URL(mirror.location).scheme not in ("http", "https"):
        raise InvalidInputError(f"the mirror {mirror.location} is not an http or https address")


def _check_address(url: httpx.URL, trusted: str) -> None:
    """Refuse what is no public web address, unless the user named it as the mirror."""
    if url.scheme not in ("http", "https") or not url.host:
        raise StorageError(f"{url} is not an http or https address; refused")
    if url.netloc.decode() == trusted:
        return
    try:
        found = socket.getaddrinfo(url.host, url.port or 443, type=socket.SOCK_STREAM)
    except OSError:
        return  # a proxy may know the name; if nobody does, the request says so
    for *_, address in found:
        _refuse_private(str(address[0]), url)


def _check_peer(response: httpx.Response, trusted: str) -> None:
    """Check whom we really talk to: a name may resolve differently the second time."""
    stream = response.extensions.get("network_stream")
    if response.url.netloc.decode() == trusted or stream is None or urllib.request.getproxies():
        return
    address = stream.get_extra_info("server_addr")
    if address:
        _refuse_private(str(address[0]), response.url)


def _refuse_private(address: str, url: httpx.URL) -> None:
    if not ipaddress.ip_address(address.split("%", maxsplit=1)[0]).is_global:
        raise StorageError(f"{url} leads to the private address {address}; refused")
