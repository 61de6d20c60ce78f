"""Files that were made to do harm: none gets out of its place or eats the machine."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from banzuke.evaluation.data_sets import RawFolder
from banzuke.evaluation.data_sets._archives import read_encrypted, unpack
from banzuke.evaluation.data_sets._xml import parse_xml
from banzuke.evaluation.data_sets.catalogue import mgsm
from banzuke.exceptions import ImportFormatError

LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [
 <!ENTITY a "lol">
 <!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
 <!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
]>
<a>&c;</a>"""


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def make_tar(path: Path, name: str, data: bytes = b"x", **attributes: object) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        for key, value in attributes.items():
            setattr(info, key, value)
        archive.addfile(info, io.BytesIO(data))
    return path


def inside(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.json"))


def test_entity_bomb_is_refused():
    with pytest.raises(ImportFormatError, match=r"a\.xml: .*EntitiesForbidden.*refused for safety"):
        parse_xml(LAUGHS, "a.xml")


@pytest.mark.parametrize("target", ["file:///etc/passwd", "http://127.0.0.1:9/x"])
def test_external_entity_is_refused(target: str):
    data = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{target}">]><a>&x;</a>'.encode()
    with pytest.raises(ImportFormatError, match="refused for safety"):
        parse_xml(data, "a.xml")


def test_external_parameter_entity_is_refused():
    data = b'<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]><a/>'
    with pytest.raises(ImportFormatError, match="refused for safety"):
        parse_xml(data, "a.xml")


def test_document_type_that_only_names_a_dtd_is_not_fetched():
    data = b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/never.dtd"><a><b>c</b></a>'
    assert parse_xml(data, "a.xml").findtext("b") == "c"


@pytest.mark.parametrize(
    "name", ["../evil.json", "a/../../evil.json", "/tmp/evil.json", "..\\e.json"]
)
@pytest.mark.parametrize("strip", [0, 1])
def test_path_that_leaves_the_folder(tmp_path: Path, name: str, strip: int):
    for archive in (
        make_zip(tmp_path / "a.zip", {name: b"{}"}),
        make_tar(tmp_path / "a.tar.gz", name, b"{}"),
    ):
        target = tmp_path / "target"
        with pytest.raises(ImportFormatError, match=r"points outside, which is refused"):
            unpack(archive, target, pattern="*.json", strip=strip)
        assert inside(tmp_path) == []


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes):
    archive = make_tar(tmp_path / "a.tar.gz", "a.json", b"", type=kind, linkname="/etc/passwd")
    with pytest.raises(ImportFormatError, match=r"a\.json is not a plain file"):
        unpack(archive, tmp_path / "target", pattern="*.json", strip=0)
    assert inside(tmp_path) == []


def test_zip_bomb_stops(tmp_path: Path):
    archive = make_zip(tmp_path / "a.zip", {f"{i}.json": bytes(2**22) for i in range(8)})
    assert archive.stat().st_size < 2**16
    with pytest.raises(ImportFormatError, match="unpacks to far more than its size"):
        unpack(archive, tmp_path / "target", pattern="*.json", strip=0)
    written = sum(path.stat().st_size for path in (tmp_path / "target").rglob("*.json"))
    assert written < 2**24


@pytest.mark.parametrize("name", ["a.json", "not-wanted.bin"])
def test_tar_bomb_stops(tmp_path: Path, name: str):
    archive = make_tar(tmp_path / "a.tar.gz", name, bytes(2**25))
    with pytest.raises(ImportFormatError, match="unpacks to far more than its size"):
        unpack(archive, tmp_path / "target", pattern="*.json", strip=0)


def test_member_twice_is_an_error(tmp_path: Path):
    archive = make_zip(tmp_path / "a.zip", {"x/a.json": b"1", "y/a.json": b"2"})
    with pytest.raises(ImportFormatError, match="is no whole zip or tar archive"):
        unpack(archive, tmp_path / "target", pattern="*.json", strip=1)


@pytest.mark.parametrize("data", [b"", b"<html>moved</html>", b"PK\x03\x04 cut off"])
def test_what_is_no_archive(tmp_path: Path, data: bytes):
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(ImportFormatError, match=r"a\.zip: "):
        unpack(tmp_path / "a.zip", tmp_path / "target", pattern="*", strip=0)


def test_archive_without_the_files(tmp_path: Path):
    archive = make_zip(tmp_path / "a.zip", {"readme.txt": b"hello"})
    with pytest.raises(ImportFormatError, match=r"holds no file that matches \*\.json"):
        unpack(archive, tmp_path / "target", pattern="*.json", strip=0)


def test_wrong_password(raw_root: Path):
    archive = raw_root / "gpqa" / "dataset.zip"
    with pytest.raises(ImportFormatError, match=r"dataset\.zip: .* cannot be read from it"):
        read_encrypted(archive, "dataset/gpqa_main.csv", "wrong")
    with pytest.raises(ImportFormatError, match="cannot be read from it"):
        read_encrypted(archive, "dataset/other.csv", "deserted-untie-orchid")


def test_python_file_is_parsed_and_not_run(tmp_path: Path):
    marker = tmp_path / "ran"
    (tmp_path / "exemplars.py").write_text(
        f"EXEMPLAR_NUMBER_ANSWERS = [open({str(marker)!r}, 'w')]\nMGSM_EXEMPLARS = {{}}\n"
    )
    with pytest.raises(ImportFormatError, match=r"exemplars\.py: is not a file of constants"):
        mgsm.read_shots(RawFolder(tmp_path))
    assert not marker.exists()


def test_json_that_is_too_deep(tmp_path: Path):
    (tmp_path / "a.json").write_text("[" * 200_000)
    with pytest.raises(ImportFormatError, match=r"a\.json: is not JSON"):
        RawFolder(tmp_path).json("a.json")
