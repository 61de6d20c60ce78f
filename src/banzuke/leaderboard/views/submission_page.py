"""One submission: where it stands, its data sets, its history, its questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from banzuke.leaderboard import actions
from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.cells import code_sets, mark, score, visible
from banzuke.leaderboard.links import board_url, model_url
from banzuke.leaderboard.security.identity import Identity
from banzuke.leaderboard.service.schemas import State, StepProgress, Submission, SubmissionEvent
from banzuke.leaderboard.snapshot import Snapshot
from banzuke.leaderboard.views.queue_page import Moment, moment

ANSWERS_ON_A_PAGE = 20
_LONGEST_TEXT = 20_000
_LONGEST_LINE = 300
_LIVE = (State.PENDING, State.RUNNING)
_FACTS = (
    "endpoint",
    "revision",
    "precision",
    "type",
    "architecture",
    "params_b",
    "base_model",
    "license",
    "suite",
    "shots",
    "prompt_style",
)


@dataclass(frozen=True, kw_only=True)
class StepLine:
    """One data set; the address leads to its questions once they are there."""

    data_set: str
    state: str
    state_name: str
    n_done: int
    n_items: int
    n_unreadable: int
    score: str
    url: str | None


@dataclass(frozen=True, kw_only=True)
class EventLine:
    """One change."""

    at: Moment | None
    what: str
    actor: str
    reason: str | None
    run: int


@dataclass(frozen=True, kw_only=True)
class SubmissionView:
    """Context of ``submission.html``, and of the part of it that comes again while it runs."""

    title: str
    id: str
    csrf: str
    state: str
    state_name: str
    reason: str | None
    is_live: bool
    live_url: str
    submitter: str
    submitted: Moment | None
    started: Moment | None
    finished: Moment | None
    worker: str | None
    run: int
    n_done: int
    n_items: int
    steps: list[StepLine]
    last_lines: tuple[str, list[str]] | None
    facts: list[tuple[str, str]]
    contact: str | None
    events: list[EventLine]
    result_url: str | None
    may_withdraw: bool
    may_rerun: bool


def submission_view(
    submission: Submission,
    steps: Sequence[StepProgress],
    events: Sequence[SubmissionEvent],
    *,
    snapshot: Snapshot,
    who: Identity | None,
    csrf: str,
    say: Catalogue,
) -> SubmissionView:
    """Compute the page of one submission."""
    told = who is not None and who.may_change(submission.submitter)
    return SubmissionView(
        title=visible(submission.request.model, 200),
        id=submission.id,
        csrf=csrf,
        state=submission.state.value,
        state_name=say(f"submissions.state_{submission.state.value}"),
        reason=submission.reason,
        is_live=submission.state in _LIVE,
        live_url=f"/submissions/{submission.id}?seen={submission.state.value}",
        submitter=submission.submitter,
        submitted=moment(submission.created_at),
        started=moment(submission.started_at),
        finished=moment(submission.finished_at),
        worker=submission.worker,
        run=submission.run,
        n_done=submission.n_done,
        n_items=submission.n_items,
        steps=[_step(submission.id, one, say) for one in steps],
        last_lines=_last_lines(steps),
        facts=_facts(submission, say),
        contact=submission.request.contact if told else None,
        events=[_event(one, say) for one in events],
        result_url=_result_url(submission, snapshot),
        may_withdraw=actions.may_withdraw(who, submission),
        may_rerun=actions.may_rerun(who, submission),
    )


def _step(submission: str, step: StepProgress, say: Catalogue) -> StepLine:
    names = {"pending": "pending", "running": "running", "finished": "finished"}
    return StepLine(
        data_set=step.data_set,
        state=step.state,
        state_name=say(f"submissions.state_{names[step.state]}"),
        n_done=step.n_done,
        n_items=step.n_items,
        n_unreadable=step.n_unreadable,
        score="–" if step.score is None else score(step.score),
        url=answers_url(submission, step.data_set) if step.state == "finished" else None,
    )


def _last_lines(steps: Sequence[StepProgress]) -> tuple[str, list[str]] | None:
    """Return the newest lines: of the data set that runs, else of the last one with any."""
    logged = [step for step in steps if step.last_lines]
    running = [step for step in logged if step.state == "running"]
    for step in (running or logged)[-1:]:
        return step.data_set, [visible(line, _LONGEST_LINE) for line in step.last_lines]
    return None


def _facts(submission: Submission, say: Catalogue) -> list[tuple[str, str]]:
    values = {name: getattr(submission.request, name, None) for name in _FACTS}
    values["prompt_style"] = say(f"submit.style_{values['prompt_style']}")
    return [
        (say(f"submit.label_{name}"), visible(_number(value), 500))
        for name, value in values.items()
        if value is not None
    ]


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _event(event: SubmissionEvent, say: Catalogue) -> EventLine:
    kind, _, name = event.actor.partition(":")
    return EventLine(
        at=moment(event.at),
        what=say(f"submissions.state_{event.after.value}"),
        actor=say.known(f"submissions.actor_{kind}", kind) + f" {name}",
        reason=event.reason,
        run=event.run,
    )


def _result_url(submission: Submission, snapshot: Snapshot) -> str | None:
    name = submission.board
    if submission.state is not State.FINISHED or name is None or name not in snapshot.boards:
        return None
    from banzuke.leaderboard.service.publishing import row_name, submitted_row

    board = snapshot.boards[name].board
    row = submitted_row(board.models, submission.id) or row_name(submission.request)
    known = row in board.rows
    return model_url(name, row) if known else board_url(name)


def answers_url(submission: str, data_set: str = "", page: int = 1) -> str:
    """Return the address of the questions of a submission."""
    values = {"data_set": data_set, "page": page if page > 1 else None}
    kept = {name: value for name, value in values.items() if value}
    base = f"/submissions/{quote(submission, safe='')}/answers"
    return f"{base}?{urlencode(kept)}" if kept else base


@dataclass(frozen=True, kw_only=True)
class AnswerCard:
    """One question: prompt as (who speaks, text), answer, gold answers, score.

    ``is_code`` says that the answer is a program, ``verdict`` what its tests found and
    ``detail`` the assertion or exception. ``mark`` is right, wrong, part, or unscored where
    the answer has no score of its own; ``error`` says why the question could not be asked.
    """

    data_set: str
    item: str
    prompt: list[tuple[str, str]]
    raw: str
    answer: str
    gold: list[str]
    thinking: str
    error: str
    score: str
    mark: str
    is_unreadable: bool
    is_truncated: bool
    is_code: bool
    verdict: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class AnswersPage:
    """Context of ``answers.html``."""

    title: str
    submission_url: str
    form_url: str
    data_sets: list[str]
    data_set: str
    cards: list[AnswerCard]
    total: int
    page: int
    n_pages: int
    previous_url: str | None
    next_url: str | None


def answers_page(
    submission: Submission,
    steps: Sequence[StepProgress],
    found: tuple[Sequence[Mapping[str, Any]], int],
    *,
    data_set: str,
    page: int,
    say: Catalogue,
) -> AnswersPage:
    """Compute one page of the questions of a submission with their answers."""
    rows, total = found
    n_pages = max(1, -(-total // ANSWERS_ON_A_PAGE))
    link = submission.id
    return AnswersPage(
        title=visible(submission.request.model, 200),
        submission_url=f"/submissions/{link}",
        form_url=answers_url(link),
        data_sets=[step.data_set for step in steps if step.state == "finished"],
        data_set=data_set,
        cards=[_card(row, say) for row in rows],
        total=total,
        page=page,
        n_pages=n_pages,
        previous_url=answers_url(link, data_set, page - 1) if page > 1 else None,
        next_url=answers_url(link, data_set, page + 1) if page < n_pages else None,
    )


def _card(row: Mapping[str, Any], say: Catalogue) -> AnswerCard:
    value = row["score"]
    verdict = row["verdict"] or {}
    reason = str(verdict.get("reason", ""))
    return AnswerCard(
        data_set=str(row["data_set"]),
        item=visible(str(row["item"]), 120),
        prompt=_messages(str(row["prompt"]), say),
        raw=_text(row["raw"]),
        answer=_text(row["answer"]),
        gold=[_text(one) for one in row["gold"]],
        thinking=_text(row["thinking"]),
        error=_text(row["error"]),
        score="–" if value is None else score(float(value)),
        mark=mark(value),
        is_unreadable=bool(row["parse_failure"]),
        is_truncated=bool(row["truncated"]),
        is_code=row["data_set"] in code_sets(),
        verdict=say.known(f"answers.verdict_{reason}", reason) if reason else "",
        detail=_text(verdict.get("detail")),
    )


def _messages(prompt: str, say: Catalogue) -> list[tuple[str, str]]:
    """Take a prompt apart: chat messages are kept as JSON."""
    try:
        messages = orjson.loads(prompt)
    except orjson.JSONDecodeError:
        messages = None
    shaped = isinstance(messages, list) and all(
        isinstance(one, dict) and {"role", "content"} <= set(one) for one in messages
    )
    if not shaped or not messages:
        return [(say("answers.prompt"), _text(prompt))]
    return [
        (say.known(f"answers.role_{one['role']}", str(one["role"])), _text(one["content"]))
        for one in messages
    ]


def _text(text: object) -> str:
    written = "" if text is None else str(text)
    lines = written[:_LONGEST_TEXT].split("\n")
    return "\n".join(visible(line) for line in lines)
