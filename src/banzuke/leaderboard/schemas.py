"""What the API sends, for the OpenAPI page and for clients."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field


class BenchmarkScore(BaseModel):
    """What is known of one model on one benchmark; null where there is no value."""

    score: float | None = Field(description="The score that the page shows, 0 to 1.")
    status: Literal["measured", "predicted", "partial", "missing"]
    standard_error: float | None = Field(description="Of the mean over the items that were run.")
    coverage: float | None = Field(description="Share of the items that were run, 0 to 1.")
    lower: float | None = Field(description="Lower bound of the predicted score.")
    upper: float | None = Field(description="Upper bound of the predicted score.")


class ModelRow(BaseModel):
    """One model on one board. Also type, architecture and precision where the board has them."""

    rank: int | None = Field(
        description="1 is best, among models measured alike; null where the model has no average."
    )
    rank_lower: int | None = Field(
        description="Best rank that the data leave possible (95 %); null where that is unknown."
    )
    rank_upper: int | None = Field(description="Worst rank that the data leave possible (95 %).")
    tie_group: int | None = Field(
        description="From 1: models that the best one of the group is not significantly above."
    )
    model: str
    params_b: float | None = Field(description="Parameters in billions.")
    average: float | None = Field(description="Over all benchmarks; null where one is missing.")
    average_standard_error: float | None
    average_is_predicted: bool
    average_lower: float | None = Field(description="95 %, or that of the predictions.")
    average_upper: float | None
    scores: dict[str, BenchmarkScore]


class BoardRowsPage(BaseModel):
    """One page of a board."""

    board: str
    version: str
    benchmarks: list[str]
    total: int = Field(description="Models on the board.")
    matched: int = Field(description="Models that pass search and filters.")
    page: int
    n_pages: int
    rows: list[ModelRow]


class ModelDetail(ModelRow):
    """One model with all its metadata."""

    board: str
    metadata: dict[str, Any]


class BoardSummary(BaseModel):
    """A board and where to find it."""

    name: str
    n_models: int
    benchmarks: list[str]
    has_items: bool
    has_predictions: bool
    url: str


class BoardList(BaseModel):
    """All boards of this server."""

    boards: list[BoardSummary]


class FieldProblem(BaseModel):
    """What was wrong with one value."""

    field: str
    message: str


class Problem(BaseModel):
    """What was wrong with the request, as ``application/problem+json`` (RFC 9457)."""

    title: str = Field(description="The name of the status.")
    status: int
    detail: str = Field(description="One sentence: what is wrong, and what to do.")
    errors: list[FieldProblem] = Field(
        default=[], description="The values that were refused, where single values were."
    )
