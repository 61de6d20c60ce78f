"""Fetching: from a folder, from a local server with the real files, and all that goes wrong."""

from __future__ import annotations

import functools
import hashlib
import http.server
import shutil
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from banzuke.evaluation import data_sets
from banzuke.evaluation.data_sets import DataSet, Source, _fetch, fetch
from banzuke.evaluation.data_sets._fetch import download
from banzuke.exceptions import ImportFormatError, InvalidInputError, NotFoundError, StorageError


class Handler(http.server.SimpleHTTPRequestHandler):
    redirects: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:
        if self.path in self.redirects:
            self.send_response(302)
            self.send_header("Location", self.redirects[self.path])
            self.end_headers()
        elif self.path == "/cut-off":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"only this")
        elif self.path == "/busy":
            self.send_error(503)
        else:
            super().do_GET()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    folder = tmp_path / "served"
    folder.mkdir()
    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", folder
        server.shutdown()
        thread.join()


def authority(url: str) -> str:
    return url.removeprefix("http://")


def toy(*sources: Source) -> DataSet:
    template = data_sets.select(["jamp"])[0]
    fields = {name: getattr(template, name) for name in template.__dataclass_fields__}
    return DataSet(**{**fields, "folder": "toy", "sources": sources})


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def left(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", ["jamp", "mawps", "jsem", "jcommonsenseqa", "chabsa"])
def test_folder_as_mirror(name: str, raw_root: Path, tmp_path: Path, built):
    data_set = data_sets.select([name])[0]
    assert fetch(data_set, tmp_path / "raw", str(raw_root)) == [
        source.path for source in data_set.sources
    ]
    assert fetch(data_set, tmp_path / "raw", str(raw_root)) == []
    result = data_sets.build(data_set, tmp_path / "raw", tmp_path / "out")
    assert result.digests == built.sets[name].digests


@pytest.mark.parametrize("name", ["jamp", "jsem"])
def test_server_as_mirror(name: str, raw_root: Path, tmp_path: Path, served, built):
    url, folder = served
    data_set = data_sets.select([name])[0]
    shutil.copytree(raw_root / data_set.folder, folder / data_set.folder)
    fetch(data_set, tmp_path / "raw", url + "/")
    result = data_sets.build(data_set, tmp_path / "raw", tmp_path / "out")
    assert result.digests == built.sets[name].digests


def test_archive_is_unpacked(raw_root: Path, tmp_path: Path, served, built):
    url, folder = served
    (folder / "chabsa").mkdir()
    with zipfile.ZipFile(folder / "chabsa" / "chABSA-dataset.zip", "w") as archive:
        for path in (raw_root / "chabsa" / "chABSA-dataset").iterdir():
            archive.write(path, f"chABSA-dataset/{path.name}")
            archive.writestr(f"__MACOSX/chABSA-dataset/._{path.name}", b"")
    data_set = data_sets.select(["chabsa"])[0]
    for mirror, raw in ((url, tmp_path / "a"), (str(folder), tmp_path / "b")):
        fetch(data_set, raw, mirror)
        result = data_sets.build(data_set, raw, tmp_path / "out")
        assert result.digests == built.sets["chabsa"].digests
        assert all(name.endswith("_ann.json") for name in left(raw))


def test_wrong_digest_leaves_nothing(tmp_path: Path, served):
    url, folder = served
    (folder / "toy").mkdir()
    (folder / "toy" / "a.txt").write_bytes(b"changed")
    data_set = toy(Source(path="a.txt", url="https://x.org/a.txt", sha256=digest(b"right")))
    for mirror in (url, str(folder)):
        with pytest.raises(
            ImportFormatError, match=r"toy/a\.txt: has the sha256 .*nothing of it is kept"
        ):
            fetch(data_set, tmp_path / "raw", mirror)
        assert left(tmp_path / "raw") == []


def test_cut_off_download_leaves_nothing(tmp_path: Path, served):
    url, _ = served
    Handler.redirects = {"/toy/a.txt": "/cut-off"}
    with pytest.raises(StorageError, match="cannot be fetched"):
        fetch(toy(Source(path="a.txt", url="https://x.org/a.txt")), tmp_path / "raw", url)
    assert left(tmp_path / "raw") == []


def test_half_of_several_files_leaves_nothing(tmp_path: Path, served):
    url, folder = served
    (folder / "toy" / "d").mkdir(parents=True)
    (folder / "toy" / "d" / "a.txt").write_bytes(b"a")
    source = Source(path="d", url="https://x.org/{name}", names=("a.txt", "b.txt"))
    with pytest.raises(NotFoundError, match=r"/toy/d/b\.txt answers 404"):
        fetch(toy(source), tmp_path / "raw", url)
    assert left(tmp_path / "raw") == []


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("/gone", NotFoundError, r"/gone answers 404 .*; it moved to the attic"),
        ("/busy", StorageError, r"/busy answers 503"),
    ],
)
def test_dead_addresses(path: str, error: type[Exception], message: str, tmp_path: Path, served):
    url, _ = served
    with pytest.raises(error, match=message):
        download(url + path, tmp_path / "a", trusted=authority(url), hint="it moved to the attic")


