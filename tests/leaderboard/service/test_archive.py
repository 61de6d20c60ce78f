"""A board comes back from its back-up as it was; an export is complete and holds no contacts."""

from __future__ import annotations

import stat
import tarfile
import uuid

import orjson
import polars as pl
import pytest

from banzuke.exceptions import ConflictError, ImportFormatError
from banzuke.leaderboard.service.archive import back_up, restore
from banzuke.leaderboard.service.database import Database
from banzuke.leaderboard.service.export import export
from banzuke.leaderboard.service.flags import FlagRequest, FlagStore
from banzuke.leaderboard.service.item_logs import ItemLogs
from banzuke.leaderboard.service.schemas import State
from banzuke.leaderboard.service.settings import load_settings
from banzuke.leaderboard.service.submissions import SubmissionStore
from banzuke.leaderboard.service.tokens import TokenStore
from banzuke.outcomes import Lake
from tests.leaderboard.service.board import board
from tests.leaderboard.service.postgresql import postgresql


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A board with a finished, a failed and a pending submission, a flag and a token."""
    folder = tmp_path_factory.mktemp("full")
    with board(str(folder / "data"), item_limit=1) as here:
        done = here.submit(contact="secret@example.org")
        here.submit(model="missing-model")
        here.work(concurrency=2)
        assert here.store.get(done).state is State.FINISHED, here.store.get(done).reason
        here.submit(revision="waiting")
        doubt = FlagRequest(board="mini", model="test-model", reason="it has seen the test")
        FlagStore(here.database).create(doubt, reporter="ann")
        _, secret = TokenStore(here.database).create("ann")
        yield here, done, secret


def everything(settings):
    """What a visitor and an operator can see."""
    database = Database(settings.results_database)
    store = SubmissionStore(database, settings)
    try:
        found = store.list(page_size=500).submissions
        return {
            "submissions": found,
            "events": [store.events(one.id) for one in found],
            "steps": [store.steps(one.id) for one in found],
            "logs": [ItemLogs(settings.logs).query(one.id, 1) for one in found],
            "flags": FlagStore(database).list(),
            "tokens": TokenStore(database).list(),
            "board": Lake(settings.data).read("mini").scores.tolist(),
        }
    finally:
        database.close()


def test_a_board_comes_back_as_it_was_elsewhere(full, tmp_path):
    here, _, secret = full
    file = tmp_path / "board.tar"
    summary = back_up(here.settings, file)
    assert summary.tables["submissions"] == 3
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(ConflictError, match="never replaces"):
        back_up(here.settings, file)

    unique = uuid.uuid4().hex
    other = load_settings(
        data=str(tmp_path / "other"), logs_url=f"memory://restored-{unique}", max_pending=500
    )
    assert restore(other, file) == summary
    assert everything(other) == everything(here.settings)
    with pytest.raises(ConflictError, match="--replace"):
        restore(other, file)
    restore(other, file, replace=True)
    assert everything(other) == everything(here.settings)
    database = Database(other.results_database)
    assert TokenStore(database).verify(secret).name == "ann"
    database.close()


@pytest.mark.slow
def test_a_board_moves_from_sqlite_to_postgresql_and_goes_on(full, tmp_path):
    here, _, _ = full
    file = tmp_path / "board.tar"
    back_up(here.settings, file)
    with (
        postgresql() as server,
        board(str(tmp_path / "data"), database_url=server.url, item_limit=1) as there,
    ):
        restore(there.settings, file)
        assert everything(there.settings)["events"] == everything(here.settings)["events"]
        # the sequence of the events goes on behind those that came
        made = there.submit(revision="new")
        there.store.withdraw(made, actor="submitter:ann")
        assert [event.after for event in there.store.events(made)] == [
            State.PENDING,
            State.WITHDRAWN,
        ]


def test_a_damaged_back_up_changes_nothing(full, tmp_path):
    here, _, _ = full
    file = tmp_path / "board.tar"
    back_up(here.settings, file)
    target = load_settings(data=str(tmp_path / "other"))

    content = bytearray(file.read_bytes())
    with tarfile.open(file) as archive:
        place = next(entry for entry in archive if entry.name.endswith("cells.parquet"))
    content[place.offset_data + 10] ^= 0xFF
    (tmp_path / "flipped.tar").write_bytes(content)
    with pytest.raises(ImportFormatError, match=r"cells\.parquet: it is damaged"):
        restore(target, tmp_path / "flipped.tar")

    (tmp_path / "cut.tar").write_bytes(file.read_bytes()[: len(content) // 2])
    with pytest.raises(ImportFormatError, match=r"no back-up|no whole back-up"):
        restore(target, tmp_path / "cut.tar")

    with tarfile.open(tmp_path / "evil.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("data/../../evil"))
    with pytest.raises(ImportFormatError, match="no such entry"):
        restore(target, tmp_path / "evil.tar")
    assert not (tmp_path / "other").exists()


def test_an_export_holds_the_whole_board_and_no_contact(full, tmp_path):
    here, done, _ = full
    files = export(Lake(here.settings.data), tmp_path / "out", here.database)
    assert all(file.is_file() for file in files)
    outcomes = Lake(here.settings.data).read("mini")
    scores = pl.read_parquet(tmp_path / "out/boards/mini/scores.parquet")
    assert scores.height == int(outcomes.observed.sum())
    assert {"model", "item", "score", "answer", "prompt"} <= set(scores.columns)
    shown = orjson.loads((tmp_path / "out/boards/mini/board.json").read_bytes())
    (model,) = shown["models"]
    assert model["submission"] == done
    assert model["benchmarks"]["NLI"]["coverage"] == 1
    submissions = orjson.loads((tmp_path / "out/submissions.json").read_bytes())
    assert {one["state"] for one in submissions} == {"finished", "failed", "pending"}
    assert len(orjson.loads((tmp_path / "out/flags.json").read_bytes())) == 1
    assert not any(b"secret@example.org" in file.read_bytes() for file in files)
    with pytest.raises(ConflictError, match="holds something"):
        export(Lake(here.settings.data), tmp_path / "out", here.database)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
