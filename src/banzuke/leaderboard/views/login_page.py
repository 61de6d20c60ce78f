"""The log-in page: with a token, or at a provider."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LoginPage:
    """Context of ``login.html``; ``name`` is who is logged in already."""

    title: str
    csrf: str
    back: str
    name: str | None
    role: str | None
    problem: str
    oidc_url: str | None
