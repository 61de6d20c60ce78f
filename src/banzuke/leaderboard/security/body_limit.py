"""No request body larger than the server means to read, whether its size is told or not."""

from __future__ import annotations

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Send

from banzuke.leaderboard.security.refusals import Guard, Refusal, Refuse


class BodyLimit(Guard):
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
        super().__init__(app, refuse=refuse)
        self._max_bytes = max_bytes

    def refusal(self, request: Request) -> Refusal | None:
        """Refuse a body whose length is told and too large."""
        told = request.headers.get("content-length", "")
        return self._too_large() if told.isdigit() and int(told) > self._max_bytes else None

    async def let_in(self, request: Request, receive: Receive, send: Send) -> None:
        """Count the body as the application reads it."""
        read = 0
        started = False

        async def counting() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._max_bytes:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        async def unless_too_large(message: Message) -> None:
            # whatever the application made of the broken-off body, 413 is the answer
            nonlocal started
            if read <= self._max_bytes or started:
                started = True
                await send(message)

        try:
            await self.app(request.scope, counting, unless_too_large)
        except HTTPException:
            if read <= self._max_bytes:
                raise
        if read > self._max_bytes and not started:
            answer = self._refuse(request, self._too_large())
            await answer(request.scope, receive, send)

    def _too_large(self) -> Refusal:
        limit = self._max_bytes // 1024
        return Refusal(
            status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            code="too_large",
            sentence=f"the request is larger than {limit} KB, the most that this server reads",
            headers={"Connection": "close"},  # the rest of the body is not read
            values={"limit": limit},
        )
