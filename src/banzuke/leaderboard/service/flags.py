"""Flags: doubts about a model on a board, kept with the operator's answer."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select

from banzuke.exceptions import ConflictError, InvalidInputError, NotFoundError
from banzuke.leaderboard.service.database import Database, now
from banzuke.leaderboard.service.schemas import Line
from banzuke.leaderboard.service.tables import FlagRow


class FlagState(StrEnum):
    """Where a flag stands; only an upheld one marks the model on the board."""

    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"


class FlagRequest(BaseModel):
    """What somebody doubts."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    board: Annotated[Line, Field(min_length=1, max_length=100)]
    model: Annotated[Line, Field(min_length=1, max_length=200)]
    reason: Annotated[str, Field(min_length=10, max_length=4000)]
    link: Annotated[Line | None, Field(max_length=500, pattern=r"^https?://")] = None


class Flag(BaseModel):
    """A flag as it stands."""

    model_config = ConfigDict(frozen=True)

    id: str
    board: str
    model: str
    reason: str
    link: str | None
    reporter: str
    state: FlagState
    answer: str | None
    operator: str | None
    created_at: datetime
    answered_at: datetime | None


class FlagStore:
    """Flags in the results database.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, request: FlagRequest, *, reporter: str) -> Flag:
        """Store a flag; the same reporter flags a model once until it is answered.

        Raises
        ------
        ConflictError
            Where the reporter's earlier flag of this model is still open.
        """
        row = FlagRow(
            id=uuid.uuid4().hex,
            board=request.board,
            model=request.model,
            reason=request.reason,
            link=request.link,
            reporter=reporter,
            state=FlagState.OPEN,
            created_at=now(),
        )
        with self._database.writing() as session:
            same = select(FlagRow.id).where(
                FlagRow.board == request.board,
                FlagRow.model == request.model,
                FlagRow.reporter == reporter,
                FlagRow.state == FlagState.OPEN,
            )
            if session.scalar(same) is not None:
                raise ConflictError(
                    f"you have flagged {request.model} on {request.board} already; the operator "
                    "will answer that flag"
                )
            session.add(row)
            session.flush()
            return _flag(row)

    def get(self, flag_id: str) -> Flag:
        """Return a flag; raises NotFoundError where there is none."""
        with self._database.reading() as session:
            return _flag(_found(session.get(FlagRow, flag_id), flag_id))

    def list(
        self,
        *,
        board: str | None = None,
        model: str | None = None,
        state: FlagState | None = None,
        limit: int = 100,
    ) -> list[Flag]:
        """Return flags, newest first."""
        query = select(FlagRow).order_by(FlagRow.created_at.desc(), FlagRow.id).limit(limit)
        for column, value in (
            (FlagRow.board, board),
            (FlagRow.model, model),
            (FlagRow.state, state),
        ):
            if value is not None:
                query = query.where(column == value)
        with self._database.reading() as session:
            return [_flag(row) for row in session.scalars(query)]

    def answer(self, flag_id: str, *, state: FlagState, answer: str, operator: str) -> Flag:
        """Answer a flag; an operator may change the answer later.

        Raises
        ------
        InvalidInputError
            Where the answer is empty or leaves the flag open.
        NotFoundError
            Where there is no such flag.
        """
        if state is FlagState.OPEN or not answer.strip():
            raise InvalidInputError("an answer needs some text, and upheld or rejected as state")
        with self._database.writing() as session:
            row = _found(session.get(FlagRow, flag_id), flag_id)
            row.state, row.answer, row.operator = state.value, answer.strip()[:4000], operator
            row.answered_at = now()
            session.flush()
            return _flag(row)

    def upheld(self) -> dict[str, frozenset[str]]:
        """Return the models with an upheld flag, by board."""
        query = select(FlagRow.board, FlagRow.model).where(FlagRow.state == FlagState.UPHELD)
        found: dict[str, set[str]] = {}
        with self._database.reading() as session:
            for board, model in session.execute(query.distinct()):
                found.setdefault(board, set()).add(model)
        return {board: frozenset(models) for board, models in found.items()}

    def counts(self) -> dict[str, int]:
        """Return the number of flags in each state."""
        query = select(FlagRow.state, func.count()).group_by(FlagRow.state)
        with self._database.reading() as session:
            found: dict[str, int] = {row[0]: row[1] for row in session.execute(query)}
        return {state.value: found.get(state.value, 0) for state in FlagState}


def _found(row: FlagRow | None, flag_id: str) -> FlagRow:
    if row is None:
        raise NotFoundError(f"there is no flag '{flag_id[:40]}'")
    return row


def _flag(row: FlagRow) -> Flag:
    return Flag.model_validate({name: getattr(row, name) for name in Flag.model_fields})
