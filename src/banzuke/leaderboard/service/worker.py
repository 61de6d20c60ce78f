"""A worker: takes submissions, keeps its leases alive, and hands back what it cannot end."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import structlog

from banzuke.exceptions import StorageError
from banzuke.leaderboard.service.answers import AnswerStore
from banzuke.leaderboard.service.claims import Claim, ClaimStore, LostClaimError
from banzuke.leaderboard.service.database import Database, now
from banzuke.leaderboard.service.evaluation import Evaluation
from banzuke.leaderboard.service.execution import Execution
from banzuke.leaderboard.service.item_logs import ItemLogs
from banzuke.leaderboard.service.migrating import require_current, upgrade
from banzuke.leaderboard.service.settings import ServiceSettings
from banzuke.leaderboard.service.withdrawing import take_withdrawn_off_boards

_log = structlog.get_logger(__name__)
_BEATS_PER_LEASE = 4
_PATIENCE_SECONDS = 600.0
_GRACE_SECONDS = 30.0
_HOUSEKEEPING_SECONDS = 30.0
_PRUNING_SECONDS = 3600.0


class Worker:
    """Evaluates submissions until it is told to stop.

    Parameters
    ----------
    settings : ServiceSettings
    concurrency : int, default 1
        Submissions at a time.
    name : str, optional
        What the history calls it; machine and process by default.
    """

    def __init__(
        self, settings: ServiceSettings, *, concurrency: int = 1, name: str | None = None
    ) -> None:
        # DBOS and the leases must never take two processes for one
        self.name = f"{name or socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self._settings = settings
        self._concurrency = concurrency
        self._database = Database(settings.results_database, patience_seconds=_PATIENCE_SECONDS)
        self._claims = ClaimStore(
            self._database,
            self.name,
            lease_seconds=settings.lease_seconds,
            max_attempts=settings.max_attempts,
        )
        self._answers = AnswerStore(self._database)
        self._logs = ItemLogs(settings.logs)
        self._execution = Execution(
            settings.execution_database,
            self.name,
            on_end=self._ended,
            poll_seconds=min(settings.poll_seconds, 1.0),
        )
        self._stop = threading.Event()
        self._free = threading.Semaphore(concurrency)
        self._next_housekeeping = self._next_pruning = 0.0

    def stop(self) -> None:
        """Take no more work, end what is under way at its next answer, and return from `run`."""
        self._stop.set()

    def run(self, *, until_idle: bool = False, ready: Callable[[], object] | None = None) -> None:
        """Work until `stop` is called.

        Parameters
        ----------
        until_idle : bool, default False
            Return once nothing waits and nothing runs here.
        ready : callable, optional
            Called once work can begin.

        Raises
        ------
        StorageError
            Where the results database was away for ten minutes.
        """
        if self._database.is_sqlite:
            upgrade(self._database)
        else:
            require_current(self._database)
        self._execution.launch()
        self._execution.forget_queues(self._claims.register(self._concurrency))
        beating = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        beating.start()
        _log.info("worker started", worker=self.name, concurrency=self._concurrency)
        if ready is not None:
            ready()
        try:
            self._work(until_idle=until_idle)
        finally:
            self._wind_up()

    def _work(self, *, until_idle: bool) -> None:
        poll = self._settings.poll_seconds
        while not self._stop.is_set():
            self._housekeep()
            if not self._free.acquire(timeout=min(poll, 0.5)):
                continue
            claim = None
            try:
                claim = None if self._stop.is_set() else self._claims.claim_next()
            finally:
                if claim is None:
                    self._free.release()
            if claim is not None:
                self._begin(claim)
            elif until_idle and not self._execution.evaluations():
                return
            else:
                self._stop.wait(min(poll, 0.2) if until_idle else poll)

    def _begin(self, claim: Claim) -> None:
        _log.info(
            "submission claimed",
            submission=claim.submission,
            run=claim.run,
            model=claim.request.model,
            taken_from=claim.taken_from,
        )
        evaluation = Evaluation(
            claim, self._settings, claims=self._claims, answers=self._answers, logs=self._logs
        )
        self._execution.start(evaluation)

    def _ended(self, claim: Claim) -> None:
        _log.info("submission left", submission=claim.submission, run=claim.run)
        self._free.release()

    def _beat(self) -> None:
        """Renew the leases; what cannot be renewed is lost and must stop at once."""
        pause = self._settings.lease_seconds / _BEATS_PER_LEASE
        while True:
            evaluations = {one.claim: one for one in self._execution.evaluations()}
            try:
                for lost in self._claims.renew(evaluations):
                    _log.warning("claim lost", submission=lost.submission, run=lost.run)
                    evaluations[lost].lost.set()
            except StorageError as error:
                _log.error("no heartbeat", reason=str(error))
            time.sleep(pause)

    def _housekeep(self) -> None:
        if time.monotonic() >= self._next_housekeeping:
            self._next_housekeeping = time.monotonic() + _HOUSEKEEPING_SECONDS
            take_withdrawn_off_boards(self._database, self._settings)
        if time.monotonic() >= self._next_pruning:
            self._next_pruning = time.monotonic() + _PRUNING_SECONDS
            before = now() - timedelta(days=self._settings.journal_days)
            removed = self._execution.prune(before, self._claims.ended)
            if removed:
                _log.info("journals removed", runs=removed, before=before.isoformat())

    def _wind_up(self) -> None:
        """Hand back what runs here, so that another worker goes on at once."""
        left = self._execution.evaluations()
        for evaluation in left:
            evaluation.stopping.set()
        until = time.monotonic() + _GRACE_SECONDS
        while self._execution.evaluations() and time.monotonic() < until:
            time.sleep(0.05)
        for evaluation in left:
            evaluation.lost.set()
            try:
                self._claims.release(evaluation.claim, f"worker {self.name} was stopped")
            except LostClaimError:
                continue  # it ended, or another worker has it
        self._claims.unregister()
        self._execution.close()
        self._database.close()
        _log.info("worker stopped", worker=self.name, handed_back=len(left))


def run_worker(
    settings: ServiceSettings, *, concurrency: int, name: str | None, until_idle: bool = False
) -> None:
    """Run a worker as the whole of this process: SIGTERM and SIGINT end it in order."""
    worker = Worker(settings, concurrency=concurrency, name=name)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    worker.run(until_idle=until_idle)
    # threads of the journal may wait for the end of workflows that others have now
    os._exit(0)
