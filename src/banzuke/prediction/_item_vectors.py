"""Columns of new items for known models: where the items' vectors lie, and how surely."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from banzuke.prediction._item_side import ItemSide, NewItems, errors_left_out
from banzuke.prediction._variational import BayesianFactors

__all__ = ["ItemVectors"]

_WIDTH = 2048  # columns at a time, so that no second matrix of cells is held


@dataclass(frozen=True)
class _Line:
    """Regression of the vectors of one benchmark's items on their features.

    ``covariance`` is of what the features leave, as seen when items are left out.
    """

    mean: np.ndarray
    centre: np.ndarray
    slopes: np.ndarray
    covariance: np.ndarray


class ItemVectors:
    r"""Expected scores of known models on new items, over all that the items may be.

    A new item's vector is normal: its mean is a ridge regression of the known items' vectors on
    `ItemSide`'s features, its covariance that of the errors when known items are left out. The
    expectation of the logistic over it bends where scores near 0 and 1 leave no room, which a
    regression of scores cannot. The two are averaged with the weight that best predicts known
    items left out.

    Parameters
    ----------
    side : ItemSide
    factors : BayesianFactors
        Fitted; nothing large of it is kept.
    scores : ndarray of shape (n_models, n_items), float32
        NaN where not run.
    random_state : int, default 0

    Attributes
    ----------
    share : float
        Weight of the expectation in the average, between 0 and 1.
    slack : ndarray of shape (n_items,)
        One draw of how far the means of the known items over models may lie from the expected.
    """

    def __init__(
        self,
        side: ItemSide,
        factors: BayesianFactors,
        scores: np.ndarray,
        *,
        random_state: int = 0,
    ) -> None:
        self._side = side
        self._u, self._pairs = factors.u.astype(np.float32), factors.pairs
        self._moments, _ = factors.second_moments()
        self._lines: dict[str, _Line] = {}
        left_out = np.array(factors.v)
        for group, name in enumerate(side.benchmarks):
            self._lines[name], errors = _line(side, factors, name, group)
            left_out[side.members(name)] -= errors
        self.share = self._stack(left_out, scores)
        random = np.random.default_rng(random_state)
        root = np.linalg.cholesky(factors.v_covariance)
        drawn = np.einsum("kij,kj->ki", root, random.normal(size=root.shape[:2]))
        self.slack = np.empty(len(drawn))
        for left in range(0, len(drawn), _WIDTH):
            part = slice(left, left + _WIDTH)
            cells = side.cells[:, part]
            slopes = (cells * (1 - cells)).T @ self._u / len(self._u)
            self.slack[part] = (slopes * drawn[part]).sum(axis=1)

    def bend(self, items: NewItems) -> np.ndarray:
        """Return what to add to `ItemSide`'s columns of known models; (n_models, n_items).

        0 for a benchmark never seen.
        """
        labels, features = items.labels, items.features
        result = np.zeros((len(self._u), len(labels)))
        if self.share == 0:
            return result
        linear = np.clip(self._side.columns(self._side.cells, items), 0.0, 1.0)
        for name in np.unique(labels):
            line = self._lines.get(str(name))
            if line is None:
                continue
            new = np.flatnonzero(labels == name)
            vectors = line.mean + (features[new] - line.centre) @ line.slopes
            result[:, new] = self._expected(vectors, line.covariance) - linear[:, new]
        return self.share * result

    def _stack(self, vectors: np.ndarray, scores: np.ndarray) -> float:
        """Return the weight that minimises the error on known items, each left out."""
        chosen = self._side.drawn
        linear = self._side.left_out(chosen)
        curved = np.empty_like(linear)
        labels = self._side.labels[chosen]
        for name, line in self._lines.items():
            inside = np.flatnonzero(labels == name)
            curved[:, inside] = self._expected(vectors[chosen[inside]], line.covariance)
        seen = ~np.isnan(scores[:, chosen])
        apart = (curved - linear)[seen]
        error = scores[:, chosen][seen] - linear[seen]
        weight = float(apart @ error) / max(float(apart @ apart), 1e-12)
        return min(max(weight, 0.0), 1.0)

    def _expected(self, vectors: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        """Return the mean of the logistic of each model's and item's product."""
        i, j = self._pairs
        twice = np.where(i == j, 1.0, 2.0)
        items = (vectors[:, i] * vectors[:, j] + covariance[i, j]) * twice
        logit = self._u @ vectors.T.astype(np.float32)
        variance = np.maximum(self._moments @ items.T.astype(np.float32) - logit**2, 0)
        return np.asarray(expit(logit / np.sqrt(1 + np.float32(np.pi / 8) * variance)))


def _line(
    side: ItemSide, factors: BayesianFactors, name: str, group: int
) -> tuple[_Line, np.ndarray]:
    """Return the regression of one benchmark, and the errors of its items when left out."""
    known = side.members(name)
    x, v = side.known_features(name), factors.v[known]
    mean, centre = v.mean(axis=0), x.mean(axis=0)
    deviation, x = v - mean, x - centre
    slopes = np.linalg.solve(x.T @ x + np.eye(x.shape[1]), x.T @ deviation)
    errors = errors_left_out(x, deviation)
    # few items say little of a covariance: lean towards what the factors learned of the group
    weight = factors.d + 3.0
    spread = errors.T @ errors + factors.v_covariance[known].sum(axis=0)
    leaning = weight * np.linalg.inv(factors.group_precision[group])
    covariance = (spread + leaning) / (len(known) + weight)
    return _Line(mean, centre, slopes, covariance), errors
