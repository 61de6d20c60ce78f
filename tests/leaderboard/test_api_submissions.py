"""Submissions and flags through the API."""

from __future__ import annotations

import itertools

import pytest

from banzuke.leaderboard.schemas import Problem
from banzuke.leaderboard.schemas_submissions import (
    EventList,
    FlagInfo,
    StepList,
    SubmissionInfo,
    SubmissionsPage,
)
from banzuke.leaderboard.service.tokens import Role
from tests.leaderboard.board_service import board_service, request

names = (f"org/model-{i}" for i in itertools.count())


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    with board_service(tmp_path_factory.mktemp("board")) as found:
        yield found


@pytest.fixture
def ann(board):
    with board.client("ann") as found:
        yield found


@pytest.fixture
def bob(board):
    with board.client("bob") as found:
        yield found


@pytest.fixture
def chief(board):
    with board.client("chief") as found:
        yield found


@pytest.fixture
def anyone(board):
    with board.client() as found:
        yield found


def submit(client, **changes):
    answer = client.post("/api/v1/submissions", json=request(next(names), **changes))
    assert answer.status_code == 201, answer.text
    return SubmissionInfo.model_validate(answer.json())


def test_a_submission_is_made_and_read_by_everyone(ann, anyone):
    answer = ann.post(
        "/api/v1/submissions",
        json=request(next(names), revision="abc", licence="mit", contact="ann@lab.example"),
    )
    assert answer.status_code == 201
    made = SubmissionInfo.model_validate(answer.json())
    assert (made.state, made.submitter, made.license) == ("pending", "ann", "mit")
    shown = anyone.get(answer.headers["location"])
    assert SubmissionInfo.model_validate(shown.json()) == made.model_copy(update={"contact": None})
    events = EventList.model_validate(anyone.get(f"{answer.headers['location']}/events").json())
    assert [(event.after, event.actor) for event in events.events] == [("pending", "submitter:ann")]
    steps = StepList.model_validate(anyone.get(f"{answer.headers['location']}/steps").json())
    assert (steps.run, steps.steps) == (1, [])


def test_contacts_are_told_to_their_owner_and_operators_only(ann, bob, chief, anyone):
    made = submit(ann, contact="secret@lab.example")
    for client, told in ((ann, True), (chief, True), (bob, False), (anyone, False)):
        for path in (f"/api/v1/submissions/{made.id}", "/api/v1/submissions?per_page=200"):
            assert ("secret@lab.example" in client.get(path).text) is told


