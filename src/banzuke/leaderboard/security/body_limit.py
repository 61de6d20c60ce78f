"""No request body larger than the server means to read, whether its size is told or not."""

from __future__ import annotations

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from banzuke.leaderboard.security.refusals import Refusal, Refuse


class BodyLimit:
    """ASGI middleware that answers 413 to a body over the limit.

    A Content-Length over it is refused before anything is read; a body without one is
    counted as it arrives, and refused where it passes the limit.

    Parameters
    ----------
    app : ASGI application
    max_bytes : int
    refuse : callable
        Makes the answer.
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int, refuse: Refuse) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        told = request.headers.get("content-length", "")
        if told.isdigit() and int(told) > self.max_bytes:
            await self._answer(request)(scope, receive, send)
            return
        await self._counted(request, receive, send)

    async def _counted(self, request: Request, receive: Receive, send: Send) -> None:
        read = 0
        started = False

        async def counting() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.max_bytes:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        async def unless_too_large(message: Message) -> None:
            # whatever the application made of the broken-off body, 413 is the answer
            nonlocal started
            if read <= self.max_bytes or started:
                started = True
                await send(message)

        try:
            await self.app(request.scope, counting, unless_too_large)
        except HTTPException:
            if read <= self.max_bytes:
                raise
        if read > self.max_bytes and not started:
            await self._answer(request)(request.scope, receive, send)

    def _answer(self, request: Request) -> ASGIApp:
        limit = self.max_bytes // 1024
        refusal = Refusal(
            status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            code="too_large",
            sentence=f"the request is larger than {limit} KB, the most that this server reads",
            headers={"Connection": "close"},  # the rest of the body is not read
            values={"limit": limit},
        )
        return self.refuse(request, refusal)
