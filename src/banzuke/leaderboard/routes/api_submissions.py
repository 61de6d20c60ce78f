"""Submissions and flags as JSON, under ``/api/v1``."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel

from banzuke.leaderboard import actions, schemas
from banzuke.leaderboard import schemas_submissions as sent
from banzuke.leaderboard.conditional import conditional
from banzuke.leaderboard.routes.access import Asker, Operator, Service, Submitter
from banzuke.leaderboard.routes.lookup import snapshot
from banzuke.leaderboard.security.identity import Identity
from banzuke.leaderboard.service.flags import Flag, FlagRequest, FlagState
from banzuke.leaderboard.service.schemas import State, Submission, SubmissionRequest

router = APIRouter(prefix="/api/v1")


def _problems(**descriptions: str) -> dict[int | str, dict[str, Any]]:
    common = {"422": "A value cannot be understood."}
    return {
        int(status.lstrip("_")): {
            "model": schemas.Problem,
            "description": text,
        }
        for status, text in {**common, **descriptions}.items()
    }


_TOKEN = {
    "_401": "The token is missing, wrong, revoked or out of date.",
    "_403": "The token's owner may not do this, or another site sent the request.",
    "_413": "The body is too large.",
}
_WRONG_TOKEN = {"_401": "The token is wrong, revoked or out of date."}
_READ = _problems(_404="There is no such submission.", **_WRONG_TOKEN)

Id = Annotated[str, Path(max_length=64, description="Number of the submission.")]
FlagId = Annotated[str, Path(max_length=64, description="Number of the flag.")]
PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]
PageSize = Annotated[int, Query(ge=1, le=200)]


@router.get("/whoami", response_model=sent.WhoAmI, responses=_problems(**_TOKEN))
def whoami(who: Submitter) -> Response:
    """Return whose token it is, and what it may do."""
    return _json({"name": who.owner, "role": who.role})


@router.post(
    "/submissions",
    status_code=201,
    response_model=sent.SubmissionInfo,
    responses=_problems(
        **_TOKEN,
        _400="It cannot be evaluated here; the sentence says why.",
        _409="The same model, revision and settings were submitted before.",
    ),
)
def create(request: Request, service: Service, who: Submitter, body: SubmissionRequest) -> Response:
    """Submit a model. It is stored when the answer comes."""
    made = actions.submit(service, who, body)
    return _json(_info(made, who), 201, {"Location": f"/api/v1/submissions/{made.id}"})


@router.get(
    "/submissions", response_model=sent.SubmissionsPage, responses=_problems(**_WRONG_TOKEN)
)
def listed(
    request: Request,
    service: Service,
    who: Asker,
    state: Annotated[State | None, Query(description="Only these.")] = None,
    model: Annotated[str | None, Query(max_length=200, description="Only this one.")] = None,
    submitter: Annotated[str | None, Query(max_length=200, description="Only theirs.")] = None,
    page: PageNumber = 1,
    per_page: PageSize = 50,
) -> Response:
    """List submissions, newest first."""
    found = service.submissions.list(
        state=state, model=model, submitter=submitter, page=page, page_size=per_page
    )
    body = {
        "total": found.total,
        "page": page,
        "n_pages": max(1, -(-found.total // per_page)),
        "counts": service.submissions.counts(),
        "submissions": [_info(one, who) for one in found.submissions],
    }
    return conditional(request, _dumps(body))


@router.get("/submissions/{submission}", response_model=sent.SubmissionInfo, responses=_READ)
def show(request: Request, service: Service, who: Asker, submission: Id) -> Response:
    """Return one submission."""
    return conditional(request, _dumps(_info(service.submissions.get(submission), who)))


@router.get("/submissions/{submission}/events", response_model=sent.EventList, responses=_READ)
def events(request: Request, service: Service, who: Asker, submission: Id) -> Response:
    """Return every change of a submission with its time and who did it."""
    found = [one.model_dump(mode="json") for one in service.submissions.events(submission)]
    return conditional(request, _dumps({"submission": submission, "events": found}))


@router.get("/submissions/{submission}/steps", response_model=sent.StepList, responses=_READ)
def steps(request: Request, service: Service, who: Asker, submission: Id) -> Response:
    """Return how far each data set is, with the newest lines of its log."""
    run = service.submissions.get(submission).run
    fields = set(sent.StepInfo.model_fields)
    found = [
        one.model_dump(mode="json", include=fields)
        for one in service.submissions.steps(submission, run)
    ]
    return conditional(request, _dumps({"submission": submission, "run": run, "steps": found}))


@router.get(
    "/submissions/{submission}/items",
    response_model=sent.ItemsPage,
    responses=_problems(
        **_WRONG_TOKEN,
        _400="There can be no data set of that name.",
        _404="There is no such submission.",
    ),
)
def items(
    request: Request,
    service: Service,
    who: Asker,
    submission: Id,
    data_set: Annotated[str | None, Query(max_length=100, description="Only its.")] = None,
    page: PageNumber = 1,
    per_page: PageSize = 50,
) -> Response:
    """Return the questions of the newest run with what the model answered.

    Those of a data set are there once it is finished.
    """
    run = service.submissions.get(submission).run
    found, total = service.logs.query(
        submission, run, data_set=data_set, page=page, page_size=per_page
    )
    fields = sent.AnsweredItem.model_fields
    body = {
        "submission": submission,
        "run": run,
        "total": total,
        "page": page,
        "n_pages": max(1, -(-total // per_page)),
        "items": [{name: row[name] for name in fields} for row in found],
    }
    return conditional(request, _dumps(body))


_CHANGE = _problems(
    **_TOKEN,
    _404="There is no such submission.",
    _409="Its state does not allow it.",
)


@router.post(
    "/submissions/{submission}/withdraw", response_model=sent.SubmissionInfo, responses=_CHANGE
)
def withdraw(service: Service, who: Submitter, submission: Id, body: sent.Change) -> Response:
    """Withdraw a submission; its history stays."""
    return _json(_info(actions.withdraw(service, who, submission, body.reason), who))


@router.post(
    "/submissions/{submission}/rerun", response_model=sent.SubmissionInfo, responses=_CHANGE
)
def rerun(service: Service, who: Submitter, submission: Id, body: sent.Change) -> Response:
    """Have a submission evaluated again; a finished one by operators only."""
    return _json(_info(actions.rerun(service, who, submission, body.reason), who))


@router.get("/flags", response_model=sent.FlagList, responses=_problems())
def flags(
    request: Request,
    service: Service,
    board: Annotated[str | None, Query(max_length=100)] = None,
    model: Annotated[str | None, Query(max_length=200)] = None,
    state: FlagState | None = None,
) -> Response:
    """List the newest 100 flags, with the operator's answers."""
    found = service.flags.list(board=board, model=model, state=state)
    return conditional(request, _dumps({"flags": [_flag(one) for one in found]}))


