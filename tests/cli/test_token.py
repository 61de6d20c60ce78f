"""``banzuke token``: shown once, stored as a digest, revoked at once."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from banzuke.cli.app import app
from banzuke.exceptions import ConflictError, InvalidInputError, NotFoundError


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BANZUKE_CONFIG", raising=False)

    def ask(*arguments):
        return CliRunner().invoke(app, ["token", *arguments, "--data", str(tmp_path / "board")])

    return ask


def test_a_token_is_shown_once_and_kept_as_a_digest(run, tmp_path):
    made = json.loads(run("create", "ann", "--role", "operator", "--days", "30", "--json").stdout)
    assert (made["name"], made["role"]) == ("ann", "operator")
    assert made["token"].startswith("bzk_")
    assert made["expires_at"]
    stored = b"".join(path.read_bytes() for path in (tmp_path / "board").rglob("*.sqlite*"))
    assert made["token"].encode() not in stored
    assert b"ann" in stored
    (listed,) = json.loads(run("list", "--json").stdout)["tokens"]
    assert (listed["name"], listed["revoked_at"]) == ("ann", None)
    assert made["token"] not in run("list").output
    assert json.loads(run("revoke", "ann", "--json").stdout)["revoked_at"]
    assert json.loads(run("list", "--json").stdout)["tokens"][0]["revoked_at"]


def test_people_read_the_token_alone_on_standard_output(run):
    assert run("create", "bob").stdout.startswith("bzk_")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("create", "two words"), InvalidInputError),
        (("create", "<script>"), InvalidInputError),
        (("create", "ann", "--days", "0"), InvalidInputError),
        (("revoke", "nobody"), NotFoundError),
    ],
)
def test_what_cannot_be_is_told(run, arguments, error):
    assert isinstance(run(*arguments).exception, error)


def test_a_name_is_taken_once(run):
    run("create", "ann")
    assert isinstance(run("create", "ann").exception, ConflictError)
