"""What a visitor sees when something does not work: a sentence, never a traceback."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from banzuke.exceptions import InvalidInputError, NotFoundError, StorageError
from banzuke.leaderboard.security import POLICY, Refusal
from banzuke.leaderboard.security.rates import TooManyRequestsError, too_many
from banzuke.leaderboard.templating import render
from banzuke.leaderboard.views.site import ErrorPage, Site, site

_log = logging.getLogger(__name__)

PROBLEM = "application/problem+json"  # RFC 9457
_MOST_FIELDS = 20
_LONGEST = 300


def add_error_pages(app: FastAPI) -> None:
    """Answer errors with a page, or with JSON below ``/api``."""
    app.add_exception_handler(NotFoundError, _not_found)
    app.add_exception_handler(InvalidInputError, _bad_request)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(StorageError, _storage)
    app.add_exception_handler(Exception, _unexpected)


def _not_found(request: Request, error: Exception) -> Response:
    return _answer(request, HTTPStatus.NOT_FOUND, str(error))


def _bad_request(request: Request, error: Exception) -> Response:
    return _answer(request, HTTPStatus.BAD_REQUEST, str(error))


def refuse(request: Request, refusal: Refusal) -> Response:
    """Answer a request that a middleware turned away."""
    return _answer(request, refusal.status, refusal.sentence, refusal.headers)


def _not_understood(request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    fields = [
        {"field": _field(one.get("loc", ())), "message": str(one.get("msg", ""))[:_LONGEST]}
        for one in found[:_MOST_FIELDS]
    ]
    first = fields[0] if fields else {"field": "", "message": "it cannot be understood"}
    return _answer(
        request,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        f"the value of '{first['field']}': {first['message']}",
        fields=fields,
    )


def _field(location: Sequence[object]) -> str:
    return next((str(part) for part in reversed(location) if isinstance(part, str)), "")[:80]


def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong")
    if isinstance(error, TooManyRequestsError):
        return refuse(request, too_many(error))
    status = HTTPStatus(error.status_code)
    if status == HTTPStatus.NOT_FOUND:
        return _answer(request, status, "there is no page at this address", error.headers)
    return _answer(request, status, status.phrase.lower(), error.headers)


def _storage(request: Request, error: Exception) -> Response:
    _log.error("the data directory failed: %s", error)
    sentence = "the data directory cannot be read at the moment; the server's log says why"
    return _answer(request, HTTPStatus.SERVICE_UNAVAILABLE, sentence)


def _unexpected(request: Request, error: Exception) -> Response:
    # Starlette logs the traceback after this answer
    sentence = "something went wrong on the server; its log says what"
    response = _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, sentence)
    response.headers["Content-Security-Policy"] = POLICY  # outside of the middleware
    return response


def _answer(
    request: Request,
    status: HTTPStatus,
    sentence: str,
    headers: Mapping[str, str] | None = None,
    fields: Sequence[Mapping[str, str]] = (),
) -> Response:
    if request.url.path.startswith("/api/v1"):
        problem = {"title": status.phrase, "status": status.value, "detail": sentence}
        content = orjson.dumps(problem | ({"errors": list(fields)} if fields else {}))
        return Response(content, status, headers, media_type=PROBLEM)
    shown = f"{sentence[:1].upper()}{sentence[1:].rstrip('.')}."
    page = ErrorPage(title=status.phrase, status=status.value, message=shown)
    return HTMLResponse(render("error.html", page, _navigation(request)), status, headers)


def _navigation(request: Request) -> Site:
    try:
        return site(request.app.state.store.current())
    except Exception:  # the page must come even where the data cannot be read
        _log.debug("no navigation on an error page", exc_info=True)
        return Site()
