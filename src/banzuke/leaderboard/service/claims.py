"""Who works on which submission: leases that end, and a fence around every write.

A claim lasts as long as its worker renews it. Each claim of a submission has a higher
fence than the one before. Every write of a worker checks, in its own transaction and under
the lock of the submission's row, that its fence is still the row's: so a worker that was
paused past its lease changes nothing once another has taken over.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, or_, select, update
from sqlalchemy.orm import Session

from banzuke.exceptions import BanzukeError
from banzuke.leaderboard.service.database import Database, clock, now
from banzuke.leaderboard.service.schemas import UNFINISHED, State, SubmissionRequest
from banzuke.leaderboard.service.tables import RunRow, StepRow, SubmissionRow, WorkerRow
from banzuke.leaderboard.service.transitions import change_state


class LostClaimError(BanzukeError, RuntimeError):
    """The submission is no longer this worker's.

    Parameters
    ----------
    sentence : str
    is_over : bool
        True where this run of it has ended (withdrawn), False where another worker has it.
    """

    def __init__(self, sentence: str, *, is_over: bool) -> None:
        self.is_over = is_over
        super().__init__(sentence)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One worker's right to evaluate one run of a submission.

    Attributes
    ----------
    submission, run, fence, worker
        What is claimed, and by whom.
    request : SubmissionRequest
    taken_from : str or None
        The worker whose lease had run out.
    """

    submission: str
    run: int
    fence: int
    worker: str
    request: SubmissionRequest
    taken_from: str | None = None

    @property
    def workflow(self) -> str:
        """Name of the durable workflow: one for each run of a submission."""
        return workflow_of(self.submission, self.run)


def workflow_of(submission: str, run: int) -> str:
    """Return the name of a run of a submission: of its workflow, and of the run on its board."""
    return f"{submission}.{run}"


