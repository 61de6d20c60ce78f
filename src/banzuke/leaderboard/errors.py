"""What a visitor sees when something does not work: a sentence, never a traceback."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from banzuke.exceptions import (
    AccessError,
    ConflictError,
    InvalidInputError,
    NotFoundError,
    StorageError,
)
from banzuke.leaderboard.answers import html, say
from banzuke.leaderboard.catalogue import DEFAULT, Catalogue, CatalogueError, catalogue
from banzuke.leaderboard.refusals import NotLoggedInError, ToldError, sentence
from banzuke.leaderboard.security import POLICY, Refusal
from banzuke.leaderboard.security.identity import LoginNeededError
from banzuke.leaderboard.security.rates import TooManyRequestsError, too_many
from banzuke.leaderboard.snapshot import Snapshot, SnapshotStore
from banzuke.leaderboard.views.site import ErrorPage

_log = logging.getLogger(__name__)

PROBLEM = "application/problem+json"  # RFC 9457
_MOST_FIELDS = 20
_LONGEST = 300


def add_error_pages(app: FastAPI) -> None:
    """Answer errors with a page, or with JSON below ``/api``."""
    app.add_exception_handler(NotFoundError, _not_found)
    app.add_exception_handler(InvalidInputError, _bad_request)
    app.add_exception_handler(ConflictError, _conflict)
    app.add_exception_handler(AccessError, _forbidden)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(StorageError, _storage)
    app.add_exception_handler(Exception, _unexpected)


def _not_found(request: Request, error: Exception) -> Response:
    return _answer(request, HTTPStatus.NOT_FOUND, error)


def _bad_request(request: Request, error: Exception) -> Response:
    # a refused submission names its field
    field = getattr(error, "field", "")
    fields = [{"field": field, "message": str(error)[:_LONGEST]}] if field else []
    return _answer(request, HTTPStatus.BAD_REQUEST, error, fields=fields)


def _conflict(request: Request, error: Exception) -> Response:
    return _answer(request, HTTPStatus.CONFLICT, error)


def _forbidden(request: Request, error: Exception) -> Response:
    if isinstance(error, NotLoggedInError):
        return _to_login(request)
    if isinstance(error, LoginNeededError):
        challenge = {"WWW-Authenticate": 'Bearer realm="banzuke"'}
        return _answer(request, HTTPStatus.UNAUTHORIZED, error, challenge)
    return _answer(request, HTTPStatus.FORBIDDEN, error)


def _to_login(request: Request) -> Response:
    """Send a visitor to the log-in, and back to this page from there; a form's page for POST."""
    back = request.url.path
    if request.method == "GET" and request.url.query:
        back = f"{back}?{request.url.query}"
    return RedirectResponse(f"/login?{urlencode({'next': back})}", HTTPStatus.SEE_OTHER)


def refuse(request: Request, refusal: Refusal) -> Response:
    """Answer a request that a middleware turned away."""
    told = ToldError(f"errors.{refusal.code}", **refusal.values)
    return _answer(request, refusal.status, told, refusal.headers)


def _not_understood(request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    fields = [
        {"field": _field(one.get("loc", ())), "message": str(one.get("msg", ""))[:_LONGEST]}
        for one in found[:_MOST_FIELDS]
    ]
    problem = catalogue(DEFAULT)("errors.not_understood")
    first = fields[0] if fields else {"field": "", "message": problem}
    told = _OddValueError(first["field"], first["message"], found[0] if found else {})
    return _answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, told, fields=fields)


class _OddValueError(ToldError):
    """A value that is refused before a route sees it; its problem, too, in every language."""

    def __init__(self, name: str, problem: str, details: Mapping[str, Any]) -> None:
        super().__init__("errors.value", name=name, problem=problem)
        self._kind, self._limits = details.get("type"), details.get("ctx") or {}

    def told(self, say: Catalogue) -> str:
        with suppress(CatalogueError):  # a kind of problem that the catalogue has no words for
            problem = say(f"errors.problem_{self._kind}", **self._limits)
            return say(self.key, **{**self.values, "problem": problem})
        return super().told(say)


def _field(location: Sequence[object]) -> str:
    return next((str(part) for part in reversed(location) if isinstance(part, str)), "")[:80]


def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, ToldError("errors.unexpected"))
    if isinstance(error, TooManyRequestsError):
        return refuse(request, too_many(error))
    status = HTTPStatus(error.status_code)
    if status == HTTPStatus.NOT_FOUND:
        return _answer(request, status, ToldError("errors.no_page"), error.headers)
    key = f"errors.told_{status.value}"
    known = key in catalogue(DEFAULT).messages
    told = ToldError(key) if known else Exception(status.phrase.lower())
    return _answer(request, status, told, error.headers)


def _storage(request: Request, error: Exception) -> Response:
    _log.error("the data directory failed: %s", error)
    return _answer(request, HTTPStatus.SERVICE_UNAVAILABLE, ToldError("errors.storage"))


def _unexpected(request: Request, error: Exception) -> Response:
    # Starlette logs the traceback after this answer
    response = _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, ToldError("errors.unexpected"))
    response.headers["Content-Security-Policy"] = POLICY  # outside of the middleware
    return response


def _answer(
    request: Request,
    status: HTTPStatus,
    error: Exception,
    headers: Mapping[str, str] | None = None,
    fields: Sequence[Mapping[str, str]] = (),
) -> Response:
    if request.url.path.startswith("/api/v1"):
        problem = {"title": status.phrase, "status": status.value, "detail": str(error)}
        content = orjson.dumps(problem | ({"errors": list(fields)} if fields else {}))
        return Response(content, status, headers, media_type=PROBLEM)
    words = say(request)
    told = sentence(error, words)
    title = words.known(f"errors.status_{status.value}", status.phrase)
    shown = f"{told[:1].upper()}{told[1:].rstrip('.')}{words('errors.stop')}"
    page = ErrorPage(title=title, status=status.value, message=shown)
    around = _navigation(request)
    return html(request, "error.html", page, around, status=status.value, headers=headers)


def _navigation(request: Request) -> Snapshot | None:
    try:
        store: SnapshotStore = request.app.state.store
        return store.current()
    except Exception:  # the page must come even where the data cannot be read
        _log.debug("no navigation on an error page", exc_info=True)
        return None
