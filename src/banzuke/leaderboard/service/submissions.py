"""Submissions: stored before they are acknowledged, every change kept."""

from __future__ import annotations

import hashlib
import secrets
from urllib.parse import urlsplit

import orjson
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from banzuke.exceptions import ConflictError, InvalidInputError, NotFoundError
from banzuke.leaderboard.service.checks import AddressCheck, check_request
from banzuke.leaderboard.service.database import Database, now
from banzuke.leaderboard.service.refusals import DuplicateError, RefusedRequestError
from banzuke.leaderboard.service.schemas import (
    UNFINISHED,
    State,
    StepProgress,
    Submission,
    SubmissionEvent,
    SubmissionPage,
    SubmissionRequest,
)
from banzuke.leaderboard.service.settings import ServiceSettings
from banzuke.leaderboard.service.tables import EventRow, ResultRow, StepRow, SubmissionRow
from banzuke.leaderboard.service.transitions import change_state, record, refuse_impossible
from banzuke.leaderboard.service.withdrawing import take_withdrawn_off_boards

_IDENTITY = ("model", "revision", "precision", "shots", "prompt_style", "suite")


class SubmissionStore:
    """Submissions in the results database, as people and programs see them.

    Parameters
    ----------
    database : Database
    settings : ServiceSettings
        What may be submitted.
    check_address : callable, optional
        The rule for endpoints; raises InvalidInputError.
    """

    def __init__(
        self,
        database: Database,
        settings: ServiceSettings,
        *,
        check_address: AddressCheck | None = None,
    ) -> None:
        self._database = database
        self._settings = settings
        self._check_address = check_address

    def create(self, request: SubmissionRequest, *, submitter: str) -> Submission:
        """Check a request and store it as pending.

        Parameters
        ----------
        request : SubmissionRequest
        submitter : str
            Name of the token or user.

        Raises
        ------
        InvalidInputError
            Where the request cannot be evaluated here, or the submitter has too many
            unfinished submissions.
        ConflictError
            Where the same model, revision, endpoint and settings were submitted before; names it.
        """
        checked = check_request(request, self._settings, self._check_address)
        submission_id = secrets.token_hex(8)
        key = settings_key(checked)

        def insert(session: Session) -> Submission:
            stored = session.get(SubmissionRow, submission_id)
            if stored is not None:  # a commit whose answer was lost
                return _submission(stored)
            _refuse_duplicate(session, key)
            self._refuse_flood(session, submitter)
            row = _new_row(submission_id, checked, submitter, key)
            session.add(row)
            session.flush()
            record(
                session,
                row,
                before=None,
                after=State.PENDING,
                actor=f"submitter:{submitter}",
                reason=None,
            )
            return _submission(row)

        try:
            return self._database.write(insert)
        except IntegrityError:  # two at the same moment; the other was first
            self._database.read(lambda session: _refuse_duplicate(session, key))
            raise

    def get(self, submission_id: str) -> Submission:
        """Return a submission; raises NotFoundError where there is none."""
        return self._database.read(lambda session: _submission(_found(session, submission_id)))

    def list(
        self,
        *,
        state: State | None = None,
        submitter: str | None = None,
        model: str | None = None,
        page: int = 1,
        page_size: int = 50,
    ) -> SubmissionPage:
        """Return one page of submissions, newest first.

        Parameters
        ----------
        state, submitter, model : optional
            Only these.
        page : int, default 1
        page_size : int, default 50
            1 to 500.
        """
        if not 1 <= page_size <= 500 or not 1 <= page <= 10_000_000:
            raise InvalidInputError("pages are numbered from 1 and hold 1 to 500 submissions")
        wanted: list[ColumnElement[bool]] = [
            column == value
            for column, value in (
                (SubmissionRow.state, state),
                (SubmissionRow.submitter, submitter),
                (SubmissionRow.model, model),
            )
            if value is not None
        ]
        query = (
            select(SubmissionRow)
            .where(*wanted)
            .order_by(SubmissionRow.created_at.desc(), SubmissionRow.id)
            .offset((page - 1) * page_size)
            .limit(page_size)
        )
        count = select(func.count()).select_from(SubmissionRow).where(*wanted)
        with self._database.reading() as session:
            return SubmissionPage(
                submissions=tuple(_submission(row) for row in session.scalars(query)),
                total=session.scalar(count) or 0,
                page=page,
                page_size=page_size,
            )

    def events(self, submission_id: str) -> tuple[SubmissionEvent, ...]:
        """Return every change of a submission, oldest first."""
        query = (
            select(EventRow).where(EventRow.submission == submission_id).order_by(EventRow.number)
        )
        names = SubmissionEvent.model_fields
        with self._database.reading() as session:
            _found(session, submission_id)
            return tuple(
                SubmissionEvent.model_validate({name: getattr(row, name) for name in names})
                for row in session.scalars(query)
            )

    def steps(self, submission_id: str, run: int | None = None) -> tuple[StepProgress, ...]:
        """Return the progress of each data set, in order; of the newest run by default."""
        with self._database.reading() as session:
            row = _found(session, submission_id)
            query = (
                select(StepRow)
                .where(StepRow.submission == submission_id, StepRow.run == (run or row.run))
                .order_by(StepRow.position)
            )
            scored = _scored(session, submission_id, run or row.run)
            return tuple(
                _step(step, scored.get(step.data_set, 0)) for step in session.scalars(query)
            )

    def counts(self) -> dict[State, int]:
        """Return the number of submissions in each state."""
        query = select(SubmissionRow.state, func.count()).group_by(SubmissionRow.state)
        with self._database.reading() as session:
            found: dict[str, int] = {row[0]: row[1] for row in session.execute(query)}
        return {state: found.get(state.value, 0) for state in State}

    def withdraw(self, submission_id: str, *, actor: str, reason: str | None = None) -> Submission:
        """Withdraw a submission; a worker that evaluates it stops at its next answer.

        Raises
        ------
        ConflictError
            Where it was withdrawn before.
        """

        def change(session: Session) -> Submission:
            row = _found(session, submission_id, locked=True)
            change_state(session, row, State.WITHDRAWN, actor=actor, reason=_text(reason))
            row.settings_key = None
            _take_from_worker(row)
            return _submission(row)

        with self._database.writing() as session:
            withdrawn = change(session)
        if withdrawn.board is not None:
            # where this fails, a worker does it later
            take_withdrawn_off_boards(self._database, self._settings)
        return withdrawn

    def rerun(self, submission_id: str, *, actor: str, reason: str | None = None) -> Submission:
        """Evaluate a submission again from the start; what earlier runs found is kept.

        Raises
        ------
        ConflictError
            Where it waits or runs, or where another one with the same settings took its
            place after it had failed or was withdrawn.
        """
        with self._database.writing() as session:
            row = _found(session, submission_id, locked=True)
            if row.state in UNFINISHED:
                refuse_impossible(row.id, State(row.state), State.PENDING)
                raise ConflictError(
                    f"the submission {row.id} is running; wait for its end, or withdraw it first"
                )
            key = settings_key(SubmissionRequest.model_validate(row.request))
            if row.settings_key is None:
                _refuse_duplicate(session, key)
            row.run += 1
            change_state(session, row, State.PENDING, actor=actor, reason=_text(reason))
            row.settings_key = key
            row.attempts = row.n_done = row.n_items = 0
            row.started_at = row.finished_at = None
            _take_from_worker(row)
            return _submission(row)

    def _refuse_flood(self, session: Session, submitter: str) -> None:
        query = (
            select(func.count())
            .select_from(SubmissionRow)
            .where(SubmissionRow.submitter == submitter, SubmissionRow.state.in_(UNFINISHED))
        )
        waiting = session.scalar(query) or 0
        if waiting >= self._settings.max_pending:
            raise RefusedRequestError(
                "",
                "too_many_pending",
                f"{submitter} has {waiting} unfinished submissions, and this board takes "
                f"{self._settings.max_pending} at a time; wait for one to end or withdraw one",
                most=str(self._settings.max_pending),
            )


