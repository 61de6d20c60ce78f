"""Answers that say nothing where the client has them already: strong ETags, and 304.

The tag is the digest of the bytes before packing. A packed answer carries the same tag with
``-gzip``, for a strong tag promises equal bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PACKED = "-gzip"


def conditional(
    request: Request,
    content: bytes,
    media_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the content with its ETag, or 304 where ``If-None-Match`` names it."""
    tag = hashlib.sha256(content).hexdigest()[:32]
    known = [
        one.strip().removeprefix("W/").strip('"')
        for one in request.headers.get("if-none-match", "").split(",")
    ]
    for one in known:
        if one == "*" or one.removesuffix(_PACKED) == tag:
            sent = f'"{tag}"' if one == "*" else f'"{one}"'
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": sent})
    return Response(content, media_type=media_type, headers={**(headers or {}), "ETag": f'"{tag}"'})


class PackedTags:
    """ASGI middleware, outside of the one that packs, that marks the tags of packed answers.

    Files know only their own tag: a marked one that a client sends back is sent on without its
    mark, and marked again in an answer of 304.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        was_marked = scope["type"] == "http" and _unmark(scope)

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                tag = headers.get("etag", "")
                is_known = was_marked and message["status"] == HTTPStatus.NOT_MODIFIED
                is_packed = headers.get("content-encoding") == "gzip" or is_known
                if is_packed and tag.endswith('"'):
                    headers["etag"] = f'{tag[:-1]}{_PACKED}"'
            await send(message)

        await self.app(scope, receive, marked)


class HeadOfGet:
    """ASGI middleware that answers HEAD as GET, without the content (RFC 9110, 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def headers_only(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET"}, receive, headers_only)


def _unmark(scope: Scope) -> bool:
    """Take the mark off the tags that a client has of a file; return whether there was one."""
    if not scope["path"].startswith("/static/"):
        return False
    headers = [
        (name, value.replace(f'{_PACKED}"'.encode(), b'"') if name == b"if-none-match" else value)
        for name, value in scope["headers"]
    ]
    changed = any(before != after for before, after in zip(scope["headers"], headers, strict=True))
    scope["headers"] = headers
    return changed
