"""The language of a request: ``?lang=``, else the cookie, else what the browser prefers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import Request

from banzuke.leaderboard.catalogue import DEFAULT, LANGUAGES

PARAMETER = "lang"
COOKIE = "lang"
VARY = "Accept-Language, Cookie"

_ADDRESS = re.compile(r' (href|action|hx-get)="(/(?!static/|api/v1/|/)[^"#]*)')
_GET_FORM = re.compile(r'<form\b[^>]*\bmethod="get"[^>]*>')


@dataclass(frozen=True)
class Choice:
    """The language of an answer; ``is_explicit`` where the address names it."""

    language: str
    is_explicit: bool


def choose(request: Request) -> Choice:
    """Return the language that a request asks for."""
    asked = request.query_params.get(PARAMETER)
    if asked in LANGUAGES:
        return Choice(asked, is_explicit=True)
    kept = request.cookies.get(COOKIE)
    if kept in LANGUAGES:
        return Choice(kept, is_explicit=False)
    return Choice(preferred(request.headers.get("accept-language", "")), is_explicit=False)


def preferred(header: str) -> str:
    """Return the language of ours that an ``Accept-Language`` header likes best.

    Examples
    --------
    >>> preferred("fr, ja-JP;q=0.8, en;q=0.5"), preferred("fr"), preferred("*;q=x")
    ('ja', 'en', 'en')
    """
    best, weight = DEFAULT, 0.0
    for part in header[:1000].split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            found = float(quality) if quality else 1.0
        except ValueError:
            continue
        language = tag.strip().partition("-")[0].lower()
        if language in LANGUAGES and found > weight:
            best, weight = language, found
    return best


def alternates(path: str, query: list[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """Return code, name and address of a page in every language.

    Parameters
    ----------
    path : str
        As it stands in an address: percent-encoded.
    query : list of (str, str)
    """
    kept = [(name, value) for name, value in query if name != PARAMETER]
    return [
        (code, name, f"{path}?{urlencode([*kept, (PARAMETER, code)])}")
        for code, name in LANGUAGES.items()
    ]


def keep(html: str, language: str) -> str:
    """Keep an explicit language in every link and form of a page that leads to another page.

    In text and in data a double quote is always escaped, so only attributes match.

    Examples
    --------
    >>> keep('<a href="/about#top"> <a href="/b?q=1"> <a href="/static/x">', "ja")
    '<a href="/about?lang=ja#top"> <a href="/b?q=1&amp;lang=ja"> <a href="/static/x">'
    """

    def named(match: re.Match[str]) -> str:
        address = match[2]
        if f"{PARAMETER}=" in address.partition("?")[2]:
            return match[0]
        sign = "&amp;" if "?" in address else "?"
        return f' {match[1]}="{address}{sign}{PARAMETER}={language}'

    field = f'<input type="hidden" name="{PARAMETER}" value="{language}">'
    return _GET_FORM.sub(lambda form: form[0] + field, _ADDRESS.sub(named, html))
