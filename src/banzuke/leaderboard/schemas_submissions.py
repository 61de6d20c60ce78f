"""What the API takes and sends about submissions and flags."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

StateName = Literal["pending", "running", "finished", "failed", "withdrawn"]
FlagStateName = Literal["open", "upheld", "rejected"]
FlagVerdict = Literal["upheld", "rejected"]


class SubmissionInfo(BaseModel):
    """A submission as it stands."""

    id: str
    state: StateName
    reason: str | None = Field(description="Why it failed or was withdrawn.")
    model: str
    endpoint: str | None = Field(description="Server that serves the model; null: the operator's.")
    revision: str
    precision: str
    type: str
    architecture: str | None
    params_b: float | None = Field(description="Parameters in billions.")
    base_model: str | None
    license: str | None
    shots: int
    prompt_style: str
    suite: str | None
    contact: str | None = Field(description="Told to its submitter and to operators only.")
    submitter: str
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    run: int = Field(description="1, and one more for each re-run.")
    n_items: int = Field(description="Questions in all; 0 before it starts.")
    n_done: int = Field(description="Questions answered so far.")
    board: str | None = Field(description="Board with the results, once finished.")
    url: str = Field(description="Its page on this server.")


class SubmissionsPage(BaseModel):
    """Some of the submissions, newest first."""

    total: int = Field(description="Submissions that match.")
    page: int
    n_pages: int
    counts: dict[str, int] = Field(description="Submissions on this server by state.")
    submissions: list[SubmissionInfo]


class StepInfo(BaseModel):
    """How far one data set of a submission is."""

    data_set: str
    state: Literal["pending", "running", "finished"]
    n_items: int
    n_done: int
    n_unreadable: int = Field(description="Answers in which no answer could be found.")
    score: float | None = Field(
        description="Mean of the questions scored so far, 0 to 1; null where answers have no score "
        "of their own, as in a correlation."
    )
    started_at: datetime | None
    finished_at: datetime | None
    last_lines: list[str] = Field(description="The newest lines of its log.")


class StepList(BaseModel):
    """The data sets of a submission, in order."""

    submission: str
    run: int
    steps: list[StepInfo]


class EventInfo(BaseModel):
    """One change of a submission."""

    at: datetime
    before: StateName | None
    after: StateName
    actor: str = Field(description="submitter:NAME, operator:NAME or worker:NAME.")
    reason: str | None
    run: int


class EventList(BaseModel):
    """Every change of a submission, oldest first."""

    submission: str
    events: list[EventInfo]


class AnsweredItem(BaseModel):
    """One question of a submission, with what the model answered."""

    data_set: str
    item: str
    at: datetime = Field(description="When it was answered.")
    prompt: str = Field(description="What was sent; chat messages as JSON.")
    raw: str = Field(description="What came back, whole.")
    answer: str = Field(description="The part that was scored.")
    gold: list[str] = Field(description="Right answers, any of which counts.")
    thinking: str | None
    score: float | None = Field(
        description="0 to 1; null where an answer has no score of its own, as in a correlation."
    )
    verdict: dict[str, str] | None = Field(
        None, description="Of a program that was run: reason and detail, as its tests found."
    )
    parse_failure: bool = Field(description="No answer could be found in what came back.")
    truncated: bool = Field(description="It was cut off at the longest length.")
    finish_reason: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    latency_seconds: float | None


class ItemsPage(BaseModel):
    """Some of the questions of a submission."""

    submission: str
    run: int
    total: int = Field(description="Questions that match.")
    page: int
    n_pages: int
    items: list[AnsweredItem]


class Change(BaseModel):
    """Why a submission is withdrawn or evaluated again."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: Annotated[str, Field(max_length=2000)] | None = Field(
        default=None, description="Kept in its history, for all to read."
    )


class FlagInfo(BaseModel):
    """A doubt about a model on a board, and the operator's answer."""

    id: str
    board: str
    model: str
    reason: str
    link: str | None
    reporter: str
    state: FlagStateName
    answer: str | None
    operator: str | None
    created_at: datetime
    answered_at: datetime | None


class FlagList(BaseModel):
    """Flags, newest first."""

    flags: list[FlagInfo]


class FlagAnswer(BaseModel):
    """What the operator says to a flag."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    state: FlagVerdict = Field(description="An upheld flag marks the model on the board.")
    answer: Annotated[str, Field(min_length=1, max_length=4000)]


class WhoAmI(BaseModel):
    """Whose token it is."""

    name: str
    role: Literal["submitter", "operator"]