@router.post(
    "/flags",
    status_code=201,
    response_model=sent.FlagInfo,
    responses=_problems(
        **_TOKEN,
        _404="There is no such board or model.",
        _409="An earlier flag of this model by the same reporter is open.",
    ),
)
def create_flag(request: Request, service: Service, who: Submitter, body: FlagRequest) -> Response:
    """Flag a model on a board, with a reason."""
    return _json(_flag(actions.flag(service, snapshot(request), who, body)), 201)


@router.post(
    "/flags/{flag}/answer",
    response_model=sent.FlagInfo,
    responses=_problems(**_TOKEN, _404="There is no such flag."),
)
def answer_flag(service: Service, who: Operator, flag: FlagId, body: sent.FlagAnswer) -> Response:
    """Uphold or reject a flag, as an operator."""
    return _json(_flag(actions.answer_flag(service, who, flag, body.state, body.answer)))


def _info(submission: Submission, who: Identity | None) -> dict[str, Any]:
    facts = submission.model_dump(mode="json", warnings=False)
    facts |= facts.pop("request")
    told = who is not None and who.may_change(submission.submitter)
    facts |= {
        "contact": facts.get("contact") if told else None,
        "url": f"/submissions/{submission.id}",
    }
    return {name: facts.get(name) for name in sent.SubmissionInfo.model_fields}


def _flag(flag: Flag) -> dict[str, Any]:
    return flag.model_dump(mode="json")


def _json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(_dumps(value), status, headers, media_type="application/json")


def _dumps(value: Any) -> bytes:
    content = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS)
