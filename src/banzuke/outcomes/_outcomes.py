"""Outcomes: what each model scored on each item, with the metadata that belongs to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl

from banzuke.outcomes import _check
from banzuke.outcomes._check import ITEM, MODEL
from banzuke.outcomes._select import Selector, positions


@dataclass(frozen=True, eq=False, repr=False)
class Outcomes:
    """Scores of models on items, with aligned metadata (frozen; checked once, at birth).

    An item is a question, or a whole benchmark where only benchmark-level scores are
    known. Selecting gives a new Outcomes in which scores, layers and frames stay aligned.

    Parameters
    ----------
    scores : array-like of shape (n_models, n_items)
        Scores in [0, 1], higher is better; NaN where the model was not evaluated.
        Stored as float32.
    models : polars.DataFrame or sequence of str
        One row a model: column ``model`` (unique text) and any metadata. See
        `banzuke.outcomes.standardise_models` for the names in use.
    items : polars.DataFrame or sequence of str
        One row an item: column ``item_id`` (unique text) and any metadata, such as
        ``benchmark``, ``task``, ``text``, ``choices``, ``label``.
    layers : mapping of str to array-like of shape (n_models, n_items), optional
        More values for each cell: numbers (stored as float32, NaN missing) such as
        ``confidence``, or text (None missing, ``""`` answered but unparsed) such as ``answer``.
    provenance : mapping, optional
        Where the results come from; plain JSON values.

    Raises
    ------
    InvalidOutcomesError
        Where shapes disagree, a name is missing or double, or a score is out of range.

    Examples
    --------
    >>> outcomes = Outcomes([[1, 0], [1, float("nan")]], ["a", "b"], ["q1", "q2"])
    >>> outcomes.shape, outcomes.select(models="a").scores.tolist()
    ((2, 2), [[1.0, 0.0]])
    """

    scores: np.ndarray
    models: pl.DataFrame
    items: pl.DataFrame
    layers: Mapping[str, np.ndarray] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __init__(
        self,
        scores: Any,
        models: pl.DataFrame | Sequence[str],
        items: pl.DataFrame | Sequence[str],
        *,
        layers: Mapping[str, Any] | None = None,
        provenance: Mapping[str, Any] | None = None,
    ) -> None:
        store = object.__setattr__
        store(self, "models", _check.frame(models, MODEL, "model"))
        store(self, "items", _check.frame(items, ITEM, "item"))
        store(self, "scores", _check.scores(scores, self.models, self.items))
        checked = _check.layers(layers or {}, self.shape)
        store(self, "layers", MappingProxyType(checked))
        store(self, "provenance", MappingProxyType(dict(provenance or {})))

    def __reduce__(self) -> tuple[Any, ...]:
        # views of mappings cannot be pickled; what is made anew is checked and frozen again
        more = partial(Outcomes, layers=dict(self.layers), provenance=dict(self.provenance))
        return more, (self.scores, self.models, self.items)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of models and number of items."""
        return self.models.height, self.items.height

    @property
    def n_models(self) -> int:
        """Number of models (rows)."""
        return self.models.height

    @property
    def n_items(self) -> int:
        """Number of items (columns)."""
        return self.items.height

    @cached_property
    def model_names(self) -> list[str]:
        """Names of the models, in row order."""
        return self.models[MODEL].to_list()

    @cached_property
    def item_ids(self) -> list[str]:
        """Names of the items, in column order."""
        return self.items[ITEM].to_list()

    @cached_property
    def model_index(self) -> Mapping[str, int]:
        """Row of each model's name."""
        return {name: row for row, name in enumerate(self.model_names)}

    @cached_property
    def item_index(self) -> Mapping[str, int]:
        """Column of each item's name."""
        return {name: column for column, name in enumerate(self.item_ids)}

    @cached_property
    def observed(self) -> np.ndarray:
        """True where a model was evaluated; bool, shape (n_models, n_items)."""
        return _check.read_only(~np.isnan(self.scores))

    @property
    def benchmarks(self) -> list[str]:
        """Benchmarks of the items in order of appearance (the items themselves without any)."""
        if "benchmark" not in self.items.columns:
            return self.item_ids
        return self.items["benchmark"].unique(maintain_order=True).drop_nulls().to_list()

    def select(self, models: Selector | None = None, items: Selector | None = None) -> Outcomes:
        """Keep some models and items; everything stays aligned.

        Parameters
        ----------
        models, items : selector, optional
            A name, names, positions, a boolean mask, a slice, or a polars expression on
            the metadata; the order of names and positions is kept. None keeps all.

        Returns
        -------
        Outcomes

        Raises
        ------
        NotFoundError
            Where a name does not exist.
        InvalidInputError
            Where a mask has the wrong length or a position is out of range.

        Examples
        --------
        >>> frame = pl.DataFrame({"model": ["a", "b"], "params_b": [7.0, 70.0]})
        >>> outcomes = Outcomes([[1], [0]], frame, ["q1"])
        >>> outcomes.select(models=pl.col("params_b") > 10).model_names
        ['b']
        """
        rows = positions(models, self.models, self.model_index, "model")
        columns = positions(items, self.items, self.item_index, "item")
        grid = np.ix_(rows, columns)
        return self.replace(
            scores=self.scores[grid],
            models=self.models[rows],
            items=self.items[columns],
            layers={name: values[grid] for name, values in self.layers.items()},
        )

    def __getitem__(self, key: Any) -> Outcomes:
        """Select by ``outcomes[models]`` or ``outcomes[models, items]``."""
        models, items = key if isinstance(key, tuple) else (key, None)
        whole = slice(None)
        return self.select(
            None if isinstance(models, slice) and models == whole else models,
            None if isinstance(items, slice) and items == whole else items,
        )

    def replace(self, **changes: Any) -> Outcomes:
        """Return a copy with some parts (scores, models, items, layers, provenance) changed."""
        parts: dict[str, Any] = {
            "scores": self.scores,
            "models": self.models,
            "items": self.items,
            "layers": self.layers,
            "provenance": self.provenance,
        }
        return Outcomes(**{**parts, **changes})

    def __repr__(self) -> str:
        filled = f"{self.observed.mean():.1%} filled" if self.scores.size else "empty"
        extra = f", layers: {', '.join(self.layers)}" if self.layers else ""
        return f"Outcomes({self.n_models} models x {self.n_items} items, {filled}{extra})"
