"""Flags keep their answers; tokens are shown once and can be revoked."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from banzuke.exceptions import ConflictError, InvalidInputError, NotFoundError
from banzuke.leaderboard.service.flags import FlagRequest, FlagState, FlagStore
from banzuke.leaderboard.service.tokens import Role, TokenStore

DOUBT = FlagRequest(board="mini", model="org/model", reason="trained on the test split")


def test_a_flag_is_answered_and_only_an_upheld_one_marks_the_model(database):
    flags = FlagStore(database)
    made = flags.create(DOUBT, reporter="ann")
    assert flags.get(made.id) == made
    with pytest.raises(ConflictError, match="already"):
        flags.create(DOUBT, reporter="ann")
    second = flags.create(DOUBT, reporter="bob")
    assert flags.upheld() == {}
    flags.answer(made.id, state=FlagState.REJECTED, answer="no sign of it", operator="op")
    assert flags.upheld() == {}
    done = flags.answer(second.id, state=FlagState.UPHELD, answer="confirmed", operator="op")
    assert (done.answer, done.operator, done.answered_at is None) == ("confirmed", "op", False)
    assert flags.upheld() == {"mini": {"org/model"}}
    assert flags.counts() == {"open": 0, "upheld": 1, "rejected": 1}
    assert [flag.id for flag in flags.list(state=FlagState.UPHELD)] == [second.id]
    with pytest.raises(InvalidInputError, match="some text"):
        flags.answer(made.id, state=FlagState.UPHELD, answer=" ", operator="op")
    with pytest.raises(NotFoundError):
        flags.get("nothing")


def test_a_token_works_until_it_is_revoked_and_is_kept_as_a_digest(database):
    tokens = TokenStore(database)
    token, secret = tokens.create("ann", role=Role.OPERATOR)
    assert tokens.verify(secret).role is Role.OPERATOR
    assert tokens.list()[0].used_at is not None
    assert tokens.verify(secret[:-1]) is None
    assert tokens.verify("") is None
    with database.reading() as session:
        rows = session.execute(text("SELECT * FROM tokens")).all()
    assert secret not in str(rows)
    with pytest.raises(ConflictError, match="'ann' already"):
        tokens.create("ann")
    tokens.revoke("ann")
    assert tokens.verify(secret) is None
    assert token.id == tokens.list()[0].id


def test_a_token_ends(database):
    tokens = TokenStore(database)
    _, secret = tokens.create("short", days=1e-9)
    assert tokens.verify(secret) is None
    with pytest.raises(InvalidInputError, match="days"):
        tokens.create("never", days=0)
    with pytest.raises(InvalidInputError, match="cannot name"):
        tokens.create("a b")
    with pytest.raises(NotFoundError):
        tokens.revoke("nobody")
