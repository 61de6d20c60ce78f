"""Who asks the API, and what they may do: bearer tokens, never cookies."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from banzuke.exceptions import AccessError
from banzuke.leaderboard.backend import Backend, backend
from banzuke.leaderboard.security.identity import Identity, LoginNeededError
from banzuke.leaderboard.security.rates import client_of

Service = Annotated[Backend, Depends(backend)]

_bearer = HTTPBearer(
    auto_error=False, description="A token from `banzuke token create`, as `Bearer bzk_...`."
)
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def token_identity(service: Backend, client: str, secret: str) -> Identity:
    """Return whose token it is; wrong ones are counted, and a client with many is locked out.

    Raises
    ------
    TooManyRequestsError
        Whatever the token, while the client has tried too many wrong ones.
    LoginNeededError
    """
    service.rates.check("login", client)
    token = service.tokens.verify(secret)
    if token is None:
        service.rates.spend("login", client)
        raise LoginNeededError("the token is wrong, revoked or out of date; ask for a new one")
    return Identity(owner=token.name, role=token.role.value)


def asker(request: Request, service: Service, credentials: _Credentials) -> Identity | None:
    """Return who asks, None where no token came with the request."""
    if credentials is None:
        return None
    return token_identity(service, client_of(request), credentials.credentials)


def _submitter(who: Annotated[Identity | None, Depends(asker)]) -> Identity:
    if who is None:
        raise LoginNeededError("this needs a token: send it as Authorization: Bearer ...")
    return who


def _operator(who: Annotated[Identity, Depends(_submitter)]) -> Identity:
    if not who.is_operator:
        raise AccessError("only an operator of this board may do this")
    return who


Asker = Annotated[Identity | None, Depends(asker)]
Submitter = Annotated[Identity, Depends(_submitter)]
Operator = Annotated[Identity, Depends(_operator)]
