"""Access tokens: shown once, kept as a digest, with a role, an end and a way to revoke them."""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from banzuke.exceptions import ConflictError, InvalidInputError, NotFoundError
from banzuke.leaderboard.service.database import Database, now
from banzuke.leaderboard.service.tables import TokenRow

PREFIX = "bzk_"  # lets secret scanners find a token that was published by mistake
_USED_EVERY = timedelta(minutes=1)


class Role(StrEnum):
    """What somebody may do: an operator may do what a submitter may."""

    SUBMITTER = "submitter"
    OPERATOR = "operator"


class Token(BaseModel):
    """What is known of a token; never the token itself."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    role: Role
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None


class TokenStore:
    """Tokens in the results database.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, name: str, *, role: Role = Role.SUBMITTER, days: float | None = None
    ) -> tuple[Token, str]:
        """Make a token.

        Parameters
        ----------
        name : str
            Who will use it; shown as the submitter.
        role : Role
        days : float, optional
            After which it stops working.

        Returns
        -------
        Token
        str
            The token itself, which nobody can see again.

        Raises
        ------
        ConflictError
            Where a token has that name.
        InvalidInputError
            Where the name or the number of days cannot be used.
        """
        if not re.fullmatch(r"[\w.@+-]{1,100}", name):
            raise InvalidInputError(
                f"{name[:100]!r} cannot name a token; use letters, digits and . _ @ + -"
            )
        if days is not None and not 0 < days <= 36_500:
            raise InvalidInputError(f"a token cannot last {days:g} days; use more than 0")
        secret = PREFIX + secrets.token_urlsafe(32)
        row = TokenRow(
            id=uuid.uuid4().hex,
            name=name,
            role=role.value,
            sha256=_digest(secret),
            created_at=now(),
            expires_at=None if days is None else now() + timedelta(days=days),
        )
        with self._database.writing() as session:
            if session.scalar(select(TokenRow.id).where(TokenRow.name == name)) is not None:
                raise ConflictError(f"there is a token '{name}' already; choose another name")
            session.add(row)
            session.flush()
            return _token(row), secret

    def verify(self, secret: str) -> Token | None:
        """Return the token of a secret, None where it is unknown, revoked or out of date."""
        if not secret.startswith(PREFIX) or len(secret) > 200:
            return None
        by_digest = select(TokenRow).where(TokenRow.sha256 == _digest(secret))
        with self._database.reading() as session:
            row = session.scalar(by_digest)
            if row is None or row.revoked_at is not None:
                return None
            if row.expires_at is not None and row.expires_at <= now():
                return None
            token = _token(row)
        if token.used_at is None or now() - token.used_at > _USED_EVERY:
            self._note_use(token.id)
        return token

    def find(self, token_id: str) -> Token | None:
        """Return the token of a number, None where it is unknown, revoked or out of date."""
        with self._database.reading() as session:
            row = session.get(TokenRow, token_id)
            if row is None or row.revoked_at is not None:
                return None
            expired = row.expires_at is not None and row.expires_at <= now()
            return None if expired else _token(row)

    def list(self) -> list[Token]:
        """Return all tokens, oldest first, revoked ones too."""
        with self._database.reading() as session:
            rows = session.scalars(select(TokenRow).order_by(TokenRow.created_at, TokenRow.id))
            return [_token(row) for row in rows]

    def revoke(self, name: str) -> Token:
        """Stop a token from working; raises NotFoundError where none has that name."""
        with self._database.writing() as session:
            row = session.scalar(select(TokenRow).where(TokenRow.name == name))
            if row is None:
                raise NotFoundError(f"there is no token '{name[:100]}'")
            row.revoked_at = row.revoked_at or now()
            session.flush()
            return _token(row)

    def _note_use(self, token_id: str) -> None:
        with self._database.writing() as session:
            row = session.get(TokenRow, token_id)
            if row is not None:
                row.used_at = now()


def _digest(secret: str) -> str:
    # a random 256-bit token needs no slow hash
    return hashlib.sha256(secret.encode()).hexdigest()


def _token(row: TokenRow) -> Token:
    return Token.model_validate({name: getattr(row, name) for name in Token.model_fields})
