"""What people do with submissions and flags, the same from a form and from the API."""

from __future__ import annotations

from banzuke.leaderboard.backend import Backend
from banzuke.leaderboard.refusals import ForbiddenError, NotThereError
from banzuke.leaderboard.security.identity import Identity
from banzuke.leaderboard.service.flags import Flag, FlagRequest, FlagState
from banzuke.leaderboard.service.schemas import State, Submission, SubmissionRequest
from banzuke.leaderboard.snapshot import Snapshot


def submit(service: Backend, who: Identity, asked: SubmissionRequest) -> Submission:
    """Store a submission."""
    service.rates.spend("submit", who.owner)
    return service.submissions.create(asked, submitter=who.owner)


def may_withdraw(who: Identity | None, submission: Submission) -> bool:
    """Whether somebody may withdraw a submission as it stands."""
    changeable = submission.state is not State.WITHDRAWN
    return changeable and who is not None and who.may_change(submission.submitter)


def may_rerun(who: Identity | None, submission: Submission) -> bool:
    """Whether somebody may have it evaluated again: of a finished one, operators only."""
    if who is None or submission.state in (State.PENDING, State.RUNNING):
        return False
    if submission.state is State.FINISHED:
        return who.is_operator
    return who.may_change(submission.submitter)


def withdraw(service: Backend, who: Identity, submission_id: str, reason: str | None) -> Submission:
    """Withdraw a submission.

    Raises
    ------
    ForbiddenError
        Where it is somebody else's and they are no operator.
    """
    submission = service.submissions.get(submission_id)
    if not who.may_change(submission.submitter):
        raise ForbiddenError("errors.not_yours")
    service.rates.spend("submit", who.owner)
    return service.submissions.withdraw(submission_id, actor=who.actor, reason=reason)


def rerun(service: Backend, who: Identity, submission_id: str, reason: str | None) -> Submission:
    """Have a submission evaluated again.

    Raises
    ------
    ForbiddenError
        Where it is finished or somebody else's, and they are no operator.
    """
    submission = service.submissions.get(submission_id)
    if not who.may_change(submission.submitter):
        raise ForbiddenError("errors.not_yours")
    if submission.state is State.FINISHED and not who.is_operator:
        raise ForbiddenError("errors.operators_only")
    service.rates.spend("submit", who.owner)
    return service.submissions.rerun(submission_id, actor=who.actor, reason=reason)


def flag(service: Backend, snapshot: Snapshot, who: Identity, asked: FlagRequest) -> Flag:
    """Store a flag of a model that is on the board.

    Raises
    ------
    NotThereError
        Where there is no such board or model.
    """
    if asked.model not in snapshot.board(asked.board).board.rows:
        raise NotThereError("errors.no_model", board=asked.board, model=asked.model[:200])
    service.rates.spend("submit", who.owner)
    return service.flags.create(asked, reporter=who.owner)


def answer_flag(service: Backend, who: Identity, flag_id: str, state: str, answer: str) -> Flag:
    """Answer a flag as an operator.

    Raises
    ------
    ForbiddenError
    """
    if not who.is_operator:
        raise ForbiddenError("errors.operators_only")
    return service.flags.answer(flag_id, state=FlagState(state), answer=answer, operator=who.owner)
