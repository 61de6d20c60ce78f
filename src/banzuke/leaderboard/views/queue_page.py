"""The queue: submissions by state, newest first, with how far they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, model_validator

from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.service.schemas import State, Submission, SubmissionPage

SUBMISSIONS_ON_A_PAGE = 50


class QueueQuery(BaseModel):
    """Which submissions to list; empty values are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    state: State | None = None
    model: str | None = Field(None, max_length=200)
    submitter: str | None = Field(None, max_length=200)
    page: int = Field(1, ge=1, le=1_000_000)

    @model_validator(mode="before")
    @classmethod
    def _drop_blanks(cls, values: object) -> object:
        return {k: v for k, v in values.items() if v != ""} if isinstance(values, dict) else values

    def url(self, **changes: object) -> str:
        """Return the address of the same list with changes."""
        values = {**self.model_dump(mode="json"), "page": None, **changes}
        kept = {name: value for name, value in values.items() if value}
        return f"/submissions?{urlencode(kept)}" if kept else "/submissions"


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A time: for programs, and for people."""

    machine: str
    shown: str


def moment(at: datetime | None) -> Moment | None:
    """Return a time as pages show it: UTC, to the second."""
    if at is None:
        return None
    return Moment(machine=at.isoformat(timespec="seconds"), shown=f"{at:%Y-%m-%d %H:%M:%S} UTC")


@dataclass(frozen=True, kw_only=True)
class QueueLine:
    """One submission."""

    url: str
    model: str
    settings: str
    state: str
    state_name: str
    submitter: str
    submitted: Moment | None
    n_done: int
    n_items: int


@dataclass(frozen=True, kw_only=True)
class QueuePage:
    """Context of ``submissions.html``; it asks itself again while something is under way."""

    title: str
    url: str
    states: list[tuple[str, str, int, bool]]
    lines: list[QueueLine]
    model: str | None
    submitter: str | None
    total: int
    is_live: bool
    page: int
    n_pages: int
    previous_url: str | None
    next_url: str | None


def queue_page(
    found: SubmissionPage, counts: dict[State, int], query: QueueQuery, say: Catalogue
) -> QueuePage:
    """Compute one page of the queue."""
    n_pages = max(1, -(-found.total // SUBMISSIONS_ON_A_PAGE))
    states = [
        (query.url(state=None), say("submissions.all"), sum(counts.values()), not query.state)
    ]
    for state, n in counts.items():
        name = say(f"submissions.state_{state.value}")
        states.append((query.url(state=state.value), name, n, query.state is state))
    return QueuePage(
        title=say("submissions.title"),
        url=query.url(page=query.page if query.page > 1 else None),
        states=states,
        lines=[_line(one, say) for one in found.submissions],
        model=query.model,
        submitter=query.submitter,
        total=found.total,
        is_live=bool(counts[State.PENDING] + counts[State.RUNNING]),
        page=query.page,
        n_pages=n_pages,
        previous_url=query.url(page=query.page - 1) if query.page > 1 else None,
        next_url=query.url(page=query.page + 1) if query.page < n_pages else None,
    )


def _line(submission: Submission, say: Catalogue) -> QueueLine:
    asked = submission.request
    settings = [asked.revision, asked.precision, asked.suite or ""]
    settings.append(say("submissions.n_shots", n=asked.shots))
    settings.append(say(f"submit.style_{asked.prompt_style}"))
    return QueueLine(
        url=f"/submissions/{submission.id}",
        model=asked.model,
        settings=" · ".join(one for one in settings if one),
        state=submission.state.value,
        state_name=say(f"submissions.state_{submission.state.value}"),
        submitter=submission.submitter,
        submitted=moment(submission.created_at),
        n_done=submission.n_done,
        n_items=submission.n_items,
    )
