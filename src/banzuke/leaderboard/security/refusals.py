"""Requests that are turned away before any route sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a request is turned away.

    Attributes
    ----------
    status : HTTPStatus
    code : str
        ``too_large``, ``too_many`` or ``cross_site``: the key of the sentence that is shown.
    sentence : str
        The same in English, for programs.
    headers : mapping of str to str
        Such as ``Retry-After``.
    values : mapping of str to int
        What the sentence tells of.
    """

    status: HTTPStatus
    code: str
    sentence: str
    headers: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, int] = field(default_factory=dict)


Refuse = Callable[[Request, Refusal], Response]
"""Makes the answer to a refused request: a page, or JSON below ``/api``."""


class Guard:
    """ASGI middleware that turns requests away before the application sees them.

    Parameters
    ----------
    app : ASGI application
    refuse : callable
        Makes the answer.
    """

    def __init__(self, app: ASGIApp, *, refuse: Refuse) -> None:
        self.app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        refusal = self.refusal(request)
        if refusal is None:
            await self.let_in(request, receive, send)
        else:
            await self._refuse(request, refusal)(scope, receive, send)

    def refusal(self, request: Request) -> Refusal | None:
        """Return why a request is turned away, None where it is not."""
        raise NotImplementedError

    async def let_in(self, request: Request, receive: Receive, send: Send) -> None:
        """Give a request to the application."""
        await self.app(request.scope, receive, send)
