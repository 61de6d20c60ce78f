"""A worker evaluates submissions, keeps their logs, and puts them on the board."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select, text, update

from banzuke.evaluation import load_suite
from banzuke.leaderboard.service.answers import AnswerStore
from banzuke.leaderboard.service.claims import ClaimStore, LostClaimError
from banzuke.leaderboard.service.database import Database, now
from banzuke.leaderboard.service.item_logs import ItemLogs
from banzuke.leaderboard.service.schemas import State
from banzuke.leaderboard.service.tables import ResultRow, SubmissionRow
from banzuke.leaderboard.service.worker import Worker
from banzuke.outcomes import Lake
from banzuke.testing.server import Server
from tests.leaderboard.service.board import board, until

DATA_SETS = [task.benchmark.name for task in load_suite("mini").tasks]
N_ITEMS = 2 * len(DATA_SETS)


def test_a_submission_is_evaluated_logged_and_published_once(tmp_path):
    logs = f"memory://logs-{uuid.uuid4().hex}"
    with board(str(tmp_path / "data"), logs_url=logs) as here:
        made = here.submit(
            type="chat", params_b=7, architecture="LlamaForCausalLM", base_model="org/base"
        )
        here.work()
        done = here.store.get(made)
        assert (done.state, done.n_done, done.n_items) == (State.FINISHED, N_ITEMS, N_ITEMS)
        assert [event.after for event in here.store.events(made)] == [
            State.PENDING,
            State.RUNNING,
            State.FINISHED,
        ]
        steps = here.store.steps(made)
        assert [step.data_set for step in steps] == DATA_SETS
        assert {step.state for step in steps} == {"finished"}
        assert all("in the logs" in step.last_lines[-1] for step in steps)
        assert max(here.server.answered.values()) == 1

        rows, total = ItemLogs(logs).query(made, 1, page_size=500)
        assert total == len(rows) == N_ITEMS
        first = rows[0]
        assert first["raw"] in "ABCD"
        assert first["prompt"]
        one, count = ItemLogs(logs).query(made, 1, data_set=first["data_set"], item=first["item"])
        assert (one, count) == ([first], 1)

        outcomes = Lake(tmp_path / "data").read(done.board)
        row = outcomes.models.row(0, named=True)
        assert row["model"] == row["name"] == "test-model"
        assert row["submission"] == made
        assert (row["params_b"], row["type"], row["suite"]) == (7.0, "chat", "mini")
        assert (row["engine"], row["engine_version"]) == ("openai-compatible", "1.0-test")
        for fact in ("items_sha256", "prompts_sha256", "hardware", "banzuke_version"):
            assert row[fact], fact
        scores = dict(zip(outcomes.items["item_id"], outcomes.scores[0], strict=True))
        assert {item["item"]: item["score"] for item in rows} == pytest.approx(scores)

        with here.database.reading() as session:
            kept = session.scalar(select(func.count()).where(ResultRow.record.is_not(None)))
            assert kept == 0
            assert session.scalar(select(func.count()).select_from(ResultRow)) == N_ITEMS


def test_an_engine_that_is_not_there_fails_the_submission_with_a_reason(tmp_path):
    with board(str(tmp_path)) as here:
        wrong = here.submit(model="other-model")
        private = here.submit(revision="r2", endpoint="http://127.0.0.2:8009/v1")
        here.work(concurrency=2)
        failed = here.store.get(wrong)
        assert failed.state is State.FAILED
        assert "has no model 'other-model'" in failed.reason
        assert here.store.events(wrong)[-1].reason == failed.reason
        assert "private" in here.store.get(private).reason
        assert Lake(tmp_path).names() == []
        # what failed may be submitted again, and run again
        here.submit(model="other-model")
        assert here.store.rerun(private, actor="operator:op").run == 2


def test_too_few_shots_fail_before_the_engine_is_asked(tmp_path):
    with board(str(tmp_path), max_shots=64) as here:
        made = here.submit(shots=64)
        here.work()
        assert "shot" in here.store.get(made).reason
        assert not here.server.received


def test_a_withdrawn_submission_stops_and_leaves_the_board(tmp_path):
    with board(str(tmp_path), server={"delay_seconds": 0.05}) as here:
        shown = here.submit(revision="shown")
        here.work()
        running = here.submit(revision="running")
        worker = Worker(here.settings)
        thread = threading.Thread(target=worker.run, kwargs={"until_idle": True})
        thread.start()
        until(lambda: here.store.get(running).n_done > 0)
        here.store.withdraw(running, actor="submitter:ann", reason="a mistake")
        here.store.withdraw(shown, actor="operator:op")
        thread.join()
        assert here.store.get(running).n_done < N_ITEMS
        assert here.store.get(running).reason == "a mistake"
        here.work()
        assert here.store.get(shown).board is None
        assert Lake(tmp_path).names() == []


def test_a_rerun_starts_anew_and_replaces_the_row(tmp_path):
    with board(str(tmp_path)) as here:
        made = here.submit()
        here.work()
        here.store.rerun(made, actor="operator:op")
        here.work()
        assert here.store.get(made).run == 2
        assert [len(here.store.steps(made, run)) for run in (1, 2)] == [len(DATA_SETS)] * 2
        models = Lake(tmp_path).read("mini").models
        assert models["run"].to_list() == [f"{made}.2"]


def test_other_settings_are_other_rows(tmp_path):
    with board(str(tmp_path)) as here:
        here.submit()
        here.submit(shots=1, precision="int8")
        here.submit(prompt_style="base")
        here.work(concurrency=3)
        models = Lake(tmp_path).read("mini").models
        assert sorted(models["model"]) == [
            "test-model",
            "test-model (base)",
            "test-model (int8, 1-shot)",
        ]


def test_the_same_model_at_another_endpoint_is_another_row(tmp_path):
    with board(str(tmp_path), item_limit=1) as here, Server(respond=lambda prompt: "D") as other:
        first = here.submit()
        second = here.submit(endpoint=other.url)
        here.work()
        here.store.rerun(second, actor="operator:op")
        here.work()
        models = Lake(tmp_path).read("mini").models
        host = urlsplit(other.url).netloc
        assert dict(models.select("model", "submission").iter_rows()) == {
            "test-model": first,
            f"test-model (at {host})": second,
        }
        assert set(models["run"]) == {f"{first}.1", f"{second}.2"}


def test_journals_of_what_ended_long_ago_are_removed(tmp_path):
    with board(str(tmp_path), item_limit=1, journal_days=3) as here:
        old, fresh, waiting = (here.submit(revision=name) for name in ("old", "fresh", "waiting"))
        here.work()
        here.store.rerun(waiting, actor="operator:op")
        assert ClaimStore(here.database, "far", lease_seconds=600, max_attempts=3).claim_next()
        journal = Database(here.settings.execution_database)
        a_week = timedelta(days=7)
        with here.database.writing() as session:
            changed = update(SubmissionRow).where(SubmissionRow.id.in_([old, waiting]))
            session.execute(changed.values(updated_at=now() - a_week))
        with journal.writing() as session:
            session.execute(
                text("UPDATE workflow_status SET created_at = created_at - :ms"),
                {"ms": a_week.total_seconds() * 1000},
            )
        names = "SELECT workflow_uuid FROM {} ORDER BY 1"
        here.work()
        with journal.reading() as session:
            for table in ("workflow_status", "operation_outputs"):
                left = set(session.scalars(text(names.format(table))))
                assert left == {f"{fresh}.1", f"{waiting}.1"}
        journal.close()
        # what was found stays, and a run can be done again
        assert len(here.store.steps(old)) == len(DATA_SETS)
        here.store.rerun(old, actor="operator:op")
        here.work()
        assert here.store.get(old).state is State.FINISHED


def test_a_worker_that_is_stopped_hands_back_and_another_goes_on(tmp_path):
    with board(str(tmp_path), server={"delay_seconds": 0.05}) as here:
        made = here.submit()
        first = Worker(here.settings)
        thread = threading.Thread(target=first.run)
        thread.start()
        until(lambda: here.store.get(made).n_done >= 4)
        first.stop()
        thread.join()
        left = here.store.get(made)
        assert (left.state, left.worker) == (State.PENDING, None)
        assert 4 <= left.n_done < N_ITEMS
        here.work()
        assert here.store.get(made).state is State.FINISHED
        assert max(here.server.answered.values()) == 1
        reasons = [event.reason or "" for event in here.store.events(made)]
        assert f"worker {first.name} was stopped" in reasons


def test_a_silent_worker_loses_its_work_and_can_write_no_more(tmp_path):
    with board(str(tmp_path)) as here:
        made = here.submit()
        lease = {"lease_seconds": 60, "max_attempts": 3}
        silent = ClaimStore(here.database, "silent", **lease)
        claim = silent.claim_next()
        other = ClaimStore(here.database, "other", **lease)
        assert other.claim_next() is None
        assert silent.renew([claim]) == []
        _let_the_lease_end(here.database)
        taken = other.claim_next()
        assert (taken.submission, taken.taken_from, taken.fence) == (made, "silent", 2)
        assert silent.renew([claim]) == [claim]
        answers = AnswerStore(here.database)
        for write in (
            lambda: answers.plan(claim, {"nli": 2}, {}),
            lambda: answers.begin(claim, "nli"),
            lambda: answers.save(claim, "nli", []),
            lambda: answers.finish(claim, "nli"),
            lambda: silent.finish(claim, board="mini"),
            lambda: silent.fail(claim, "no"),
            lambda: silent.release(claim, "no"),
        ):
            with pytest.raises(LostClaimError, match="held by worker other") as error:
                write()
            assert not error.value.is_over
        assert here.store.get(made).worker == "other"


def test_a_submission_that_workers_die_of_fails_in_the_end(tmp_path):
    with board(str(tmp_path)) as here:
        made = here.submit()
        for number in range(3):
            claims = ClaimStore(here.database, f"w{number}", lease_seconds=60, max_attempts=3)
            assert claims.claim_next() is not None
            _let_the_lease_end(here.database)
        last = ClaimStore(here.database, "last", lease_seconds=60, max_attempts=3)
        assert last.claim_next() is None
        failed = here.store.get(made)
        assert failed.state is State.FAILED
        assert "3 workers fell silent" in failed.reason


def _let_the_lease_end(database):
    with database.writing() as session:
        session.execute(update(SubmissionRow).values(lease_until=1.0))