class ClaimStore:
    """Claims in the results database.

    Parameters
    ----------
    database : Database
    worker : str
        Name of this worker.
    lease_seconds : float
    max_attempts : int
        Workers that may fall silent over one run before it fails.
    """

    def __init__(
        self, database: Database, worker: str, *, lease_seconds: float, max_attempts: int
    ) -> None:
        self._database = database
        self.worker = worker
        self._lease = lease_seconds
        self._max_attempts = max_attempts

    def claim_next(self) -> Claim | None:
        """Take the oldest submission that is pending or whose worker fell silent."""
        while True:
            row_was_there, claim = self._database.write(self._claim_one)
            if claim is not None or not row_was_there:
                return claim

    def _claim_one(self, session: Session) -> tuple[bool, Claim | None]:
        time = clock(session)
        silent = and_(
            SubmissionRow.state == State.RUNNING,
            SubmissionRow.lease_until < time,
            SubmissionRow.worker != self.worker,  # its own it renews, however late
        )
        free = or_(SubmissionRow.state == State.PENDING, silent)
        first = case((SubmissionRow.state == State.RUNNING, 0), else_=1)
        query = (
            select(SubmissionRow)
            .where(free)
            .order_by(first, SubmissionRow.created_at, SubmissionRow.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = session.scalar(query)
        if row is None:
            return False, None
        silent_worker = row.worker if row.state == State.RUNNING else None
        if silent_worker is not None:
            row.attempts += 1
            if row.attempts >= self._max_attempts:
                self._give_up(session, row)
                return True, None
        return True, self._take(session, row, silent_worker, time)

    def _take(
        self, session: Session, row: SubmissionRow, silent_worker: str | None, time: float
    ) -> Claim:
        reason = None
        if silent_worker is not None:
            reason = f"worker {silent_worker} fell silent; what it finished is kept"
        change_state(session, row, State.RUNNING, actor=f"worker:{self.worker}", reason=reason)
        row.fence += 1
        row.worker = self.worker
        row.lease_until = time + self._lease
        row.started_at = row.started_at or now()
        return Claim(
            submission=row.id,
            run=row.run,
            fence=row.fence,
            worker=self.worker,
            request=SubmissionRequest.model_construct(**row.request),
            taken_from=silent_worker,
        )

    def _give_up(self, session: Session, row: SubmissionRow) -> None:
        reason = (
            f"{row.attempts} workers fell silent during this evaluation, the last one was "
            f"{row.worker}; it may need more memory than they have"
        )
        change_state(session, row, State.FAILED, actor=f"worker:{self.worker}", reason=reason)
        _end(row)

    def renew(self, claims: Iterable[Claim]) -> list[Claim]:
        """Prolong the leases, say that this worker lives, and return the claims that are lost."""
        wanted = list(claims)

        def work(session: Session) -> list[Claim]:
            time = clock(session)
            session.execute(
                update(WorkerRow).where(WorkerRow.name == self.worker).values(seen_at=time)
            )
            lost = []
            # one order for all workers, so that two never wait for each other
            for claim in sorted(wanted, key=lambda claim: claim.submission):
                done = session.execute(
                    update(SubmissionRow)
                    .where(*_held(claim))
                    .values(lease_until=time + self._lease)
                    .returning(SubmissionRow.id)
                )
                if done.first() is None:
                    lost.append(claim)
            return lost

        return self._database.write(work)

    def release(self, claim: Claim, reason: str) -> None:
        """Hand a submission back; another worker goes on from where this one stops."""

        def work(session: Session) -> None:
            row = lock(session, claim)
            change_state(session, row, State.PENDING, actor=f"worker:{self.worker}", reason=reason)
            row.fence += 1
            row.worker, row.lease_until = None, 0.0

        self._database.write(work)

    def fail(self, claim: Claim, reason: str) -> None:
        """End a run with a reason that the submitter can act on."""

        def work(session: Session) -> None:
            row = lock(session, claim)
            change_state(
                session, row, State.FAILED, actor=f"worker:{self.worker}", reason=reason[:2000]
            )
            _end(row)

        self._end_once(claim, State.FAILED, work)

    def finish(self, claim: Claim, *, board: str, note: str | None = None) -> None:
        """End a run whose results are on a board.

        Raises
        ------
        RuntimeError
            Where a data set is not finished: then nothing is changed.
        """

        def work(session: Session) -> None:
            row = lock(session, claim)
            open_steps = select(StepRow.data_set).where(
                StepRow.submission == row.id, StepRow.run == row.run, StepRow.state != "finished"
            )
            unfinished = session.scalars(open_steps).all()
            if unfinished or row.n_done != row.n_items:
                raise RuntimeError(f"{row.id} is not finished: {unfinished}, {row.n_done} items")
            change_state(session, row, State.FINISHED, actor=f"worker:{self.worker}", reason=note)
            key = row.settings_key
            _end(row)
            row.settings_key = key
            row.board = board
            facts = session.get(RunRow, (row.id, row.run))
            if facts is not None:
                facts.finished_at = now()

        self._end_once(claim, State.FINISHED, work)

    def _end_once(self, claim: Claim, state: State, work: Callable[[Session], None]) -> None:
        """Do what ends a run, unless an earlier try did and its answer was lost."""

        def once(session: Session) -> None:
            row = session.get(SubmissionRow, claim.submission)
            ended = row is not None and row.state == state and row.run == claim.run
            if not ended:
                work(session)

        self._database.write(once)

    def register(self, concurrency: int) -> list[str]:
        """Note that this worker started; return the names of workers gone for a day."""

        def work(session: Session) -> list[str]:
            time = clock(session)
            row = session.get(WorkerRow, self.worker) or WorkerRow(name=self.worker)
            row.host, row.concurrency = socket.gethostname(), concurrency
            row.started_at, row.seen_at = now(), time
            session.add(row)
            gone = session.scalars(select(WorkerRow).where(WorkerRow.seen_at < time - 86_400))
            names = []
            for old in gone:
                names.append(old.name)
                session.delete(old)
            return names

        return self._database.write(work)

    def ended(self, workflows: Sequence[str], before: datetime) -> list[str]:
        """Return which of these runs' submissions ended, and have not changed since a moment."""
        submissions = {workflow: workflow.rpartition(".")[0] for workflow in workflows}
        query = select(SubmissionRow.id).where(
            SubmissionRow.id.in_(set(submissions.values())),
            or_(SubmissionRow.state.in_(UNFINISHED), SubmissionRow.updated_at >= before),
        )
        needed = self._database.read(lambda session: set(session.scalars(query)))
        return [name for name, submission in submissions.items() if submission not in needed]

    def unregister(self) -> None:
        """Note that this worker ended in order."""

        def work(session: Session) -> None:
            row = session.get(WorkerRow, self.worker)
            if row is not None:
                session.delete(row)

        self._database.write(work)


def lock(session: Session, claim: Claim) -> SubmissionRow:
    """Return the submission's row, locked, if it is still this claim's.

    Raises
    ------
    LostClaimError
        Where it is not.
    """
    query = select(SubmissionRow).where(SubmissionRow.id == claim.submission).with_for_update()
    row = session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise LostClaimError(f"the submission {claim.submission} is gone", is_over=True)
    if (row.fence, row.state, row.run) != (claim.fence, State.RUNNING, claim.run):
        is_over = row.run != claim.run or row.state in (State.WITHDRAWN, State.FAILED)
        holder = f"worker {row.worker}" if row.worker else "nobody"
        raise LostClaimError(
            f"the submission {claim.submission} is {row.state} and held by {holder} now",
            is_over=is_over,
        )
    return row


def _held(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    return (
        SubmissionRow.id == claim.submission,
        SubmissionRow.fence == claim.fence,
        SubmissionRow.state == State.RUNNING,
    )


def _end(row: SubmissionRow) -> None:
    row.finished_at = now()
    row.worker, row.lease_until = None, 0.0
    row.fence += 1
    row.settings_key = None
