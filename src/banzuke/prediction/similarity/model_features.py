"""Models as vectors: what their cards say, one column for each thing."""

from __future__ import annotations

from collections import Counter
from typing import Self

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from banzuke.prediction.similarity.models import (
    labels_of,
    log_sizes,
    organizations,
    short_names,
    years,
)
from banzuke.prediction.similarity.outcome_columns import numbers_of, refuse_outcomes
from banzuke.prediction.similarity.tags import tag_sets
from banzuke.prediction.similarity.text import TextFeatures

__all__ = ["ModelFeatures"]


class ModelFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Numbers and indicators of each model, for learners that take a table.

    Columns: ``log_params`` (natural logarithm of billions of parameters, from the card or the
    name), ``year`` of creation, an indicator for each architecture, type, purpose, organisation
    and tag that enough models share, components of the name's character n-grams, and further
    numeric columns of the frame.

    Parameters
    ----------
    columns : tuple of str, default ()
        Further numeric columns. Columns that hold outcomes are refused.
    min_models : int, default 5
        Models that must share a label for it to get a column.
    n_name_components : int, default 8
    random_state : int, default 0

    Attributes
    ----------
    feature_names_ : list of str

    Examples
    --------
    >>> frame = pl.DataFrame({"model": ["a/x-7b", "a/y-70b"], "architecture": ["L", "L"]})
    >>> features = ModelFeatures(min_models=2).fit(frame)
    >>> features.feature_names_
    ['log_params', 'year', 'architecture=L', 'organization=a']
    >>> features.transform(frame).round(2).tolist()
    [[1.95, nan, 1.0, 1.0], [4.25, nan, 1.0, 1.0]]
    """

    def __init__(
        self,
        columns: tuple[str, ...] = (),
        *,
        min_models: int = 5,
        n_name_components: int = 8,
        random_state: int = 0,
    ) -> None:
        self.columns = columns
        self.min_models = min_models
        self.n_name_components = n_name_components
        self.random_state = random_state

    def fit(self, models: pl.DataFrame, y: None = None) -> Self:
        """Learn which labels are shared, and the directions of the names."""
        refuse_outcomes(models, self.columns)
        self.levels_: dict[str, list[str]] = {}
        for kind, sets in _labels(models).items():
            counts = Counter(label for labels in sets for label in labels)
            shared = sorted(label for label, count in counts.items() if count >= self.min_models)
            self.levels_[kind] = shared
        self._names = TextFeatures(self.n_name_components, random_state=self.random_state)
        self._names.fit(short_names(models))
        self.feature_names_ = [
            *("log_params", "year"),
            *(f"{kind}={label}" for kind, labels in self.levels_.items() for label in labels),
            *(f"name_{place}" for place in range(self._names.n_features_)),
            *self.columns,
        ]
        return self

    def transform(self, models: pl.DataFrame) -> np.ndarray:
        """Return a matrix of shape (n_models, n_features), float64; NaN where unknown."""
        check_is_fitted(self, "levels_")
        parts = [log_sizes(models)[:, None], years(models)[:, None]]
        for kind, sets in _labels(models).items():
            levels = self.levels_[kind]
            there = [[float(level in labels) for level in levels] for labels in sets]
            parts.append(np.array(there).reshape(models.height, len(levels)))
        parts.append(self._names.transform(short_names(models)))
        parts += [numbers_of(models, column)[:, None] for column in self.columns]
        return np.hstack(parts)


def _labels(models: pl.DataFrame) -> dict[str, list[set[str]]]:
    """Return the labels of each model by kind; unknown ones are empty sets."""
    single = {
        "architecture": labels_of(models, "architecture"),
        "type": labels_of(models, "type"),
        "purpose": labels_of(models, "purpose"),
        "organization": organizations(models),
    }
    sets = {kind: [{str(v)} if v else set() for v in values] for kind, values in single.items()}
    return {**sets, "tag": tag_sets(models)}
