"""Flags on the pages: the list, a new one, the operator's answer."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from banzuke.exceptions import ConflictError, InvalidInputError, NotFoundError
from banzuke.leaderboard import actions
from banzuke.leaderboard.account import visitor
from banzuke.leaderboard.answers import html, say
from banzuke.leaderboard.backend import Backend
from banzuke.leaderboard.links import flag_url
from banzuke.leaderboard.refusals import NotThereError, RefusedError
from banzuke.leaderboard.routes.access import Service
from banzuke.leaderboard.routes.forms import Form, LoggedIn
from banzuke.leaderboard.routes.lookup import snapshot
from banzuke.leaderboard.security.cross_site import csrf_token
from banzuke.leaderboard.service.flags import FlagRequest
from banzuke.leaderboard.views.flags_page import FlagsQuery, flags_page

router = APIRouter(include_in_schema=False)


@router.get("/flags")
def flags(
    request: Request, service: Service, query: Annotated[FlagsQuery, Query()]
) -> HTMLResponse:
    """List flags, of one model or of all."""
    return _page(request, service, query)


@router.post("/flags")
def flag(request: Request, service: Service, who: LoggedIn, form: Form) -> Response:
    """Store a flag, or show the form again with what was wrong and what was typed."""
    given = {name: value for name, value in form.items() if value.strip() or name != "link"}
    try:
        made = actions.flag(service, snapshot(request), who, FlagRequest.model_validate(given))
    except (ValidationError, ConflictError) as error:
        query = FlagsQuery(board=form.get("board", "")[:100], model=form.get("model", "")[:200])
        return _page(request, service, query, form, error)
    return _go(f"{flag_url(made.board, made.model)}#flag-{made.id}")


@router.post("/flags/{flag_id}/answer")
def answer(
    request: Request,
    service: Service,
    who: LoggedIn,
    form: Form,
    flag_id: Annotated[str, Path(max_length=64)],
) -> Response:
    """Uphold or reject a flag."""
    try:
        answered = actions.answer_flag(
            service, who, flag_id, form.get("state", ""), form.get("answer", "")
        )
    except NotFoundError:
        raise NotThereError("errors.no_flag", name=flag_id[:40]) from None
    except (InvalidInputError, ValueError):
        raise RefusedError("flags.wrong_answer") from None
    return _go(f"{flag_url(answered.board, answered.model)}#flag-{answered.id}")


def _page(
    request: Request,
    service: Backend,
    query: FlagsQuery,
    typed: Form | None = None,
    error: Exception | None = None,
) -> HTMLResponse:
    who = visitor(request)
    found = service.flags.list(board=query.board, model=query.model, state=query.state)
    page = flags_page(
        found,
        query,
        snapshot=snapshot(request),
        csrf=csrf_token(request.session) if who else "",
        say=say(request),
        role=None if who is None else who.role,
        typed=typed,
        error=error,
    )
    status = 200 if error is None else HTTPStatus.UNPROCESSABLE_ENTITY.value
    return html(request, "flags.html", page, snapshot(request), status=status)


def _go(path: str) -> RedirectResponse:
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)