def test_submissions_are_listed_page_by_page(ann, anyone):
    made = [submit(ann, shots=shots).id for shots in (1, 2, 3)]
    first = SubmissionsPage.model_validate(anyone.get("/api/v1/submissions?per_page=2").json())
    second = SubmissionsPage.model_validate(
        anyone.get("/api/v1/submissions?per_page=2&page=2").json()
    )
    found = [one.id for one in first.submissions + second.submissions]
    assert found[:3] == made[::-1]
    assert first.counts["pending"] == first.total
    assert first.n_pages == -(-first.total // 2)
    theirs = anyone.get("/api/v1/submissions?submitter=bob").json()
    assert {one["submitter"] for one in theirs["submissions"]} <= {"bob"}
    finished = anyone.get("/api/v1/submissions?state=finished").json()
    assert finished["submissions"] == []


def test_an_unchanged_submission_is_not_sent_again(ann, anyone):
    path = f"/api/v1/submissions/{submit(ann).id}"
    tag = anyone.get(path).headers["etag"]
    assert anyone.get(path, headers={"If-None-Match": tag}).status_code == 304
    ann.post(f"{path}/withdraw", json={})
    changed = anyone.get(path, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json()["state"]) == (200, "withdrawn")


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"model": "no spaces allowed"}, 422, "model"),
        ({"model": "../../etc/passwd"}, 422, "model"),
        ({"revision": "main; rm -rf /"}, 422, "revision"),
        ({"precision": "int3"}, 422, "precision"),
        ({"shots": -1}, 422, "shots"),
        ({"params_b": "Infinity"}, 422, "params_b"),
        ({"license": "mit\r\nX-Evil: 1"}, 422, "license"),
        ({"unknown": 1}, 422, "unknown"),
        ({"suite": "nope"}, 400, "no suite 'nope'"),
        ({"params_b": 500}, 400, "up to 100 billion"),
        ({"architecture": "LlamaForCausalLN"}, 400, "did you mean LlamaForCausalLM"),
        ({"endpoint": None}, 400, "name an endpoint"),
        ({"endpoint": "http://10.0.0.1:8000"}, 400, "private, local or reserved"),
        ({"endpoint": "http://169.254.169.254/"}, 400, "private, local or reserved"),
        ({"endpoint": "http://localhost:8000"}, 400, "local network"),
        ({"endpoint": "http://2130706433/"}, 400, "unusual notation"),
        ({"endpoint": "http://user:pw@203.0.113.7/"}, 400, "user name or password"),
        ({"endpoint": "file:///etc/passwd"}, 400, "address of a server"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_with_a_sentence(ann, change, status, told):
    answer = ann.post("/api/v1/submissions", json=request(**{"model": next(names), **change}))
    assert answer.status_code == status
    problem = Problem.model_validate(answer.json())
    fields = [one.field for one in problem.errors]
    assert told in problem.detail or told in fields


def test_a_duplicate_is_refused_and_names_the_first(ann, bob):
    model = next(names)
    first = ann.post("/api/v1/submissions", json=request(model)).json()
    again = bob.post("/api/v1/submissions", json=request(model))
    assert again.status_code == 409
    assert first["id"] in again.json()["detail"]


def test_owners_and_operators_withdraw_and_rerun(ann, bob, chief, anyone):
    path = f"/api/v1/submissions/{submit(ann).id}"
    assert anyone.post(f"{path}/withdraw", json={}).status_code == 401
    assert bob.post(f"{path}/withdraw", json={}).status_code == 403
    gone = ann.post(f"{path}/withdraw", json={"reason": "wrong revision"}).json()
    assert (gone["state"], gone["reason"]) == ("withdrawn", "wrong revision")
    assert ann.post(f"{path}/withdraw", json={}).status_code == 409
    assert bob.post(f"{path}/rerun", json={}).status_code == 403
    again = chief.post(f"{path}/rerun", json={"reason": "asked for"}).json()
    assert (again["state"], again["run"]) == ("pending", 2)
    assert chief.post(f"{path}/rerun", json={}).status_code == 409
    history = anyone.get(f"{path}/events").json()["events"]
    assert [(one["after"], one["actor"], one["reason"]) for one in history] == [
        ("pending", "submitter:ann", None),
        ("withdrawn", "submitter:ann", "wrong revision"),
        ("pending", "operator:chief", "asked for"),
    ]


def test_flags_are_made_read_and_answered_by_an_operator(ann, bob, chief, anyone):
    body = {
        "board": "quiz",
        "model": "org-0/model-0",
        "reason": "trained on the test questions",
        "link": "https://example.org/proof",
    }
    assert anyone.post("/api/v1/flags", json=body).status_code == 401
    made = FlagInfo.model_validate(ann.post("/api/v1/flags", json=body).json())
    assert (made.state, made.reporter) == ("open", "ann")
    assert ann.post("/api/v1/flags", json=body).status_code == 409
    path = f"/api/v1/flags/{made.id}/answer"
    verdict = {"state": "upheld", "answer": "It repeats them by heart."}
    assert bob.post(path, json=verdict).status_code == 403
    assert chief.post(path, json={"state": "open", "answer": "x"}).status_code == 422
    answered = FlagInfo.model_validate(chief.post(path, json=verdict).json())
    assert (answered.state, answered.operator) == ("upheld", "chief")
    listed = anyone.get("/api/v1/flags?board=quiz&model=org-0/model-0").json()["flags"]
    assert listed == [answered.model_dump(mode="json")]
    assert anyone.get("/api/v1/flags?state=open&board=quiz").json()["flags"] == []
    rows = anyone.get("/api/v1/boards/quiz.json?flagged=yes").json()["rows"]
    assert [row["model"] for row in rows] == ["org-0/model-0"]
    assert "⚑" in anyone.get("/boards/quiz?flagged=yes").text
    assert "⚑" not in anyone.get("/boards/quiz?flagged=no").text


def test_a_rejected_flag_marks_nothing(ann, chief, anyone):
    body = {"board": "quiz", "model": "org-1/model-1", "reason": "looks like a copy"}
    made = ann.post("/api/v1/flags", json=body).json()
    verdict = {"state": "rejected", "answer": "The weights differ."}
    assert chief.post(f"/api/v1/flags/{made['id']}/answer", json=verdict).status_code == 200
    found = anyone.get("/api/v1/boards/quiz.json?flagged=yes").json()["rows"]
    assert "org-1/model-1" not in [row["model"] for row in found]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"model": "nobody"}, 404),
        ({"board": "nothing"}, 404),
        ({"board": "../secret"}, 404),
        ({"reason": "short"}, 422),
        ({"link": "javascript:alert(1)"}, 422),
    ],
)
def test_flags_that_make_no_sense_are_refused(ann, change, status):
    body = {"board": "quiz", "model": "org-0/model-1", "reason": "this is long enough"}
    assert ann.post("/api/v1/flags", json={**body, **change}).status_code == status


