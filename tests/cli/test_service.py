"""The operator's commands: database, submissions, worker, backup, restore, export."""

from __future__ import annotations

import orjson
import pytest
from typer.testing import CliRunner

from banzuke.cli.app import app
from banzuke.leaderboard.service.database import Database
from banzuke.leaderboard.service.schemas import SubmissionRequest
from banzuke.leaderboard.service.settings import load_settings
from banzuke.leaderboard.service.submissions import SubmissionStore

runner = CliRunner()


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """A data directory named in banzuke.toml of the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "banzuke.toml").write_text('data = "board"\n')
    return tmp_path / "board"


def run(*arguments):
    done = runner.invoke(app, [*arguments, "--json"])
    assert done.exit_code == 0, (done.output, done.exception)
    return orjson.loads(done.stdout)


def submit():
    settings = load_settings()
    database = Database(settings.results_database)
    request = SubmissionRequest(model="org/model", endpoint="https://models.example.org/v1")
    made = SubmissionStore(database, settings).create(request, submitter="ann")
    database.close()
    return made.id


def test_an_operator_follows_withdraws_and_reruns_a_submission(data):
    assert run("database", "upgrade")["before"] is None
    assert run("database", "upgrade")["before"] == "0001"
    assert (data / "service" / "results.sqlite").is_file()
    made = submit()
    listed = run("submissions", "list", "--state", "pending")
    assert [one["id"] for one in listed["submissions"]] == [made]
    assert listed["counts"]["pending"] == 1
    assert run("submissions", "withdraw", made, "--reason", "wrong")["state"] == "withdrawn"
    assert run("submissions", "rerun", made)["run"] == 2
    shown = run("submissions", "show", made)
    assert [event["after"] for event in shown["events"]] == ["pending", "withdrawn", "pending"]
    assert shown["events"][1]["actor"] == "operator:command line"
    people = runner.invoke(app, ["submissions", "show", made])
    assert "withdrawn" in people.output


def test_a_board_is_backed_up_restored_and_exported(data, tmp_path):
    run("database", "upgrade")
    made = submit()
    summary = run("backup", "board.tar")
    assert summary["tables"]["submissions"] == 1
    assert run("restore", "board.tar", "--data", "other")["tables"] == summary["tables"]
    assert run("submissions", "show", made, "--data", "other")["state"] == "pending"
    files = run("export", "out")["files"]
    assert "out/submissions.json" in files


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["submissions", "list"], "banzuke database upgrade"),
        (["backup", "board.tar"], "banzuke database upgrade"),
        (["restore", "missing.tar"], "no back-up that can be read"),
        (["worker", "--name", "a\nb"], "printable"),
    ],
)
def test_mistakes_end_with_one_sentence(arguments, sentence):
    done = runner.invoke(app, arguments)
    assert done.exit_code != 0
    assert sentence in " ".join(str(done.exception or done.output).split())
