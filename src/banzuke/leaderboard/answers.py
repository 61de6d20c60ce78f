"""Answers that are pages: language, navigation, headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from banzuke.leaderboard import language
from banzuke.leaderboard.catalogue import Catalogue, catalogue
from banzuke.leaderboard.snapshot import Snapshot
from banzuke.leaderboard.templating import render
from banzuke.leaderboard.views.site import Site, site

_YEAR = 365 * 24 * 3600


def say(request: Request) -> Catalogue:
    """Return the catalogue of the language that a request asks for."""
    return catalogue(language.choose(request).language)


def kept(request: Request, address: str) -> str:
    """Return an address of ours that names the language where this request's address does."""
    choice = language.choose(request)
    if not choice.is_explicit:
        return address
    return f"{address}{'&' if '?' in address else '?'}{language.PARAMETER}={choice.language}"


def html(
    request: Request,
    template: str,
    page: Any,
    current: Snapshot | None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    state: list[tuple[str, str]] | None = None,
) -> HTMLResponse:
    """Render a page in the language of the request.

    Parameters
    ----------
    request : fastapi.Request
    template : str
    page : object
        The template's context, with a ``title``.
    current : Snapshot or None
        For the navigation; None where the data cannot be read.
    status : int, default 200
    headers : mapping, optional
    state : list of (str, str), optional
        Query of the page in the other language; that of the request without it.

    Returns
    -------
    fastapi.responses.HTMLResponse
    """
    choice = language.choose(request)
    query = request.query_params.multi_items() if state is None else state
    alternates = language.alternates(_path(request), query)
    around = site(current, alternates) if current is not None else Site(alternates=alternates)
    find_account = getattr(request.app.state, "account", None)
    if find_account is not None:
        around = replace(around, account=find_account(request))
    text = render(template, page, around, choice.language)
    if choice.is_explicit:
        text = language.keep(text, choice.language)
    response = HTMLResponse(text, status_code=status, headers=dict(headers or {}))
    response.headers["Content-Language"] = choice.language
    vary = response.headers.get("Vary")
    response.headers["Vary"] = f"{vary}, {language.VARY}" if vary else language.VARY
    if choice.is_explicit:
        response.set_cookie(
            language.COOKIE, choice.language, max_age=_YEAR, samesite="lax", httponly=True
        )
    return response


def _path(request: Request) -> str:
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    path = raw.decode("latin-1").partition("?")[0]
    return "/" + path.lstrip("/")  # two slashes would name another host
