"""The visitor's session: a signed cookie that scripts cannot read."""

from __future__ import annotations


def cookie_name(*, secure: bool) -> str:
    """Return the name of the cookie: with ``__Host-``, no other host can set it."""
    return "__Host-banzuke" if secure else "banzuke"
