"""The command line as a whole: help, version, errors without a traceback."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer import rich_utils
from typer.main import get_command
from typer.testing import CliRunner

from banzuke.cli.app import app

ROOT = Path(__file__).parents[2]


def banzuke(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "banzuke", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_help_reads_like_a_table_of_contents():
    text = banzuke("--help").stdout
    commands = "demo serve import data suite evaluate predict ensemble capabilities"
    for command in commands.split():
        assert f" {command} " in text
    assert banzuke("--version").stdout.startswith("banzuke ")


def test_help_shows_all_that_a_command_says_of_itself(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(rich_utils, "MAX_WIDTH", 100)
    runner = CliRunner()
    for path, command in commands_of(get_command(app)):
        shown = "".join(runner.invoke(app, [*path, "--help"]).stdout.split())
        said = "".join((inspect.getdoc(command.callback) or "").split())
        assert said
        assert said in shown, path


def commands_of(group, path=()):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands_of(command, (*path, name))
        else:
            yield (*path, name), command


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["import", "leaderboard", "nope.csv"], "nope.csv: there is no such file or folder"),
        (["import", "nope", "x"], "there is no format 'nope'; there are table, leaderboard"),
        (["data", "add", "nope", "--data", "board"], "no data set 'nope' ships"),
        (["serve", "--data", "empty"], "holds no results to serve; run banzuke demo"),
    ],
)
def test_a_wrong_input_is_one_sentence_and_status_2(arguments, message, tmp_path):
    done = banzuke(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_json_is_all_that_is_on_standard_output(tmp_path):
    done = banzuke("data", "add", "swallow-v1", "--data", "board", "--json", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert report["changed"]
    assert report["collections"][0]["models"] == 156
    assert not json.loads(
        banzuke("data", "add", "swallow-v1", "--data", "board", "--json", cwd=tmp_path).stdout
    )["changed"]
    listed = json.loads(banzuke("data", "list", "--data", "board", "--json", cwd=tmp_path).stdout)
    assert listed == {"collections": report["collections"], "documents": []}
