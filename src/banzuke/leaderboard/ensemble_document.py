"""The document of a collection's best sets of models by budget, as the page reads it."""

from __future__ import annotations

from typing import Any

from banzuke.leaderboard.documents import Document, LenientDocument


class SingleModel(Document):
    """The best model by itself."""

    model: str
    accuracy: float


class Comparison(Document):
    """A paired difference in accuracy with its 95 % interval and p value."""

    difference: float
    lower: float
    upper: float
    p: float

    @property
    def is_clear(self) -> bool:
        """Whether the difference is significant at 5 %."""
        return self.p < 0.05


class EnsembleStep(Document):
    """The ensemble of k models."""

    k: int
    models: list[str]
    accuracy: float
    lower: float | None = None
    upper: float | None = None
    information: float | None = None
    aggregator: str | None = None
    cost: float | None = None
    best_single: Comparison | None = None
    top_k: Comparison | None = None


class Member(Document):
    """A model of some set, by itself; with the price of an answer where prices were given."""

    model: str
    accuracy: float
    lower: float
    upper: float
    price: float | None = None
    predicted: bool = False


class AllWrong(Document):
    """How often all of the most accurate models are wrong, observed and by a copula."""

    n_models: int
    observed: float
    lower: float
    upper: float
    fitted: float


class Expected(Document):
    """Accuracy that the copula expects from so many of the most accurate models."""

    n_models: int
    accuracy: float


class ErrorCorrelations(Document):
    """Latent correlations of errors (models x models), models that err alike side by side."""

    models: list[str]
    matrix: list[list[float]]

    @property
    def is_square(self) -> bool:
        """Whether each pair of models has a value."""
        n = len(self.models)
        return len(self.matrix) == n and all(len(row) == n for row in self.matrix)


class EnsembleDocument(LenientDocument):
    """Ensembles of growing size, chosen on training items and measured on test items."""

    collection: str
    n_train: int
    n_test: int
    method: str
    aggregator: str
    best_single: SingleModel
    path: list[EnsembleStep]
    of: str | None = None
    benchmark: str | None = None
    excluded: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    predicted: frozenset[str] = frozenset()
    frontier: tuple[EnsembleStep, ...] = ()
    members: tuple[Member, ...] = ()
    all_wrong: tuple[AllWrong, ...] = ()
    saturation: tuple[Expected, ...] = ()
    error_correlations: ErrorCorrelations | None = None

    @classmethod
    def fits(cls, name: str, value: Any, before: dict[str, Any]) -> bool:
        """Tell whether prices are there where they are drawn, and the matrix is square."""
        if name == "frontier":
            return all(step.cost is not None for step in value)
        return name != "error_correlations" or value is None or value.is_square

    @property
    def chosen_step(self) -> EnsembleStep | None:
        """The step whose models were chosen."""
        found = (step for step in self.path if set(step.models) == set(self.chosen))
        return next(found, None)
