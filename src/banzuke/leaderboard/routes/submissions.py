"""Submitting, the queue, and the page of one submission."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from banzuke.exceptions import ConflictError, NotFoundError
from banzuke.leaderboard import actions
from banzuke.leaderboard.account import visitor
from banzuke.leaderboard.answers import html, say
from banzuke.leaderboard.backend import Backend
from banzuke.leaderboard.refusals import NotThereError, RefusedError
from banzuke.leaderboard.routes.access import Service
from banzuke.leaderboard.routes.forms import Form, LoggedIn
from banzuke.leaderboard.routes.lookup import snapshot
from banzuke.leaderboard.security.cross_site import csrf_token
from banzuke.leaderboard.service.addresses import RefusedAddressError
from banzuke.leaderboard.service.refusals import DuplicateError, RefusedRequestError
from banzuke.leaderboard.service.schemas import Submission, SubmissionRequest
from banzuke.leaderboard.views.queue_page import SUBMISSIONS_ON_A_PAGE, QueueQuery, queue_page
from banzuke.leaderboard.views.submission_page import (
    ANSWERS_ON_A_PAGE,
    answers_page,
    submission_view,
)
from banzuke.leaderboard.views.submit_page import submit_page

router = APIRouter(include_in_schema=False)

Id = Annotated[str, Path(max_length=64)]
_REFUSALS = (ValidationError, RefusedAddressError, RefusedRequestError, DuplicateError)
_PRIVATE = {"Cache-Control": "no-store"}
_PARTIAL = {"Vary": "HX-Request"}


@router.get("/submit")
def submit_form(request: Request, service: Service, who: LoggedIn) -> HTMLResponse:
    """Show the form."""
    page = submit_page(service.settings, say(request), csrf_token(request.session))
    return html(request, "submit.html", page, snapshot(request), headers=_PRIVATE)


@router.post("/submit")
def submit(request: Request, service: Service, who: LoggedIn, form: Form) -> Response:
    """Store a submission, or show the form again with what was wrong and what was typed."""
    try:
        made = actions.submit(service, who, SubmissionRequest.model_validate(dict(form)))
    except _REFUSALS as error:
        csrf = csrf_token(request.session)
        page = submit_page(service.settings, say(request), csrf, form, error)
        status = HTTPStatus.CONFLICT if isinstance(error, DuplicateError) else 422
        current = snapshot(request)
        return html(request, "submit.html", page, current, status=int(status), headers=_PRIVATE)
    return _go(made.id)


@router.get("/submissions")
def queue(
    request: Request, service: Service, query: Annotated[QueueQuery, Query()]
) -> HTMLResponse:
    """List submissions by state."""
    found = service.submissions.list(
        state=query.state,
        model=query.model,
        submitter=query.submitter,
        page=query.page,
        page_size=SUBMISSIONS_ON_A_PAGE,
    )
    page = queue_page(found, service.submissions.counts(), query, say(request))
    template = "_queue.html" if _is_partial(request) else "submissions.html"
    return html(request, template, page, snapshot(request), headers=_PARTIAL)


@router.get("/submissions/{submission}")
def show(
    request: Request,
    service: Service,
    submission: Id,
    seen: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    """Show one submission; htmx asks again for the part that changes."""
    found = _found(service, submission)
    page = submission_view(
        found,
        service.submissions.steps(submission, found.run),
        service.submissions.events(submission),
        snapshot=snapshot(request),
        who=visitor(request),
        csrf=csrf_token(request.session) if visitor(request) else "",
        say=say(request),
    )
    if not _is_partial(request):
        return html(request, "submission.html", page, snapshot(request), headers=_PARTIAL)
    # a new state changes more than the part: history, buttons, links
    headers = {**_PARTIAL, **({"HX-Refresh": "true"} if found.state.value != seen else {})}
    return html(request, "_submission.html", page, snapshot(request), headers=headers)


@router.get("/submissions/{submission}/answers")
def answers(
    request: Request,
    service: Service,
    submission: Id,
    data_set: Annotated[str, Query(max_length=100)] = "",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> HTMLResponse:
    """Show questions, answers and scores of the newest run."""
    found = _found(service, submission)
    steps = service.submissions.steps(submission, found.run)
    if data_set and data_set not in {step.data_set for step in steps}:
        raise RefusedError("answers.no_data_set", name=data_set)
    rows = service.logs.query(
        submission, found.run, data_set=data_set or None, page=page, page_size=ANSWERS_ON_A_PAGE
    )
    shown = answers_page(found, steps, rows, data_set=data_set, page=page, say=say(request))
    return html(request, "answers.html", shown, snapshot(request))


@router.post("/submissions/{submission}/withdraw")
def withdraw(service: Service, who: LoggedIn, form: Form, submission: Id) -> Response:
    """Withdraw a submission."""
    _found(service, submission)
    try:
        actions.withdraw(service, who, submission, form.get("reason"))
    except ConflictError:
        raise RefusedError("errors.has_changed") from None
    return _go(submission)


@router.post("/submissions/{submission}/rerun")
def rerun(service: Service, who: LoggedIn, form: Form, submission: Id) -> Response:
    """Have a submission evaluated again."""
    _found(service, submission)
    try:
        actions.rerun(service, who, submission, form.get("reason"))
    except ConflictError:
        raise RefusedError("errors.has_changed") from None
    return _go(submission)


def _found(service: Backend, submission: str) -> Submission:
    try:
        return service.submissions.get(submission)
    except NotFoundError:
        raise NotThereError("errors.no_submission", name=submission[:40]) from None


def _is_partial(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"


def _go(submission: str) -> RedirectResponse:
    return RedirectResponse(f"/submissions/{submission}", HTTPStatus.SEE_OTHER)
