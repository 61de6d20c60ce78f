"""Columns of new items: a model's mean on the benchmark, and what the features say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from banzuke.prediction.kernels import tune_weights
from banzuke.prediction.response_space import principal_components
from banzuke.prediction.similarity import ItemFeatures

__all__ = ["ItemSide", "NewItems", "benchmark_labels", "errors_left_out"]

_MOST_TUNED = 600


@dataclass(frozen=True)
class NewItems:
    """Benchmark and weighted features of items; ridge regression on these has penalty 1."""

    labels: np.ndarray
    features: np.ndarray


class ItemSide:
    """Ridge regression, in each benchmark, of the items' deviations on their features.

    The mean of a benchmark is not penalised, so new items are centred on what each model scored
    there. In primal form: the cost grows linearly with the number of items.

    Parameters
    ----------
    items : polars.DataFrame
        Metadata of the known items.
    cells : ndarray of shape (n_models, n_items)
        Their denoised columns.
    encoder : transformer of texts, optional
    probe : transformer of frames of items, optional
    n_components, random_state : int
    """

    def __init__(
        self,
        items: pl.DataFrame,
        cells: np.ndarray,
        *,
        encoder: Any = None,
        probe: Any = None,
        n_components: int = 12,
        random_state: int = 0,
    ) -> None:
        self.cells = cells
        self.labels = benchmark_labels(items)
        self.benchmarks = list(dict.fromkeys(self.labels.tolist()))
        self._members = {name: np.flatnonzero(self.labels == name) for name in self.benchmarks}
        self.features = ItemFeatures(encoder, probe=probe, random_state=random_state)
        groups = self.features.fit_transform(items)
        self._widths = {name: matrix.shape[1] for name, matrix in groups.items()}
        self.weights: dict[str, float] = {}
        self.drawn = self._draw(random_state)
        if groups:
            found = self._tune(groups, n_components, random_state)
            self.weights = dict(zip(groups, found.tolist(), strict=True))
        self._matrix = self._weighted(groups, len(self.labels))

    def members(self, benchmark: str | None) -> np.ndarray:
        """Return the columns of a benchmark, or all."""
        return np.arange(len(self.labels)) if benchmark is None else self._members[benchmark]

    def describe(self, items: pl.DataFrame) -> NewItems:
        """Return what is known of new items."""
        features = self._weighted(self.features.transform(items), items.height)
        return NewItems(benchmark_labels(items), features)

    def columns(self, rows: np.ndarray, items: NewItems) -> np.ndarray:
        """Return predictions of new items for rows over the known items."""
        labels, matrix = items.labels, items.features
        result = np.empty((len(rows), len(labels)))
        for name in np.unique(labels):
            new = np.flatnonzero(labels == name)
            known = self._members.get(str(name))
            if known is None:  # a benchmark never seen: what the model scores on average
                means = [rows[:, m].mean(axis=1) for m in self._members.values()]
                result[:, new] = np.mean(means, axis=0)[:, None]
                continue
            mean, centre, coefficients = self._regression(known, rows)
            result[:, new] = mean + ((matrix[new] - centre) @ coefficients).T
        return result

    def unexplained(self, benchmark: str, rows: np.ndarray) -> np.ndarray:
        """Return what the regression leaves of rows over a benchmark's known items.

        Parameters
        ----------
        benchmark : str
        rows : ndarray of shape (n, n_items)

        Returns
        -------
        ndarray of shape (n, n_members)
            In the order of `members`; each row sums to 0.
        """
        known = self._members[benchmark]
        mean, centre, coefficients = self._regression(known, rows)
        rest = rows[:, known] - mean
        rest -= ((self._matrix[known] - centre) @ coefficients).T
        return np.asarray(rest)

    def known_features(self, benchmark: str) -> np.ndarray:
        """Return the weighted features of a benchmark's known items, as `members` orders them."""
        return np.asarray(self._matrix[self._members[benchmark]])

    def left_out(self, chosen: np.ndarray) -> np.ndarray:
        """Predict each of some known columns from the others of them; (n_models, n_chosen)."""
        result = self.cells[:, chosen].astype(np.float64)
        labels = self.labels[chosen]
        for name in np.unique(labels):
            inside = np.flatnonzero(labels == name)
            if len(inside) > 1:
                target = result[:, inside].T
                deviation = target - target.mean(axis=0)
                errors = errors_left_out(self._matrix[chosen[inside]], deviation)
                result[:, inside] -= errors.T
        return np.asarray(np.clip(result, 0.0, 1.0))

    def _regression(
        self, known: np.ndarray, rows: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the rows' means over known items, those of the features, and coefficients."""
        x = self._matrix[known]
        mean = rows[:, known].mean(axis=1, keepdims=True)
        gram = x.T @ x + np.eye(x.shape[1])
        coefficients = np.linalg.solve(gram, x.T @ (rows[:, known] - mean).T)
        # the deviations of the known items sum to zero, so must their fit
        return mean, x.mean(axis=0), coefficients

    def _draw(self, random_state: int) -> np.ndarray:
        """Return all columns, or as many as are used for tuning."""
        drawn = np.arange(len(self.labels))
        if len(drawn) <= _MOST_TUNED:
            return drawn
        return np.sort(np.random.default_rng(random_state).permutation(drawn)[:_MOST_TUNED])

    def _tune(
        self, groups: dict[str, np.ndarray], n_components: int, random_state: int
    ) -> np.ndarray:
        drawn = self.drawn
        same = (self.labels[drawn, None] == self.labels[drawn]).astype(np.float64)
        deviation = self.cells[:, drawn].T.copy()
        for name in self.benchmarks:
            rows = np.flatnonzero(self.labels[drawn] == name)
            if rows.size:
                deviation[rows] -= deviation[rows].mean(axis=0)
        targets, _ = principal_components(deviation, n_components)
        kernels = [(matrix[drawn] @ matrix[drawn].T) * same for matrix in groups.values()]
        return tune_weights(kernels, targets, tolerance=1e-5, random_state=random_state)

    def _weighted(self, groups: dict[str, np.ndarray], n_items: int) -> np.ndarray:
        # a group that items lack, such as without a column of texts, tells nothing of them
        parts = [
            np.exp(weight / 2) * groups.get(name, np.zeros((n_items, self._widths[name])))
            for name, weight in self.weights.items()
        ]
        return np.hstack([np.zeros((n_items, 0)), *parts])


def errors_left_out(features: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return each case's target less its ridge prediction from the other cases.

    Parameters
    ----------
    features : ndarray of shape (n, p)
    target : ndarray of shape (n, q)
        With means of zero: the mean is fitted too, without a penalty.
    """
    gram = features.T @ features + np.eye(features.shape[1])
    solved = np.linalg.solve(gram, features.T)
    leverage = np.einsum("ij,ji->i", features, solved) + 1 / len(features)
    errors = target - features @ (solved @ target)
    return np.asarray(errors / (1 - np.minimum(leverage, 0.99))[:, None])


def benchmark_labels(items: pl.DataFrame) -> np.ndarray:
    """Return the benchmark of each item as text, empty where it is unknown."""
    if "benchmark" not in items.columns:
        return np.full(items.height, "", dtype=object)
    return np.array(items["benchmark"].cast(pl.String).fill_null("").to_list(), dtype=object)
