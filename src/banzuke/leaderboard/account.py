"""Who is logged in on the pages: kept in the session, looked up anew at each request."""

from __future__ import annotations

from fastapi import Request

from banzuke.leaderboard.backend import Backend, backend_of
from banzuke.leaderboard.security.identity import Identity
from banzuke.leaderboard.service.tokens import Token
from banzuke.leaderboard.service.users import User
from banzuke.leaderboard.views.site import Account

_WHO = "who"
_CACHED = "banzuke.identity"


def visitor(request: Request) -> Identity | None:
    """Return who is logged in; a revoked token is logged out by that."""
    state = request.scope.setdefault("state", {})
    if _CACHED not in state:
        state[_CACHED] = _look_up(request)
    found: Identity | None = state[_CACHED]
    return found


def log_in(request: Request, who: Token | User) -> None:
    """Start a new session for somebody; nothing of an earlier one is kept."""
    request.session.clear()
    kind = "token" if isinstance(who, Token) else "user"
    request.session[_WHO] = {"kind": kind, "id": who.id}


def log_out(request: Request) -> None:
    """End the session."""
    request.session.clear()


def account(request: Request) -> Account:
    """Return what the head of each page shows."""
    who = visitor(request)
    if who is None:
        return Account()
    return Account(name=who.owner, is_operator=who.is_operator)


def _look_up(request: Request) -> Identity | None:
    service = backend_of(request.app)
    kept = request.session.get(_WHO) if "session" in request.scope else None
    if service is None or not isinstance(kept, dict):
        return None
    return _token(service, kept) if kept.get("kind") == "token" else _user(service, kept)


def _token(service: Backend, kept: dict[str, str]) -> Identity | None:
    token = service.tokens.find(str(kept.get("id")))
    return None if token is None else Identity(owner=token.name, role=token.role.value)


def _user(service: Backend, kept: dict[str, str]) -> Identity | None:
    user = service.users.get(str(kept.get("id")))
    return None if user is None else Identity(owner=user.owner, role=user.role.value)
