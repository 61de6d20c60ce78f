"""Whatever is killed: every submission ends once, no item is scored twice, none is lost.

`make test-full` kills ten workers over thirty submissions.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from banzuke.evaluation import load_suite
from banzuke.leaderboard.service.item_logs import ItemLogs
from banzuke.leaderboard.service.schemas import State
from banzuke.leaderboard.service.tables import ResultRow
from banzuke.outcomes import Lake
from tests.leaderboard.service.board import Board, board, until
from tests.leaderboard.service.postgresql import postgresql
from tests.sizes import sized

# workers and servers share the CPUs with other tests: there is time for that
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

DATA_SETS = [task.benchmark.name for task in load_suite("mini").tasks]
N_SUBMISSIONS = sized(9, full=30)
N_KILLS = sized(4, full=10)
SETTINGS = {"item_limit": 1, "lease_seconds": 5.0, "poll_seconds": 0.1, "max_attempts": 100}


class Workers:
    """Worker processes that are killed and started again."""

    def __init__(self, here: Board, n: int, log: Path) -> None:
        self._here = here
        self._log = log.open("ab")
        self.running = [self._start() for _ in range(n)]

    def _start(self) -> subprocess.Popen[bytes]:
        settings = self._here.settings
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "BANZUKE_DATA": settings.data,
            "BANZUKE_DATABASE_URL": settings.database_url or "",
            "BANZUKE_ALLOWED_PRIVATE_HOSTS": '["127.0.0.1"]',
            "BANZUKE_REQUEST_CONCURRENCY": str(settings.request_concurrency),
            **{f"BANZUKE_{name.upper()}": str(value) for name, value in SETTINGS.items()},
        }
        return subprocess.Popen(
            [sys.executable, "-m", "banzuke", "worker", "--concurrency", "2"],
            env={name: value for name, value in environment.items() if value},
            stdout=self._log,
            stderr=self._log,
        )

    def kill(self, index: int) -> None:
        """Kill one without any warning, and start another in its place."""
        self.running[index].kill()
        self.running[index].wait()
        self.running[index] = self._start()

    def stop(self) -> None:
        """End all in order."""
        for worker in self.running:
            worker.send_signal(signal.SIGCONT)
            worker.terminate()
        for worker in self.running:
            try:
                worker.wait(timeout=60)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        self._log.close()


@contextmanager
def workers(here: Board, n: int, folder: Path) -> Iterator[Workers]:
    log = folder / "workers.log"
    found = Workers(here, n, log)
    try:
        yield found
    finally:
        found.stop()
        print(log.read_text(errors="replace")[-4000:])  # shown where the test fails


def patiently(reached: Callable[[], bool]) -> None:
    until(reached, seconds=400)


def n_answers(here: Board) -> int:
    query = select(func.count()).select_from(ResultRow)
    return here.database.read(lambda session: session.scalar(query) or 0)


def assert_each_once(here: Board, submissions: list[str], folder: Path) -> None:
    """Every submission is finished once; each of its items is scored and logged once."""
    logs = ItemLogs(here.settings.logs)
    expected = {f"{name}-1" for name in DATA_SETS}
    for submission in submissions:
        done = here.store.get(submission)
        assert done.state is State.FINISHED
        assert (done.run, done.n_done, done.n_items) == (1, len(DATA_SETS), len(DATA_SETS))
        ends = Counter(event.after for event in here.store.events(submission))
        assert ends[State.FINISHED] == 1
        assert ends[State.FAILED] == ends[State.WITHDRAWN] == 0
        rows, total = logs.query(submission, 1, page_size=500)
        assert total == len(expected)
        assert {row["item"] for row in rows} == expected
    with here.database.reading() as session:
        scored = session.execute(select(ResultRow.submission, ResultRow.item, ResultRow.record))
        counts = Counter((row.submission, row.item) for row in scored)
        unlogged = session.scalar(select(func.count()).where(ResultRow.record.is_not(None)))
    assert set(counts) == {(submission, item) for submission in submissions for item in expected}
    assert set(counts.values()) == {1}
    assert unlogged == 0
    outcomes = Lake(folder / "data").read("mini")
    assert sorted(outcomes.models["submission"]) == sorted(submissions)
    assert outcomes.observed.all()


def submit_all(here: Board, n: int) -> list[str]:
    return [here.submit(revision=f"r{number}") for number in range(n)]


def kill_at_random(here: Board, found: Workers, n_kills: int, total: int, seed: int) -> Iterator:
    """Kill workers at random moments of the work; yields the number of each kill."""
    draw = random.Random(seed)
    moments = sorted(draw.sample(range(1, total - total // 10), n_kills))
    for number, moment in enumerate(moments):
        patiently(lambda moment=moment: n_answers(here) >= moment)
        found.kill(draw.randrange(len(found.running)))
        yield number


def all_finished(here: Board, n: int) -> bool:
    return here.store.counts()[State.FINISHED] == n


def test_three_workers_and_the_database_are_killed(tmp_path):
    with (
        postgresql() as server,
        board(
            str(tmp_path / "data"),
            server={"delay_seconds": 0.01},
            database_url=server.url,
            **SETTINGS,
        ) as here,
    ):
        here.database.patience_seconds = 60
        submissions = submit_all(here, N_SUBMISSIONS)
        total = N_SUBMISSIONS * len(DATA_SETS)
        with workers(here, 3, tmp_path) as found:
            for number in kill_at_random(here, found, N_KILLS, total, seed=20261128):
                if number == N_KILLS // 2 - 1:
                    server.crash()
                    server.start()
            patiently(lambda: all_finished(here, N_SUBMISSIONS))
        assert_each_once(here, submissions, tmp_path)
        # only answers under way when something died were asked for again
        lost = here.server.answered.total() - total
        assert 0 <= lost <= N_KILLS * 2 * here.settings.request_concurrency


def test_one_worker_on_sqlite_is_killed(tmp_path):
    n_submissions = sized(4, full=30)
    with board(str(tmp_path / "data"), server={"delay_seconds": 0.01}, **SETTINGS) as here:
        submissions = submit_all(here, n_submissions)
        total = n_submissions * len(DATA_SETS)
        with workers(here, 1, tmp_path) as found:
            for _ in kill_at_random(here, found, sized(2, full=3), total, seed=7):
                pass
            patiently(lambda: all_finished(here, n_submissions))
        assert_each_once(here, submissions, tmp_path)


def test_a_worker_paused_past_its_lease_finds_its_work_taken(tmp_path):
    with (
        postgresql() as server,
        board(
            str(tmp_path / "data"),
            server={"delay_seconds": 0.15},
            database_url=server.url,
            **SETTINGS,
        ) as here,
    ):
        submission = here.submit()
        with workers(here, 1, tmp_path) as found:
            patiently(lambda: n_answers(here) >= 3)
            paused = here.store.get(submission).worker
            found.running[0].send_signal(signal.SIGSTOP)
            with workers(here, 1, tmp_path):
                patiently(lambda: here.store.get(submission).worker not in (paused, None))
                found.running[0].send_signal(signal.SIGCONT)
                patiently(lambda: here.store.get(submission).state is State.FINISHED)
                # the paused one learns it from its heartbeat or from its next step
                log = tmp_path / "workers.log"
                patiently(lambda: log.read_text().count('"event": "submission left"') >= 2)
        history = here.store.events(submission)
        assert [event.after for event in history].count(State.FINISHED) == 1
        taken = history[2]
        assert f"worker {paused} fell silent" in taken.reason
        assert paused not in history[-1].actor
        with here.database.reading() as session:
            rows = session.execute(select(ResultRow.fence, ResultRow.at)).all()
        assert len(rows) == len(DATA_SETS)
        assert min(row.fence for row in rows) == 1 < max(row.fence for row in rows)
        # what the paused worker had in hand when it woke was not stored
        assert all(row.at <= taken.at for row in rows if row.fence == 1)
