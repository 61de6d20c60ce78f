"""What goes in and out of the service: submissions, their events and their progress."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Precision = Literal[
    "bfloat16", "float16", "float32", "fp8", "int8", "int4", "gptq", "awq", "gguf", "unknown"
]
ModelType = Literal[
    "pretrained",
    "continuously pretrained",
    "fine-tuned",
    "chat",
    "merge",
    "multimodal",
    "other",
]
PromptStyle = Literal["chat", "base"]


class State(StrEnum):
    """Where a submission stands."""

    PENDING = "pending"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


UNFINISHED = (State.PENDING, State.RUNNING)


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it holds a line break or a control character")
    return text


Line = Annotated[str, AfterValidator(_one_line)]
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,95}(/[A-Za-z0-9][A-Za-z0-9._+:-]{0,95})?$"


class SubmissionRequest(BaseModel):
    """What somebody asks to be evaluated."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False
    )

    model: Annotated[str, Field(pattern=_NAME, examples=["llm-jp/llm-jp-3-13b-instruct"])]
    """Name of the model: ``organization/name``."""
    endpoint: Annotated[Line | None, Field(max_length=500)] = None
    """OpenAI-compatible server that serves the model; None where the operator runs it."""
    revision: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$")] = "main"
    precision: Precision = "bfloat16"
    type: ModelType = "other"
    architecture: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_]{1,80}$")] = None
    params_b: Annotated[float | None, Field(gt=0, le=100_000)] = None
    """Billions of parameters."""
    base_model: Annotated[str | None, Field(pattern=_NAME)] = None
    license: Annotated[Line | None, Field(max_length=80)] = None
    shots: Annotated[int, Field(ge=0, le=64)] = 0
    """Solved examples in each prompt."""
    prompt_style: PromptStyle = "chat"
    suite: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")] = None
    """What is asked; None is the board's own suite."""
    contact: Annotated[Line | None, Field(max_length=200)] = None
    """Shown to operators only."""

    @model_validator(mode="before")
    @classmethod
    def _accept_spellings(cls, value: Any) -> Any:
        """Read ``licence`` as ``license``, and empty fields of a form as not given."""
        if not isinstance(value, dict):
            return value
        given = {
            key: item
            for key, item in value.items()
            if not (isinstance(item, str) and not item.strip() and key != "model")
        }
        if "licence" in given and "license" not in given:
            given["license"] = given.pop("licence")
        return given


class StepProgress(BaseModel):
    """How far one data set of a submission is."""

    model_config = ConfigDict(frozen=True)

    data_set: str
    position: int
    state: Literal["pending", "running", "finished"]
    n_items: int
    n_done: int
    n_unreadable: int
    """Answers in which no answer could be found."""
    score: float | None
    """Mean of the items that have a score of their own, 0 to 1; None where none has one."""
    started_at: datetime | None
    finished_at: datetime | None
    last_lines: tuple[str, ...]
    """The newest log lines of this data set."""


class SubmissionEvent(BaseModel):
    """One change of a submission."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    before: State | None
    after: State
    actor: str
    """Who did it: ``submitter:NAME``, ``operator:NAME``, ``worker:NAME``."""
    reason: str | None
    run: int
    """Which evaluation of the submission: 1, 2, ... after each re-run."""


class Submission(BaseModel):
    """A submission as it stands."""

    model_config = ConfigDict(frozen=True)

    id: str
    request: SubmissionRequest
    state: State
    reason: str | None
    """Why it failed or was withdrawn."""
    submitter: str
    created_at: datetime
    updated_at: datetime
    run: int
    started_at: datetime | None
    finished_at: datetime | None
    worker: str | None
    """Who evaluates it now."""
    n_items: int
    n_done: int
    board: str | None
    """Collection that shows the results, once finished."""


class SubmissionPage(BaseModel):
    """Some of the submissions, newest first."""

    model_config = ConfigDict(frozen=True)

    submissions: tuple[Submission, ...]
    total: int
    page: int
    page_size: int
