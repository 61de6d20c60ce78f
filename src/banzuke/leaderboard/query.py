"""What a visitor asks of a board: the one set of query parameters for page, JSON and CSV."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

PAGE_SIZES = (50, 100, 200, 500)
DEFAULT_PAGE_SIZE = 100
SCORE_PREFIX = "score:"
CATEGORY_PREFIX = "category:"

_SORT_HELP = (
    "average, model, type, architecture, precision, license, params_b, score:BENCHMARK or "
    "category:CATEGORY. Cells that "
    "were not measured come after the measured ones unless predicted=1; missing ones last."
)


class BoardQuery(BaseModel):
    """Search, filters, order and page of a board.

    Empty values and unknown parameters are ignored; a value that cannot be understood is
    refused with a sentence. A page after the last one gives the last one.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    q: str = Field(
        "",
        max_length=1000,
        description="Text in the model's name; ';' separates alternatives; '@field:text' looks "
        "into a metadata field, such as @architecture:Llama.",
    )
    type: list[str] = Field(default=[], max_length=50, description="Model types to keep.")
    architecture: list[str] = Field(default=[], max_length=50, description="Architectures to keep.")
    precision: list[str] = Field(default=[], max_length=50, description="Precisions to keep.")
    license: list[str] = Field(default=[], max_length=50, description="Licences to keep.")
    size: list[str] = Field(
        default=[],
        max_length=10,
        description="Size bins to keep, in billions: -3, 3-7, 7-13, 13-35, 35-60, 60-, unknown.",
    )
    shots: list[str] = Field(
        default=[], max_length=20, description="Numbers of examples in the prompt to keep."
    )
    merged: list[str] = Field(
        default=[], max_length=3, description="yes, no or unknown: whether it is a merge."
    )
    moe: list[str] = Field(
        default=[], max_length=3, description="yes, no or unknown: whether it mixes experts."
    )
    flagged: list[str] = Field(
        default=[], max_length=3, description="yes, no or unknown: whether it was flagged."
    )
    size_min: float | None = Field(
        None, ge=0, le=1e9, description="Fewest parameters, in billions; leaves out unknown sizes."
    )
    size_max: float | None = Field(
        None, ge=0, le=1e9, description="Most parameters, in billions; leaves out unknown sizes."
    )
    sort: str = Field("average", max_length=500, description=_SORT_HELP)
    order: Literal["asc", "desc"] | None = Field(
        None, description="Default: desc for scores and sizes, asc for text."
    )
    predicted: bool = Field(
        False, description="1 lets predicted cells count in averages, ranks and order."
    )
    normalised: bool = Field(
        False, description="1 rescales scores so that guessing is 0 and all right is 1."
    )
    columns: list[str] = Field(
        default=[], max_length=200, description="Columns of the page; the usual ones without it."
    )
    density: Literal["compact", "wide"] | None = Field(
        None, description="Height of the rows of the page."
    )
    page: int = Field(1, ge=1, le=1_000_000, description="Page, from 1.")
    per_page: int | Literal["all"] = Field(
        DEFAULT_PAGE_SIZE, description="Rows on a page, 1 to 1000, or 'all'."
    )

    @model_validator(mode="before")
    @classmethod
    def _drop_blanks(cls, values: Any) -> Any:
        # an HTML form sends every field, the untouched ones empty
        if not isinstance(values, dict):
            return values
        filled = {
            key: [v for v in value if v != ""] if isinstance(value, list) else value
            for key, value in values.items()
        }
        return {key: value for key, value in filled.items() if value not in ("", [], None)}

    @field_validator("per_page")
    @classmethod
    def _page_size(cls, value: int | str) -> int | str:
        if isinstance(value, int) and not 1 <= value <= 1000:
            raise ValueError("per_page must be 1 to 1000, or 'all'")
        return value

    @property
    def descending(self) -> bool:
        """True where the highest comes first."""
        if self.order is None:
            return self.sort in ("average", "params_b") or self.sort.startswith(
                (SCORE_PREFIX, CATEGORY_PREFIX)
            )
        return self.order == "desc"

    def changed(self, **changes: Any) -> BoardQuery:
        """Return a copy with some values changed."""
        return self.model_copy(update=changes)

    def pairs(self) -> list[tuple[str, str]]:
        """Return the values that differ from the default, in one fixed order."""
        found = []
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if value == field.default:
                continue
            values = value if isinstance(value, list) else [value]
            found += [(name, _written(one)) for one in values]
        return found

    def url(self, base: str, **changes: Any) -> str:
        """Return an address that holds this state, with some values changed."""
        encoded = urlencode(self.changed(**changes).pairs())
        return f"{base}?{encoded}" if encoded else base


def _written(value: object) -> str:
    if isinstance(value, float):
        return str(value).removesuffix(".0")
    return "1" if value is True else str(value)
