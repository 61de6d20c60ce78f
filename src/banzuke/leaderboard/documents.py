"""The analyses that other rooms store as JSON documents, as the pages read them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)


class Document(BaseModel):
    """Values of a JSON document; what is not known of is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class LenientDocument(Document):
    """A document of parts: one that cannot be read counts as missing, the others are shown."""

    @field_validator("*", mode="wrap")
    @classmethod
    def _or_default(
        cls, value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo
    ) -> Any:
        field = cls.model_fields[str(info.field_name)]
        try:
            found = handler(value)
        except ValidationError:
            if field.is_required():
                raise
            return field.get_default(call_default_factory=True)
        if field.is_required() or cls.fits(str(info.field_name), found, info.data):
            return found
        return field.get_default(call_default_factory=True)

    @classmethod
    def fits(cls, name: str, value: Any, before: dict[str, Any]) -> bool:
        """Tell whether an optional part agrees with the parts before it."""
        return True


Matrix = list[list[float | None]]


class Components(Document):
    """Principal components: explained variance, loadings (components x benchmarks)."""

    explained_variance_ratio: list[float]
    explained_variance_ratio_lower: list[float] | None = None
    explained_variance_ratio_upper: list[float] | None = None
    loadings: list[list[float]]
    n_components_parallel_analysis: int | None = None

    @model_validator(mode="after")
    def _lengths_agree(self) -> Components:
        bounds = self.explained_variance_ratio_lower, self.explained_variance_ratio_upper
        n = len(self.explained_variance_ratio)
        if any(bound is not None and len(bound) != n for bound in bounds):
            raise ValueError("there must be a bound for each explained variance")
        return self


Count = Annotated[int, Field(ge=0, le=2**53)]
"""What JavaScript counts exactly."""


class Spread(Document):
    """Five-number summary of a benchmark in a group of models."""

    group: str
    benchmark: str
    n: Count
    minimum: float
    lower_quartile: float
    median: float
    upper_quartile: float
    maximum: float
    mean: float


class PairedShots(Document):
    """A benchmark without and with examples in the prompt, for the same models."""

    benchmark: str
    n_models: Count
    zero_shot: float
    few_shot: float
    difference: float
    lower: float
    upper: float
    p_value: float | None = None


class Description(LenientDocument):
    """Counts of models and spreads of scores; empty where they were not computed."""

    counts: dict[str, dict[str, Count]] = Field(default_factory=dict)
    spread: tuple[Spread, ...] = ()
    by_size: tuple[Spread, ...] = ()
    by_shots: tuple[Spread, ...] = ()
    averages: dict[str, list[Spread]] = Field(default_factory=dict)
    shots: tuple[PairedShots, ...] = ()


class CapabilitiesDocument(Document):
    """Correlations between benchmarks and their principal components.

    ``order`` lists the benchmarks so that similar ones stand side by side.
    """

    collection: str
    n_models: int
    benchmarks: list[str]
    correlation: Matrix
    correlation_lower: Matrix | None = None
    correlation_upper: Matrix | None = None
    order: list[int] | None = None
    notes: list[str] = []
    pca: Components

    @model_validator(mode="after")
    def _shapes_agree(self) -> CapabilitiesDocument:
        n = len(self.benchmarks)
        for matrix in (self.correlation, self.correlation_lower, self.correlation_upper):
            if matrix is not None and [len(row) for row in matrix] != [n] * n:
                raise ValueError("correlations must be benchmarks x benchmarks")
        if any(len(row) != n for row in self.pca.loadings):
            raise ValueError("loadings must be components x benchmarks")
        if self.order is not None and sorted(self.order) != list(range(n)):
            raise ValueError("order must name each benchmark once")
        return self

    @property
    def shown_order(self) -> list[int]:
        """Benchmarks in the order of the page."""
        return list(range(len(self.benchmarks))) if self.order is None else self.order
