"""Submissions are checked, stored, found again, and keep their whole history."""

from __future__ import annotations

import threading

import pytest
from pydantic import ValidationError

from banzuke.exceptions import ConflictError, InvalidInputError, NotFoundError
from banzuke.leaderboard.service.schemas import State, SubmissionRequest
from banzuke.leaderboard.service.settings import load_settings
from banzuke.leaderboard.service.submissions import SubmissionStore

ENDPOINT = "https://models.example.org/v1"


@pytest.fixture
def store(database, settings):
    return SubmissionStore(database, settings)


def request(**changes):
    return SubmissionRequest(**{"model": "org/model", "endpoint": ENDPOINT, **changes})


def test_a_submission_is_found_again_as_it_was_given(store):
    asked = request(
        revision="abc123",
        precision="float16",
        type="chat",
        architecture="LlamaForCausalLM",
        params_b=7.2,
        base_model="org/base",
        licence="apache-2.0",
        shots=4,
        contact="me@example.org",
    )
    made = store.create(asked, submitter="ann")
    found = store.get(made.id)
    assert found == made
    assert found.state is State.PENDING
    assert found.request == asked.model_copy(update={"suite": "mini"})
    assert found.request.license == "apache-2.0"
    (event,) = store.events(made.id)
    assert (event.before, event.after, event.actor) == (None, State.PENDING, "submitter:ann")
    assert event.at.utcoffset().total_seconds() == 0


def test_the_same_settings_again_are_refused_with_the_name_of_the_first(store):
    first = store.create(request(), submitter="ann")
    with pytest.raises(ConflictError, match=first.id):
        store.create(request(contact="someone else"), submitter="bob")
    other_settings = [{"revision": "v2"}, {"precision": "int8"}, {"shots": 4}]
    elsewhere = {"endpoint": "https://other.example.org/v1"}
    for change in [*other_settings, {"prompt_style": "base"}, elsewhere]:
        store.create(request(**change), submitter="bob")
    assert store.counts()[State.PENDING] == 6


def test_the_same_endpoint_in_another_spelling_is_the_same(store):
    first = store.create(request(), submitter="ann")
    with pytest.raises(ConflictError, match=first.id):
        store.create(request(endpoint="HTTPS://Models.Example.org/v1/"), submitter="ann")


def test_two_at_the_same_moment_leave_one(store):
    outcomes = []

    def submit():
        try:
            outcomes.append(store.create(request(), submitter="ann").id)
        except ConflictError:
            outcomes.append(None)

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([outcome for outcome in outcomes if outcome]) == 1
    assert store.list().total == 1


def test_a_withdrawn_model_stays_in_the_queue_and_may_be_submitted_again(store):
    made = store.create(request(), submitter="ann")
    gone = store.withdraw(made.id, actor="submitter:ann", reason="wrong revision")
    assert (gone.state, gone.reason) == (State.WITHDRAWN, "wrong revision")
    with pytest.raises(ConflictError, match="withdrawn before"):
        store.withdraw(made.id, actor="submitter:ann")
    again = store.create(request(), submitter="ann")
    assert store.list().total == 2
    with pytest.raises(ConflictError, match=again.id):
        store.rerun(made.id, actor="operator:op")


def test_a_rerun_keeps_the_history_and_counts_runs(store):
    made = store.create(request(), submitter="ann")
    with pytest.raises(ConflictError, match="waits for a worker"):
        store.rerun(made.id, actor="operator:op")
    store.withdraw(made.id, actor="operator:op", reason="first")
    again = store.rerun(made.id, actor="operator:op", reason="asked for it")
    assert (again.state, again.run, again.reason) == (State.PENDING, 2, None)
    history = [(event.after, event.reason, event.run) for event in store.events(made.id)]
    assert history == [
        (State.PENDING, None, 1),
        (State.WITHDRAWN, "first", 1),
        (State.PENDING, "asked for it", 2),
    ]


def test_the_list_is_paged_and_filtered(store):
    for number in range(7):
        store.create(request(revision=f"r{number}"), submitter="ann" if number % 2 else "bob")
    pages = [store.list(page=page, page_size=3) for page in (1, 2, 3)]
    assert [len(page.submissions) for page in pages] == [3, 3, 1]
    revisions = [entry.request.revision for page in pages for entry in page.submissions]
    assert revisions == [f"r{number}" for number in reversed(range(7))]
    assert store.list(submitter="ann").total == 3
    assert store.list(state=State.RUNNING).total == 0
    assert store.list(model="org/other").total == 0
    with pytest.raises(InvalidInputError, match="1 to 500"):
        store.list(page_size=501)


def test_what_is_not_there_is_named(store):
    for call in (store.get, store.events, store.steps):
        with pytest.raises(NotFoundError, match="no submission 'nothing'"):
            call("nothing")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"architecture": "LlamaForCasualLM"}, "did you mean LlamaForCausalLM"),
        ({"architecture": "HomeMade"}, "'HomeMade' is unknown here"),
        ({"params_b": 671}, "takes models up to 100 billion"),
        ({"shots": 9}, "at most 8"),
        ({"suite": "other"}, "it has mini"),
        ({"endpoint": None}, "name an endpoint"),
        ({"endpoint": "ftp://example.org"}, "not the address of a server"),
        ({"endpoint": "https://me:secret@example.org"}, "shown to everybody"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_in_words(store, changes, sentence):
    with pytest.raises(InvalidInputError, match=sentence):
        store.create(request(**changes), submitter="ann")
    assert store.list().total == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "../../etc/passwd"},
        {"model": "a b"},
        {"model": "<script>"},
        {"model": ""},
        {"model": "org/model\nX"},
        {"params_b": float("nan")},
        {"params_b": 0},
        {"shots": -1},
        {"revision": "; drop table submissions"},
        {"contact": "line\nbreak"},
        {"unknown": 1},
    ],
)
def test_impossible_requests_do_not_get_that_far(changes):
    with pytest.raises(ValidationError):
        request(**changes)


def test_the_rule_for_addresses_is_asked(database, settings):
    def refuse(endpoint, _):
        raise InvalidInputError(f"{endpoint} is private")

    store = SubmissionStore(database, settings, check_address=refuse)
    with pytest.raises(InvalidInputError, match="is private"):
        store.create(request(), submitter="ann")


def test_one_submitter_cannot_fill_the_queue(database, tmp_path):
    store = SubmissionStore(database, load_settings(data=str(tmp_path), max_pending=2))
    for number in range(2):
        store.create(request(revision=f"r{number}"), submitter="ann")
    with pytest.raises(InvalidInputError, match="2 unfinished submissions"):
        store.create(request(revision="r2"), submitter="ann")
    store.create(request(revision="r2"), submitter="bob")
