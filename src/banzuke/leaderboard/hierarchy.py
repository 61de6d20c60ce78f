"""The document of a hierarchy of capabilities, with its audit, as the page reads it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from banzuke.leaderboard.documents import Count, Document, LenientDocument

Rows = list[list[float]]


class Said(Document):
    """Words by code and values; the catalogues hold them in each language."""

    code: str
    values: dict[str, str] = Field(default_factory=dict)


class SaidClaim(Document):
    """Claim and reasons by code."""

    claim: Said
    reasons: tuple[Said, ...] = ()


class Claim(Document):
    """One claim, and whether the data identify it.

    ``claim`` and ``reason`` are English; ``said`` is the same for every language, in what
    this version computes.
    """

    claim: str
    verdict: Literal["identified", "not identified"]
    probability: float | None = None
    reason: str = ""
    said: SaidClaim | None = None

    @property
    def is_identified(self) -> bool:
        """Whether the claim survives every check."""
        return self.verdict == "identified"


class Quantiles(Document):
    """Median and 90 % interval."""

    lower: float
    median: float
    upper: float


class OrderShare(Document):
    """An order of capabilities and the share of resamples that give it."""

    order: list[str]
    share: float


class Resamples(LenientDocument):
    """What comes back from resampled models or submitters.

    Intervals are (lower, upper) x domains x capabilities x capabilities or benchmarks.
    """

    n: Count | None = None
    order_probability: float | None = None
    orders: tuple[OrderShare, ...] = ()
    position_probability: list[float] | None = None
    edge_sign_probability: list[Rows] | None = None
    edge_interval: list[list[Rows]] | None = None
    intervention_interval: list[list[Rows]] | None = None
    mic: Quantiles | None = None


class Simulation(LenientDocument):
    """Data drawn from the fit."""

    order_recovered: float | None = None


class Null(LenientDocument):
    """Fits where there is nothing to find."""

    mic: Quantiles | None = None


class OrderLikelihood(Document):
    """Log-likelihood of an order, below the best one."""

    order: list[str]
    below_best: float


class Likelihood(LenientDocument):
    """All orders compared by likelihood."""

    orders: tuple[OrderLikelihood, ...] = ()
    gain: float | None = None
    p_value_rival: float | None = None


class Starts(LenientDocument):
    """Independent components by another contrast, from several starts."""

    order_share: float | None = None
    most_common: tuple[str, ...] = ()


class Halves(LenientDocument):
    """Fits on one half of the models and on the other."""

    orders_agree: float | None = None


class Variant(Document):
    """The fit on another choice of data."""

    name: str
    n_models: Count | None = None
    order: list[str]
    same_order: bool | None = None
    mic: float | None = None


class Audit(LenientDocument):
    """Everything that was tried against the fit."""

    rows: Resamples = Resamples()
    submitters: Resamples | None = None
    simulation: Simulation = Simulation()
    label_shuffle: Null = Null()
    rotation_p_value: float | None = None
    likelihood: Likelihood = Likelihood()
    starts: dict[str, Starts] = Field(default_factory=dict)
    variants: tuple[Variant, ...] = ()
    held_out: Halves = Halves()
    gaussian_sources: tuple[str, ...] = ()
    duplicate_share: float | None = None


class SubsetMic(Document):
    """Maximum inexactness over another set of base models."""

    domains: list[str]
    mic: float


class Mic(LenientDocument):
    """Maximum inexactness of the fit and of other sets of base models."""

    chosen: float | None = None
    exact_search: bool | None = None
    subsets: tuple[SubsetMic, ...] = ()


class HierarchyDocument(LenientDocument):
    """A causal order of capabilities over base models, with its audit and verdict.

    ``order`` names each capability after the benchmark that stands for it. ``edges`` are
    capabilities x capabilities (to, from), ``interventions`` capabilities x benchmarks:
    the expected change where one capability rises by one point.
    """

    order: Annotated[list[str], Field(min_length=1)]
    benchmarks: Annotated[list[str], Field(min_length=1)]
    domains: Annotated[list[str], Field(min_length=1)]
    verdict: tuple[Claim, ...] = ()
    n_models: dict[str, Count] = Field(default_factory=dict)
    labels: dict[str, dict[str, Count]] = Field(default_factory=dict)
    inexactness: dict[str, float] = Field(default_factory=dict)
    mic: Mic = Mic()
    alignment: Rows | None = None
    unmixing: Rows | None = None
    edges: dict[str, Rows] = Field(default_factory=dict)
    interventions: dict[str, Rows] = Field(default_factory=dict)
    audit: Audit = Audit()
    notes: tuple[str, ...] = ()

    @classmethod
    def fits(cls, name: str, value: Any, before: dict[str, Any]) -> bool:
        """Tell whether the matrices of a part have a row and a column for each name."""
        rows, columns = len(before.get("order", ())), len(before.get("benchmarks", ()))
        if name in ("alignment", "unmixing"):
            return value is None or has_shape(value, rows, columns)
        if name in ("edges", "interventions"):
            width = rows if name == "edges" else columns
            return all(has_shape(matrix, rows, width) for matrix in value.values())
        return True


def has_shape(value: Any, *shape: int) -> bool:
    """Tell whether nested lists have a shape.

    Examples
    --------
    >>> has_shape([[1, 2], [3]], 2, 2)
    False
    """
    if not shape:
        return True
    return len(value) == shape[0] and all(has_shape(part, *shape[1:]) for part in value)