def test_too_large(tmp_path: Path, served, monkeypatch: pytest.MonkeyPatch):
    url, folder = served
    (folder / "a.txt").write_bytes(b"x" * 100)
    monkeypatch.setattr(_fetch, "MAX_BYTES", 99)
    with pytest.raises(StorageError, match="is larger than 99 bytes"):
        download(url + "/a.txt", tmp_path / "a", trusted=authority(url))


def test_private_address_is_refused_unless_it_is_the_mirror(tmp_path: Path, served):
    url, folder = served
    (folder / "a.txt").write_bytes(b"x")
    with pytest.raises(StorageError, match=r"leads to the private address 127\.0\.0\.1; refused"):
        download(url + "/a.txt", tmp_path / "a")
    assert not (tmp_path / "a").exists()
    download(url + "/a.txt", tmp_path / "a", trusted=authority(url))
    assert (tmp_path / "a").read_bytes() == b"x"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("http://localhost:1/x", "private address"),
        ("http://169.254.169.254/latest/meta-data", "private address"),
        ("http://[::1]:1/x", "private address"),
        ("http://0.0.0.0:1/x", "private address"),
        ("file:///etc/passwd", "cannot be fetched|not an http or https address"),
        ("/loop", "after more than 5 redirects"),
    ],
)
def test_redirects_are_checked_one_by_one(target: str, message: str, tmp_path: Path, served):
    url, _ = served
    Handler.redirects = {"/start": target, "/loop": "/loop"}
    with pytest.raises(StorageError, match=message):
        download(url + "/start", tmp_path / "a", trusted=authority(url))
    assert not (tmp_path / "a").exists()


def test_what_can_only_be_fetched_by_hand(tmp_path: Path):
    data_set = toy(Source(path="a.json", url="https://x.org/a", manual=True, note="use a browser"))
    with pytest.raises(NotFoundError, match=r"a\.json is not there; get it from .*use a browser"):
        fetch(data_set, tmp_path / "raw")
    assert left(tmp_path) == []


def test_mirror_without_the_file(tmp_path: Path):
    with pytest.raises(NotFoundError, match=r"the mirror has no .*toy/a\.txt"):
        fetch(toy(Source(path="a.txt", url="https://x.org/a")), tmp_path / "raw", str(tmp_path))


@pytest.mark.parametrize("mirror", ["no/such/folder", "ftp://x.org/y"])
def test_impossible_mirrors(mirror: str, tmp_path: Path):
    with pytest.raises((NotFoundError, InvalidInputError), match="the mirror"):
        fetch(toy(Source(path="a.txt", url="https://x.org/a")), tmp_path / "raw", mirror)
