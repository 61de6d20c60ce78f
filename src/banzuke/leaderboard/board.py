"""A board: models x benchmarks, each cell measured, predicted, measured in part, or missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from banzuke.leaderboard import ranking
from banzuke.leaderboard.filters import count_values, filter_values
from banzuke.leaderboard.links import model_key
from banzuke.leaderboard.standings import Standings
from banzuke.outcomes import Outcomes, aggregate

FULL_COVERAGE = 0.95
"""A model counts as measured on a benchmark from this share of its items on."""

MOST_COLUMNS = 60
"""Collections without a benchmark column and with more items than this become one benchmark."""

FACETS = ("type", "architecture", "precision", "license")
"""Filters that are columns of the table too; a board shows those that its models have."""


class Status(IntEnum):
    """What a cell shows; the order is how much is known."""

    MISSING = 0
    PARTIAL = 1
    PREDICTED = 2
    MEASURED = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Board:
    """Everything that pages and API show of one collection; never changed after it is built.

    All matrices have shape (n_models, n_benchmarks) and NaN where there is no value.

    Attributes
    ----------
    name, version : str
        Collection and its version in the lake.
    models : polars.DataFrame
        One row a model, metadata as in `Outcomes.models`.
    benchmarks : tuple of str
    n_items : tuple of int
        Items of each benchmark; 0 where only the benchmark's score is known.
    chance : numpy.ndarray of shape (n_benchmarks,)
        Score of guessing, 0 to 1; NaN where unknown.
    averaged : numpy.ndarray of bool, shape (n_benchmarks,)
        True where the benchmark counts in the average (item column ``averaged``).
    category_of : tuple of str
        Category of each benchmark (item column ``category``); empty where it has none.
    measured, standard_error, coverage : numpy.ndarray
        Mean over the items that were run, its standard error, and the share that was run.
    predicted, lower, upper : numpy.ndarray
        Predicted mean over the whole benchmark, with its interval.
    outcomes : Outcomes or None
        The items, where the collection has them.
    provenance, prediction : mapping
        Where the results and the predictions come from.
    """

    name: str
    version: str
    models: pl.DataFrame
    benchmarks: tuple[str, ...]
    n_items: tuple[int, ...]
    chance: np.ndarray
    averaged: np.ndarray
    category_of: tuple[str, ...]
    measured: np.ndarray
    standard_error: np.ndarray
    coverage: np.ndarray
    predicted: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    outcomes: Outcomes | None
    provenance: Mapping[str, Any]
    prediction: Mapping[str, Any]

    @cached_property
    def model_names(self) -> list[str]:
        """Names of the models, in row order."""
        return self.models["model"].to_list()

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """Row of each model's name."""
        return {name: row for row, name in enumerate(self.model_names)}

    @cached_property
    def rows_by_key(self) -> Mapping[str, int]:
        """Row of each model's key (see `links.model_key`)."""
        return {model_key(name): row for name, row in self.rows.items()}

    @cached_property
    def status(self) -> np.ndarray:
        """`Status` of each cell; int8."""
        status = np.full(self.measured.shape, Status.MISSING, np.int8)
        status[~np.isnan(self.measured)] = Status.PARTIAL
        status[~np.isnan(self.predicted)] = Status.PREDICTED
        status[~np.isnan(self.measured) & (self.coverage >= FULL_COVERAGE)] = Status.MEASURED
        return status

    @cached_property
    def scores(self) -> np.ndarray:
        """The score that each cell shows."""
        return np.where(self.status == Status.PREDICTED, self.predicted, self.measured)

    @cached_property
    def is_measured(self) -> np.ndarray:
        """True where a cell shows a measured score."""
        measured: np.ndarray = self.status == Status.MEASURED
        return measured

    @cached_property
    def is_predicted(self) -> np.ndarray:
        """True where a cell shows a predicted score."""
        predicted: np.ndarray = self.status == Status.PREDICTED
        return predicted

    @cached_property
    def standings(self) -> Standings:
        """Averages over any benchmarks, with ranks and rank intervals."""
        return Standings(self)

    def standing(self, *, predicted: bool = False, normalised: bool = False) -> ranking.Averages:
        """Return the averages over the averaged benchmarks, ranked."""
        columns = np.flatnonzero(self.averaged).tolist()
        return self.standings.of(columns, predicted=predicted, normalised=normalised)

    @property
    def averages(self) -> tuple[ranking.Averages, ranking.Averages]:
        """Averages and ranks: over measured cells only, and with predicted ones."""
        return self.standing(predicted=False), self.standing(predicted=True)

    @cached_property
    def benchmark_ranks(self) -> np.ndarray:
        """Rank among the models that were measured, for each benchmark; 0 where not ranked."""
        columns = [self.standings.of((j,)).rank for j in range(len(self.benchmarks))]
        return np.array(columns, dtype=np.int64).reshape(self.measured.shape[::-1]).T

    @property
    def has_chance(self) -> bool:
        """Whether scores can be rescaled so that guessing is zero."""
        return bool(((self.chance > 0) & (self.chance < 1)).any())

    @cached_property
    def facets(self) -> Mapping[str, pl.Series]:
        """Values of each facet that is a column of the table, in row order."""
        return {name: self.filters[name] for name in FACETS if name in self.filters}

    @cached_property
    def filters(self) -> Mapping[str, pl.Series]:
        """Values of each filter that at least one model has, in row order."""
        return filter_values(self.models, self.params_b)

    @cached_property
    def filter_counts(self) -> Mapping[str, list[tuple[str, int]]]:
        """Value and number of models for each filter, most frequent first."""
        return {name: count_values(name, values) for name, values in self.filters.items()}

    @cached_property
    def categories(self) -> Mapping[str, tuple[int, ...]]:
        """Columns of each category of benchmarks; empty where they are not grouped."""
        found: dict[str, list[int]] = {}
        for column, name in enumerate(self.category_of):
            found.setdefault(name, []).append(column)
        grouped = 1 < len(found) < len(self.benchmarks)
        return {name: tuple(columns) for name, columns in found.items()} if grouped else {}

    @cached_property
    def children(self) -> Mapping[str, list[str]]:
        """Models whose ``base_models`` name a model, by that model's name."""
        found: dict[str, list[str]] = {}
        if self.models.schema.get("base_models") != pl.List(pl.String):
            return found
        for name, parents in self.models.select("model", "base_models").rows():
            for parent in parents or []:
                found.setdefault(parent, []).append(name)
        return found

    @cached_property
    def params_b(self) -> np.ndarray:
        """Size in billions of parameters; NaN where unknown."""
        if "params_b" not in self.models.columns:
            return np.full(self.models.height, np.nan)
        return self.models["params_b"].cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()