@pytest.mark.parametrize(
    "path",
    ["", "/events", "/steps"],
)
@pytest.mark.parametrize("number", ["nope", "0" * 16, "' OR 1=1 --", "..%2f..%2fsecret", "%00"])
def test_numbers_that_do_not_exist_are_not_found(anyone, number, path):
    answer = anyone.get(f"/api/v1/submissions/{number}{path}")
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


def test_tokens_open_what_their_role_allows_until_revoked(board, anyone):
    token, secret = board.backend.tokens.create("temporary", role=Role.OPERATOR)
    headers = {"Authorization": f"Bearer {secret}"}
    assert anyone.get("/api/v1/whoami", headers=headers).json() == {
        "name": "temporary",
        "role": "operator",
    }
    board.backend.tokens.revoke(token.name)
    answer = anyone.get("/api/v1/whoami", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert secret not in answer.text
    assert anyone.get("/api/v1/whoami").status_code == 401
    basic = anyone.get("/api/v1/whoami", headers={"Authorization": "Basic YTpi"})
    assert basic.status_code == 401


def test_guessing_tokens_ends_in_waiting_even_with_the_right_one(tmp_path):
    with board_service(tmp_path, rate_limit_login="5/minute") as board, board.client() as guesser:
        statuses = [
            guesser.get("/api/v1/whoami", headers={"Authorization": f"Bearer bzk_{i}"}).status_code
            for i in range(7)
        ]
        assert statuses == [401] * 5 + [429] * 2
        right = guesser.get(
            "/api/v1/whoami", headers={"Authorization": f"Bearer {board.tokens['ann']}"}
        )
        assert right.status_code == 429
        assert int(right.headers["retry-after"]) >= 1
        assert guesser.get("/api/v1/submissions").status_code == 200


def test_submitting_and_reading_have_budgets_of_their_own(tmp_path):
    limits = {"rate_limit_submit": "2/hour", "rate_limit_read": "8/minute"}
    with board_service(tmp_path, **limits) as board, board.client("ann") as ann:
        sent = [ann.post("/api/v1/submissions", json=request(f"org/m{i}")) for i in range(3)]
        assert [one.status_code for one in sent] == [201, 201, 429]
        assert int(sent[2].headers["retry-after"]) > 60
        assert "too many requests" in Problem.model_validate(sent[2].json()).detail
        read = [ann.get("/api/v1/submissions").status_code for _ in range(6)]
        assert read == [200] * 5 + [429]
        assert ann.get("/about").status_code == 200
        assert board.backend.submissions.list().total == 2


def test_bodies_are_limited(ann):
    large = ann.post("/api/v1/submissions", json=request(contact="x" * 100_000))
    assert large.status_code == 413
    assert Problem.model_validate(large.json()).status == 413


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_other_sites_cannot_use_the_api(ann, headers):
    answer = ann.post("/api/v1/submissions", json=request(next(names)), headers=headers)
    assert answer.status_code == 403


def test_hostile_text_is_stored_as_it_is(ann, anyone):
    hostile = "'); DROP TABLE submissions; -- <script>alert(1)</script>"
    made = submit(ann, license=hostile[:80])
    assert made.license == hostile[:80]
    assert anyone.get(f"/api/v1/submissions?model={hostile}").json()["submissions"] == []
    assert anyone.get("/api/v1/submissions").json()["total"] >= 1