def settings_key(request: SubmissionRequest) -> str:
    """Return a digest of what makes two submissions the same."""
    facts = {name: getattr(request, name) for name in _IDENTITY}
    facts["endpoint"] = _same_endpoint(request.endpoint)
    return hashlib.sha256(orjson.dumps(facts, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _same_endpoint(endpoint: str | None) -> str | None:
    """Write an address so that spellings of the same one are equal."""
    if endpoint is None:
        return None
    parts = urlsplit(endpoint)
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _new_row(
    submission_id: str, request: SubmissionRequest, submitter: str, key: str
) -> SubmissionRow:
    return SubmissionRow(
        id=submission_id,
        request=request.model_dump(mode="json"),
        model=request.model,
        submitter=submitter,
        settings_key=key,
        state=State.PENDING.value,
        created_at=now(),
        updated_at=now(),
        run=1,
        attempts=0,
        fence=0,
        lease_until=0.0,
        n_items=0,
        n_done=0,
    )


def _refuse_duplicate(session: Session, key: str) -> None:
    row = session.scalar(select(SubmissionRow).where(SubmissionRow.settings_key == key))
    if row is not None:
        raise DuplicateError(
            row.id,
            f"{row.model} at this revision and endpoint with these settings was submitted "
            f"before: see submission {row.id}, which is {row.state}",
        )


def _found(session: Session, submission_id: str, *, locked: bool = False) -> SubmissionRow:
    query = select(SubmissionRow).where(SubmissionRow.id == submission_id)
    row = session.scalar(query.with_for_update() if locked else query)
    if row is None:
        raise NotFoundError(f"there is no submission '{submission_id[:40]}'")
    return row


def _take_from_worker(row: SubmissionRow) -> None:
    row.fence += 1
    row.worker = None
    row.lease_until = 0.0


def _text(reason: str | None) -> str | None:
    return (reason or "").strip()[:2000] or None


def _submission(row: SubmissionRow) -> Submission:
    names = set(Submission.model_fields) - {"request"}
    facts = {name: getattr(row, name) for name in names}
    # a request that was stored under older, looser rules is shown as it was
    request = SubmissionRequest.model_construct(**row.request)
    return Submission.model_construct(**{**facts, "state": State(row.state)}, request=request)


def _scored(session: Session, submission: str, run: int) -> dict[str, int]:
    """Count the answers of each data set that have a score of their own."""
    query = (
        select(ResultRow.data_set, func.count(ResultRow.score))  # leaves NULL out
        .where(ResultRow.submission == submission, ResultRow.run == run)
        .group_by(ResultRow.data_set)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _step(row: StepRow, n_scored: int) -> StepProgress:
    return StepProgress.model_validate(
        {
            "data_set": row.data_set,
            "position": row.position,
            "state": row.state,
            "n_items": row.n_items,
            "n_done": row.n_done,
            "n_unreadable": row.n_unreadable,
            "score": row.score_sum / n_scored if n_scored else None,
            "started_at": row.started_at,
            "finished_at": row.finished_at,
            "last_lines": tuple(row.last_lines),
        }
    )
