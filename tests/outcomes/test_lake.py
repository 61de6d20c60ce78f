"""The data directory: round trips, atomic changes, damage that is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from filelock import FileLock

from banzuke import Lake, Outcomes
from banzuke.exceptions import InvalidInputError, NotFoundError, StorageError
from banzuke.outcomes import lake as lake_module
from banzuke.testing import assert_outcomes_equal, make_outcomes
from tests.sizes import sized


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return every file's bytes, but for the lock."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def rich_outcomes() -> Outcomes:
    base = make_outcomes(5, 7, observed=0.6)
    answer = [[None if (r + c) % 3 else f"回答{r}" for c in range(7)] for r in range(5)]
    models = base.models.with_columns(base_models=pl.Series([["x"], None, [], ["y", "z"], ["x"]]))
    return base.replace(
        models=models, layers={"answer": answer, "confidence": base.scores}, provenance={"k": [1]}
    )


@pytest.fixture(params=["folder", "memory"])
def lake(request, tmp_path) -> Lake:
    return Lake(tmp_path / "lake" if request.param == "folder" else f"memory://{tmp_path.name}")


def test_what_is_written_is_read_again(lake):
    outcomes = rich_outcomes()
    assert lake.write("番付", outcomes)
    assert lake.names() == ["番付"]
    assert_outcomes_equal(lake.read("番付"), outcomes)


@pytest.mark.parametrize("answer", [[[None, "b"]], [[None, None]], [["", None]]])
def test_text_that_is_missing_in_the_first_cell(lake, answer):
    outcomes = Outcomes([[1, 0]], ["a"], ["p", "q"], layers={"answer": answer})
    lake.write("a", outcomes)
    assert_outcomes_equal(lake.read("a"), outcomes)


def test_writing_the_same_again_changes_nothing(tmp_path):
    lake = Lake(tmp_path)
    lake.write("a", rich_outcomes())
    before, version = snapshot(tmp_path), lake.version()
    assert not lake.write("a", rich_outcomes())
    assert snapshot(tmp_path) == before
    assert lake.version() == version


def test_versions_change_with_content_and_old_objects_go(tmp_path):
    lake = Lake(tmp_path)
    versions = []
    for seed in range(4):
        lake.write("a", make_outcomes(seed=seed))
        versions.append(lake.version("a"))
    assert len(set(versions)) == 4
    assert len(list((tmp_path / "objects").iterdir())) == 2  # this one and the one before
    assert lake.version("nothing") is None


def test_documents_are_json(lake):
    assert lake.write_document("note", {"k": [1, None, "字"]})
    assert not lake.write_document("note", {"k": [1, None, "字"]})
    assert lake.read_document("note") == {"k": [1, None, "字"]}
    assert lake.document_names() == ["note"]


def test_a_transaction_shows_all_or_nothing(lake):
    class StopError(Exception):
        pass

    def write_and_stop() -> None:
        with lake.transaction() as change:
            change.write("a", make_outcomes())
            change.write_document("d", 1)
            raise StopError

    with pytest.raises(StopError):
        write_and_stop()
    assert lake.names() == lake.document_names() == []
    with lake.transaction() as change:
        change.merge("a", make_outcomes()[:5])
        change.merge("a", make_outcomes()[5:])
    assert_outcomes_equal(lake.read("a"), make_outcomes())
    with lake.transaction() as change:
        change.remove("a")
    assert lake.names() == []


def test_what_is_not_there_is_told_with_what_is(lake):
    with pytest.raises(NotFoundError, match="has no collection 'a'; it has none yet"):
        lake.read("a")
    lake.write("b", make_outcomes())
    with pytest.raises(NotFoundError, match="it has 'b'"):
        lake.read("a")
    with pytest.raises(NotFoundError, match="no document 'a'"):
        lake.read_document("a")


@pytest.mark.parametrize("name", ["", "a/b", " a", "a\n", "x" * 101])
def test_names_that_cannot_be_names_are_refused(lake, name):
    with pytest.raises(InvalidInputError, match="cannot name a collection"):
        lake.write(name, make_outcomes())


def test_a_damaged_or_newer_catalog_is_told(tmp_path):
    (tmp_path / "catalog.json").write_text("{")
    with pytest.raises(StorageError, match=r"catalog\.json is damaged"):
        Lake(tmp_path).names()
    (tmp_path / "catalog.json").write_text('{"format": 99}')
    with pytest.raises(StorageError, match="has format 99, this banzuke reads 1"):
        Lake(tmp_path).names()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[]", "it is not an object"),
        ('{"format": 1}', "'collections' is not an object"),
        ('{"format": 1, "collections": {"a": ["v"]}, "documents": {}}', "'collections' is not"),
        ('{"format": 1, "collections": {}, "documents": []}', "'documents' is not an object"),
    ],
)
def test_a_catalog_of_another_shape_is_told(tmp_path, content, reason):
    (tmp_path / "catalog.json").write_text(content)
    with pytest.raises(StorageError, match=rf"catalog\.json is damaged: {reason}"):
        Lake(tmp_path).names()


@pytest.mark.parametrize("name", ["cells.parquet", "items.parquet", "provenance.json"])
@pytest.mark.parametrize("keep", [None, 0, 40])
def test_an_object_that_is_cut_off_or_missing_is_told(tmp_path, name, keep):
    lake = Lake(tmp_path)
    # longer than the part that is kept
    lake.write("a", make_outcomes().replace(provenance={"sources": ["x" * 50]}))
    path = tmp_path / "objects" / lake.version("a") / name
    if keep is None:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(StorageError, match=r"'a' in .* cannot be read \(") as caught:
        lake.read("a")
    assert "\n" not in str(caught.value)
    assert keep is not None or f"{name} is missing" in str(caught.value)


def test_a_damaged_document_is_told(tmp_path):
    lake = Lake(tmp_path)
    lake.write_document("note", [1])
    next(tmp_path.rglob("document.json")).write_text("[1")
    with pytest.raises(StorageError, match=r"'note' in .* cannot be read"):
        lake.read_document("note")


def test_an_unknown_kind_of_address_is_told():
    with pytest.raises(StorageError, match="nosuchproto://x/y cannot be a data directory"):
        Lake("nosuchproto://x/y")


def test_a_file_in_place_of_the_folder_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot"):
        Lake(tmp_path / "file").write("a", make_outcomes())


def test_a_second_writer_waits_and_then_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(lake_module, "_LOCK_SECONDS", 0.05)
    lake = Lake(tmp_path)
    lake.write("a", make_outcomes())
    with FileLock(tmp_path / ".lock"), pytest.raises(StorageError, match="another process"):
        lake.write("a", make_outcomes(seed=1))


def test_a_failing_disk_leaves_the_old_state(tmp_path, monkeypatch):
    lake = Lake(tmp_path)
    lake.write("a", make_outcomes())
    before = snapshot(tmp_path)

    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(lake_module, "write_atomic", full)
    with pytest.raises(StorageError, match="No space left"):
        lake.write("a", make_outcomes(seed=1))
    assert snapshot(tmp_path) == before


@pytest.mark.slow
def test_a_killed_writer_leaves_the_old_or_the_new_state(tmp_path):
    """Kill a process that writes versions in a loop, at different moments."""
    script = (
        "import sys; from banzuke import Lake; from banzuke.testing import make_outcomes\n"
        "lake = Lake(sys.argv[1]); seed = 0\n"
        "while True:\n"
        "    lake.write('a', make_outcomes(200, 300, seed=seed)); seed += 1\n"
        "    print(seed, flush=True)\n"
    )
    for attempt in range(sized(6, full=10)):
        with subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": "src"},
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline()  # at least one version is complete
            time.sleep(0.02 * attempt)
            writer.send_signal(signal.SIGKILL)
        assert Lake(tmp_path).read("a").shape == (200, 300)
    assert Lake(tmp_path).write("a", make_outcomes())  # the lock of the dead does not hold
    assert not list(tmp_path.rglob("catalog*.tmp")) or Lake(tmp_path).names() == ["a"]
