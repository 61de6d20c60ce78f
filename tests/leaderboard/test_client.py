"""The Python client against a real server, and against servers that misbehave."""

from __future__ import annotations

import json

import httpx
import pytest
from typer.testing import CliRunner

import banzuke
from banzuke.cli.app import app
from banzuke.exceptions import (
    AccessError,
    ConflictError,
    InvalidInputError,
    NotFoundError,
    ServerError,
)
from banzuke.leaderboard.client import Client
from banzuke.leaderboard.transport import Transport
from tests.leaderboard.board_service import ENDPOINT, board_service


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    with board_service(tmp_path_factory.mktemp("client")) as found:
        yield found


@pytest.fixture
def ann(board):
    with banzuke.Client(board.url, board.tokens["ann"]) as found:
        yield found


@pytest.fixture
def chief(board):
    with Client(board.url, board.tokens["chief"]) as found:
        yield found


def test_boards_and_all_their_models(ann):
    assert [(one.name, one.n_models) for one in ann.boards()] == [("quiz", 120)]
    found = list(ann.models("quiz", per_page=50))
    assert len({row.model for row in found}) == 120
    assert [row.model for row in ann.models("quiz", q="model-100")] == ["org-0/model-100"]
    assert ann.model("quiz", found[0].model).scores == found[0].scores


def test_submit_follow_withdraw_and_rerun(ann, chief):
    assert (ann.whoami().name, chief.whoami().role) == ("ann", "operator")
    made = ann.submit("org/client", endpoint=ENDPOINT, shots=2, license=None)
    assert made == ann.submission(made.id)
    assert made.id in [one.id for one in ann.submissions(submitter="ann", state="pending")]
    assert ann.steps(made.id) == []
    with pytest.raises(ServerError, match="still pending"):
        ann.wait(made.id, timeout_seconds=0)
    gone = ann.withdraw(made.id, "a mistake")
    assert ann.wait(made.id) == gone
    assert chief.rerun(made.id).run == 2
    assert [one.after for one in ann.events(made.id)] == ["pending", "withdrawn", "pending"]


def test_flag_and_answer(ann, chief):
    made = ann.flag("quiz", "org-0/model-100", "its card names the test set", "https://x.example")
    answered = chief.answer_flag(made.id, "rejected", "The card was corrected.")
    assert ann.flags(board="quiz", state="rejected") == [answered]


def test_what_the_server_refuses_is_one_sentence(ann, board):
    ann.submit("org/twice", endpoint=ENDPOINT)
    wrong, nobody = Client(board.url, "bzk_wrong"), Client(board.url)
    cases = [
        (ConflictError, lambda: ann.submit("org/twice", endpoint=ENDPOINT), "submitted before"),
        (InvalidInputError, lambda: ann.submit("org/x", endpoint="http://10.0.0.1"), "private"),
        (InvalidInputError, lambda: ann.submit("not a name"), "model: "),
        (NotFoundError, lambda: ann.submission("../../x"), "404"),
        (NotFoundError, lambda: list(ann.models("nothing")), "no board 'nothing'"),
        (AccessError, wrong.whoami, "token is wrong"),
        (AccessError, nobody.whoami, "needs a token"),
    ]
    with wrong, nobody:
        for kind, ask, told in cases:
            _refused(kind, ask, told)


def _refused(kind, ask, told):
    with pytest.raises(kind, match=told) as caught:
        ask()
    assert "\n" not in str(caught.value)
    assert "bzk_" not in str(caught.value)


def answering(*responses):
    """Return a transport that gives these answers, what was asked, and what was waited."""
    asked, waited = [], []
    queue = list(responses)

    def handle(request):
        asked.append(request)
        return queue.pop(0) if len(queue) > 1 else queue[0]

    transport = Transport(
        "http://board.example/", transport=httpx.MockTransport(handle), sleep=waited.append
    )
    return Client("", transport=transport), asked, waited


def test_what_is_known_is_not_sent_again():
    full = httpx.Response(200, json={"boards": []}, headers={"ETag": '"a"'})
    client, asked, _ = answering(full, httpx.Response(304))
    assert client.boards() == client.boards() == client.boards() == []
    assert [one.headers.get("if-none-match") for one in asked] == [None, '"a"', '"a"']


def test_a_busy_server_is_asked_again_when_it_says_so():
    busy = httpx.Response(429, headers={"Retry-After": "7"})
    client, _, waited = answering(busy, busy, httpx.Response(200, json={"boards": []}))
    assert client.boards() == []
    assert waited == [7, 7]


def test_a_server_that_stays_busy_is_told_after_a_minute():
    client, asked, waited = answering(httpx.Response(429, headers={"Retry-After": "25"}))
    with pytest.raises(ServerError, match="429"):
        client.boards()
    assert (len(asked), waited) == (3, [25, 25])


@pytest.mark.parametrize(
    ("response", "told"),
    [
        (httpx.Response(200, text="<html>"), "like a banzuke server"),
        (httpx.Response(200, json={"boards": [{"name": 1}]}), "same version"),
        (httpx.Response(200, json=[]), "same version"),
        (httpx.Response(500, text="<html>"), "500: internal server error"),
        (httpx.Response(502, json=["x"]), "502: bad gateway"),
        (httpx.Response(500, json={"detail": "a\nb\x1b[31m"}), r"a b \[31m"),
    ],
)
def test_servers_that_answer_nonsense_are_told(response, told):
    client, _, _ = answering(response)
    with pytest.raises(ServerError, match=told):
        client.boards()


def test_a_server_that_is_not_there_is_told():
    with pytest.raises(ServerError, match="cannot be reached"):
        Client("http://127.0.0.1:1").boards()
    with pytest.raises(InvalidInputError, match="http"):
        Client("ftp://board.example")
    with pytest.raises(InvalidInputError, match="token"):
        Client("http://board.example", "line\nbreak")


def test_the_command_submits(board, monkeypatch):
    def run(*arguments):
        return CliRunner().invoke(app, ["submit", "org/cli", "--url", board.url, *arguments])

    monkeypatch.delenv("BANZUKE_TOKEN", raising=False)
    assert isinstance(run().exception, AccessError)
    monkeypatch.setenv("BANZUKE_TOKEN", board.tokens["bob"])
    made = json.loads(run("--endpoint", ENDPOINT, "--shots", "1", "--json").stdout)
    assert (made["model"], made["shots"], made["submitter"]) == ("org/cli", 1, "bob")
    again = run("--endpoint", ENDPOINT, "--shots", "1")
    assert isinstance(again.exception, ConflictError)
    board.backend.submissions.withdraw(made["id"], actor="operator:chief")
