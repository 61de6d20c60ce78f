"""Requests that another site makes a visitor's browser send: refused.

Two independent guards. The middleware looks at what the browser says of the request's
origin; forms carry a token that is bound to the visitor's session, which no other site can
read. A form needs both.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import MutableMapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp

from banzuke.leaderboard.security.refusals import Guard, Refusal, Refuse

FIELD = "csrf_token"
"""Name of the hidden field."""

_SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
_BYTES = 24
_KEY = "csrf"

CROSS_SITE = Refusal(
    status=HTTPStatus.FORBIDDEN,
    code="cross_site",
    sentence="the request came from another site; open the page on this site and send it again",
)


class CrossSiteGuard(Guard):
    """ASGI middleware that refuses state-changing requests from other origins.

    ``Sec-Fetch-Site`` decides where the browser sends it, then ``Origin``. A client that
    sends neither is no browser (or a very old one): the token of the form still stands.

    Parameters
    ----------
    app : ASGI application
    refuse : callable
        Makes the answer.
    public_url : str, optional
        Where visitors reach the server, if a proxy changes the Host header.
    """

    def __init__(self, app: ASGIApp, *, refuse: Refuse, public_url: str = "") -> None:
        super().__init__(app, refuse=refuse)
        self._public = urlsplit(public_url).netloc.lower()

    def refusal(self, request: Request) -> Refusal | None:
        """Refuse what changes something and comes from elsewhere."""
        return None if request.method in _SAFE or self._same_site(request) else CROSS_SITE

    def _same_site(self, request: Request) -> bool:
        site = request.headers.get("sec-fetch-site")
        if site is not None and site not in ("same-origin", "none"):
            return False
        origin = request.headers.get("origin")
        if origin is None:
            return True
        own = {request.headers.get("host", "").lower(), self._public} - {""}
        return urlsplit(origin).netloc.lower() in own  # "null" has none


def csrf_token(session: MutableMapping[str, Any]) -> str:
    """Return the session's token for a form, masked anew each time.

    The mask keeps a compressed page from giving the token away byte by byte (BREACH).
    """
    secret = _secret(session)
    mask = secrets.token_bytes(_BYTES)
    return base64.urlsafe_b64encode(mask + _xor(mask, secret)).decode()


def is_csrf_token(session: MutableMapping[str, Any], token: object) -> bool:
    """Whether a form's token is of this session."""
    if not isinstance(token, str) or not token.isascii() or _KEY not in session:
        return False
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except ValueError:
        return False
    return len(raw) == 2 * _BYTES and hmac.compare_digest(
        _xor(raw[:_BYTES], raw[_BYTES:]), _secret(session)
    )


def _secret(session: MutableMapping[str, Any]) -> bytes:
    if not isinstance(session.get(_KEY), str):
        session[_KEY] = secrets.token_hex(_BYTES)
    return bytes.fromhex(session[_KEY])


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