def build_board(
    name: str, outcomes: Outcomes, predictions: Outcomes | None = None, *, version: str = ""
) -> Board:
    """Build a board from a collection and its predictions.

    Parameters
    ----------
    name : str
    outcomes : Outcomes
        Items with a ``benchmark`` are averaged; where each item has a benchmark of its own
        (or there is no such column) the scores are shown as they are.
    predictions : Outcomes, optional
        Models x benchmarks with layers ``lower`` and ``upper``; models and benchmarks that
        the collection does not have are left out.
    version : str

    Returns
    -------
    Board
    """
    itemised = _with_benchmarks(name, outcomes)
    table = aggregate(itemised) if itemised is not None else outcomes
    nothing = np.full(table.shape, np.nan, np.float32)
    coverage = table.layers.get("coverage", table.observed.astype(np.float32))
    predicted, lower, upper = _aligned(table, predictions)
    return Board(
        name=name,
        version=version,
        models=table.models,
        benchmarks=tuple(table.item_ids),
        n_items=_counts(table),
        chance=_item_mean(table, itemised, "chance"),
        averaged=_item_mean(table, itemised, "averaged") != 0,
        category_of=_categories(table, itemised),
        measured=table.scores,
        standard_error=table.layers.get("standard_error", nothing),
        coverage=coverage,
        predicted=predicted,
        lower=lower,
        upper=upper,
        outcomes=itemised,
        provenance=outcomes.provenance,
        prediction=predictions.provenance if predictions is not None else {},
    )


def _with_benchmarks(name: str, outcomes: Outcomes) -> Outcomes | None:
    """Return the items with a benchmark each, or None where they are benchmarks themselves."""
    if "benchmark" in outcomes.items.columns:
        named = outcomes.items["benchmark"].drop_nulls()
        return outcomes if named.n_unique() < outcomes.n_items else None
    if outcomes.n_items <= MOST_COLUMNS:
        return None
    return outcomes.replace(items=outcomes.items.with_columns(benchmark=pl.lit(name)))


def _counts(table: Outcomes) -> tuple[int, ...]:
    if "n_items" not in table.items.columns:
        return (0,) * table.n_items
    return tuple(int(n or 0) for n in table.items["n_items"].to_list())


def _item_mean(table: Outcomes, itemised: Outcomes | None, column: str) -> np.ndarray:
    """Average a column of item metadata over each benchmark; NaN where it is not known."""
    source = itemised if itemised is not None else table
    if column not in source.items.columns:
        return np.full(table.n_items, np.nan)
    key = "benchmark" if itemised is not None else "item_id"
    values = pl.col(column).cast(pl.Float64, strict=False)
    means = source.items.group_by(pl.col(key).cast(pl.String).fill_null("(none)")).agg(
        values.mean()
    )
    known = dict(means.select(key, column).rows())
    return np.array([np.nan if known[b] is None else known[b] for b in table.item_ids], float)


def _categories(table: Outcomes, itemised: Outcomes | None) -> tuple[str, ...]:
    source = itemised if itemised is not None else table
    if "category" not in source.items.columns:
        return ("",) * table.n_items
    key = "benchmark" if itemised is not None else "item_id"
    rows = source.items.select(
        pl.col(key).cast(pl.String).fill_null("(none)"), pl.col("category").cast(pl.String)
    ).rows()
    known: dict[str, str | None] = {}
    for name, category in rows:
        known.setdefault(name, category)
    return tuple(known.get(name) or "" for name in table.item_ids)


def _aligned(table: Outcomes, predictions: Outcomes | None) -> tuple[np.ndarray, ...]:
    """Bring predicted means, lower and upper bounds into the order of the table."""
    found = [np.full(table.shape, np.nan, np.float32) for _ in range(3)]
    if predictions is None:
        return tuple(found)
    models = [m for m in predictions.model_names if m in table.model_index]
    items = [b for b in predictions.item_ids if b in table.item_index]
    target = np.ix_([table.model_index[m] for m in models], [table.item_index[b] for b in items])
    source = np.ix_(
        [predictions.model_index[m] for m in models], [predictions.item_index[b] for b in items]
    )
    layers = predictions.layers
    values = predictions.scores, layers.get("lower"), layers.get("upper")
    for matrix, given in zip(found, values, strict=True):
        if given is not None and models and items:
            matrix[target] = given[source]
    return tuple(found)
