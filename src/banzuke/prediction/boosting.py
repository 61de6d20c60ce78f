"""Gradient boosting on features: the method a data scientist tries first."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingRegressor

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction.base import Predictor, item_groups
from banzuke.prediction.similarity import ItemFeatures, ModelFeatures
from banzuke.prediction.similarity.outcome_columns import refuse_outcomes

__all__ = ["BoostedTrees"]

_FOLDS = 5
_MOST_TASKS = 8
_BENCHMARK = 3  # the column that holds the item's benchmark, after three means


class BoostedTrees(Predictor):
    """Predict a cell by boosted trees on features of its model and its item.

    Features: `ModelFeatures` and the model's mean score (overall and on the benchmark); the
    item's benchmark, text components, surface features and mean score. Mean scores come from
    other cells: in training, cells are dealt into five parts, and a cell's means are those of
    the other parts. For each training cell the model's means, the item's mean, both or neither
    are hidden in turn, so that the same trees serve models and items without results.

    Parameters
    ----------
    n_trees : int, default 200
    learning_rate : float, default 0.1
    max_cells : int, default 100000
        Training cells, drawn at random where more were observed.
    n_components : int, default 16
        Leading components of each group of item features.
    encoder : transformer of texts, optional
    probe : transformer of frames of items, optional
        Passed to `ItemFeatures`.
    columns : tuple of str, default ()
        Further numeric columns of the model frame; outcomes are refused.
    random_state : int, default 0

    Attributes
    ----------
    trees_ : HistGradientBoostingRegressor
    n_cells_ : int
        Cells it was trained on.
    telling_ : ndarray of bool
        Which columns of the table take more than one value.

    References
    ----------
    Ke et al. (2017), LightGBM; the implementation is scikit-learn's.
    """

    def __init__(
        self,
        n_trees: int = 200,
        *,
        learning_rate: float = 0.1,
        max_cells: int = 100_000,
        n_components: int = 16,
        encoder: Any = None,
        probe: Any = None,
        columns: tuple[str, ...] = (),
        random_state: int = 0,
    ) -> None:
        self.n_trees = n_trees
        self.learning_rate = learning_rate
        self.max_cells = max_cells
        self.n_components = n_components
        self.encoder = encoder
        self.probe = probe
        self.columns = columns
        self.random_state = random_state

    def _fit(self, scores: np.ndarray, outcomes: Outcomes | None) -> None:
        if self.n_trees < 1 or self.max_cells < 1:
            raise InvalidInputError(
                f"n_trees is {self.n_trees} and max_cells {self.max_cells}; give 1 or more of each"
            )
        random = np.random.default_rng(self.random_state)
        self.groups_ = item_groups(outcomes, "benchmark", scores.shape[1])
        self.model_features_ = self._model_features(outcomes, scores)
        self.item_features_ = self._item_features(outcomes, scores)
        self.means_ = _means(scores, self.groups_)
        rows, columns, means = self._training(scores, random)
        self.n_cells_ = len(rows)
        self.trees_ = HistGradientBoostingRegressor(
            max_iter=self.n_trees,
            learning_rate=self.learning_rate,
            max_leaf_nodes=31,
            min_samples_leaf=min(100, max(1, len(rows) // 10)),
            l2_regularization=1.0,
            early_stopping=False,
            random_state=self.random_state,
        )
        target = scores[rows, columns].astype(np.float64)
        table = self._rows(rows, columns, means)
        known = ~np.isnan(table)
        low, high = np.where(known, table, np.inf), np.where(known, table, -np.inf)
        self.telling_ = low.min(axis=0) < high.max(axis=0)
        if not self.telling_.any():  # every cell looks alike: one column to hang the mean on
            self.telling_[:] = np.arange(len(self.telling_)) == _BENCHMARK
        self.trees_.fit(table[:, self.telling_], target)

    def _training(
        self, scores: np.ndarray, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return training cells and their means from other cells, hidden in turn."""
        rows, columns = np.nonzero(~np.isnan(scores))
        drawn = random.permutation(len(rows))[: self.max_cells]
        fold = random.integers(_FOLDS, size=scores.shape)
        kept_rows, kept_columns = rows[drawn], columns[drawn]
        means = np.empty((len(drawn), 3))
        part = fold[kept_rows, kept_columns]
        for number in range(_FOLDS):
            others = _means(np.where(fold == number, np.float32(np.nan), scores), self.groups_)
            here = part == number
            means[here] = _at(others, self.groups_, kept_rows[here], kept_columns[here])
        hidden = random.integers(4, size=len(drawn))
        means[np.ix_(hidden % 2 == 1, [0, 1])] = np.nan
        means[hidden >= 2, 2] = np.nan
        return kept_rows, kept_columns, means

    def _model_features(self, outcomes: Outcomes | None, scores: np.ndarray) -> np.ndarray:
        if outcomes is None:
            return np.zeros((len(scores), 0))
        refuse_outcomes(outcomes.models, self.columns, outcomes)
        known = np.flatnonzero((~np.isnan(scores)).any(axis=1))
        maker = ModelFeatures(self.columns, random_state=self.random_state)
        return np.asarray(maker.fit(outcomes.models[known]).transform(outcomes.models))

    def _item_features(self, outcomes: Outcomes | None, scores: np.ndarray) -> np.ndarray:
        if outcomes is None:
            return np.zeros((scores.shape[1], 0))
        known = np.flatnonzero((~np.isnan(scores)).any(axis=0))
        maker = ItemFeatures(self.encoder, probe=self.probe, random_state=self.random_state)
        groups = maker.fit(outcomes.items[known]).transform(outcomes.items)
        parts = []
        for name, matrix in groups.items():
            if name == "surface_rbf":  # trees bend the surface features themselves
                continue
            size = min(self.n_components, matrix.shape[1], len(known))
            reduce = name not in ("surface", "likelihood") and matrix.shape[1] > _MOST_TASKS
            if reduce and size < matrix.shape[1]:
                found = PCA(size, random_state=self.random_state).fit(matrix[known])
                matrix = found.transform(matrix)  # noqa: PLW2901
            parts.append(matrix)
        return np.hstack([np.zeros((scores.shape[1], 0)), *parts])

    def _rows(self, rows: np.ndarray, columns: np.ndarray, means: np.ndarray) -> np.ndarray:
        groups = self.groups_[columns, None]
        parts = [means, groups, self.model_features_[rows], self.item_features_[columns]]
        return np.hstack(parts).astype(np.float32)

    def _predict(self) -> np.ndarray:
        columns = np.arange(self.n_items_)
        result = np.empty((self.n_models_, self.n_items_))
        for row in range(self.n_models_):
            at = np.full(self.n_items_, row)
            means = _at(self.means_, self.groups_, at, columns)
            result[row] = self.trees_.predict(self._rows(at, columns, means)[:, self.telling_])
        return result


def _means(scores: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean of each model, of each model on each benchmark, and of each item."""
    known = ~np.isnan(scores)
    filled = np.where(known, scores, 0.0).astype(np.float64)
    member = np.eye(groups.max() + 1)[groups]
    return (
        _divide(filled.sum(axis=1), known.sum(axis=1)),
        _divide(filled @ member, known @ member),
        _divide(filled.sum(axis=0), known.sum(axis=0)),
    )


def _at(
    means: tuple[np.ndarray, np.ndarray, np.ndarray],
    groups: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
) -> np.ndarray:
    overall, by_group, item = means
    return np.column_stack([overall[rows], by_group[rows, groups[columns]], item[columns]])


def _divide(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    empty = np.full(total.shape, np.nan)
    return np.asarray(np.divide(total, count, out=empty, where=count > 0))
