"""People who logged in at an OpenID provider, each with a name that stays theirs here."""

from __future__ import annotations

import re
import uuid

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from banzuke.leaderboard.service.database import Database, now
from banzuke.leaderboard.service.tables import UserRow
from banzuke.leaderboard.service.tokens import Role


class User(BaseModel):
    """A person, with the role of their last log-in.

    ``owner`` is the name under which they submit. It holds a part of their number here, so no
    token and nobody else has it, whatever name they choose at the provider later.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    role: Role
    owner: str


class UserStore:
    """People in the results database.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def seen(self, *, issuer: str, subject: str, name: str, role: Role) -> User:
        """Note a log-in, and return who it is."""

        def note(session: Session) -> User:
            query = select(UserRow).where(UserRow.issuer == issuer, UserRow.subject == subject)
            row = session.scalar(query)
            if row is None:
                row = UserRow(
                    id=uuid.uuid4().hex,
                    issuer=issuer,
                    subject=subject,
                    name=_plain(name),
                    created_at=now(),
                )
                session.add(row)
            row.role, row.seen_at = role.value, now()
            session.flush()
            return _user(row)

        return self._database.write(note)

    def get(self, user_id: str) -> User | None:
        """Return a person, None where there is none of that number."""

        def find(session: Session) -> User | None:
            row = session.get(UserRow, user_id)
            return None if row is None else _user(row)

        return self._database.read(find)


def _plain(name: str) -> str:
    return re.sub(r"[^\w.@+-]", "-", name)[:60] or "user"


def _user(row: UserRow) -> User:
    return User(id=row.id, name=row.name, role=Role(row.role), owner=f"{row.name} ({row.id[:8]})")
