"""Which change of a submission's state is possible, and the record of each."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from banzuke.exceptions import ConflictError
from banzuke.leaderboard.service.database import now
from banzuke.leaderboard.service.schemas import State
from banzuke.leaderboard.service.tables import EventRow, SubmissionRow

_AGAIN = {State.PENDING, State.WITHDRAWN}
ALLOWED: Mapping[State, frozenset[State]] = {
    State.PENDING: frozenset({State.RUNNING, State.WITHDRAWN}),
    # running again: another worker takes over; pending: a worker that stops hands it back
    State.RUNNING: frozenset(
        {State.RUNNING, State.PENDING, State.FINISHED, State.FAILED, State.WITHDRAWN}
    ),
    State.FINISHED: frozenset(_AGAIN),
    State.FAILED: frozenset(_AGAIN),
    State.WITHDRAWN: frozenset({State.PENDING}),
}
"""From each state, the states that may follow."""

_HINTS = {
    (State.FINISHED, State.FINISHED): "nothing is left to do",
    (State.WITHDRAWN, State.WITHDRAWN): "it was withdrawn before",
    (State.PENDING, State.PENDING): "it waits for a worker already",
    (State.RUNNING, State.PENDING): "wait for its end, or withdraw it first",
}


def change_state(
    session: Session, row: SubmissionRow, after: State, *, actor: str, reason: str | None = None
) -> None:
    """Set the state of a submission and keep who did it, when and why.

    Raises
    ------
    ConflictError
        Where that state cannot follow the present one.
    """
    before = State(row.state)
    refuse_impossible(row.id, before, after)
    row.state = after.value
    row.reason = reason if after in (State.FAILED, State.WITHDRAWN) else None
    row.updated_at = now()
    record(session, row, before=before, after=after, actor=actor, reason=reason)


def refuse_impossible(submission_id: str, before: State, after: State) -> None:
    """Raise ConflictError where `after` cannot follow `before`."""
    if after not in ALLOWED[before]:
        hint = _HINTS.get((before, after), f"only {_words(before)} can follow")
        raise ConflictError(
            f"the submission {submission_id} is {before}, so it cannot become {after}: {hint}"
        )


def record(
    session: Session,
    row: SubmissionRow,
    *,
    before: State | None,
    after: State,
    actor: str,
    reason: str | None,
) -> None:
    """Add one line to the history of a submission."""
    session.add(
        EventRow(
            submission=row.id,
            at=now(),
            before=None if before is None else before.value,
            after=after.value,
            actor=actor,
            reason=reason,
            run=row.run,
        )
    )


def _words(before: State) -> str:
    return " or ".join(sorted(state.value for state in ALLOWED[before]))
