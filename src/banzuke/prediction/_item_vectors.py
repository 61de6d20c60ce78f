"""Columns of new items for known models: where the items' vectors lie, and how surely."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from banzuke.prediction._item_side import ItemSide, NewItems, errors_left_out
from banzuke.prediction._true_errors import TrueErrors, noise_of_each, noise_within, sampled
from banzuke.prediction._variational import BayesianFactors, expected_logistic

__all__ = ["ItemVectors"]

_MOST_AVERAGED = 50  # items of a benchmark


@dataclass(frozen=True)
class _Line:
    """Regression of the vectors of one benchmark's items on their features.

    ``covariance`` is of what the features leave, as seen when items are left out.
    """

    group: int
    mean: np.ndarray
    centre: np.ndarray
    slopes: np.ndarray
    covariance: np.ndarray

    def vectors(self, features: np.ndarray) -> np.ndarray:
        """Return where items with these features are expected."""
        return np.asarray(self.mean + (features - self.centre) @ self.slopes)


class ItemVectors:
    r"""Expected scores of known models on new items, over all that the items may be.

    A new item's vector is normal: its mean is a ridge regression of the known items' vectors on
    `ItemSide`'s features, its covariance that of the errors when known items are left out. The
    expectation of the logistic over it bends where scores near 0 and 1 leave no room, which a
    regression of scores cannot. What that adds to one model's mean on a benchmark beside another's
    is taken out, for means are known. The two are averaged with the weight that best predicts
    known items left out.

    Parameters
    ----------
    side : ItemSide
    factors : BayesianFactors
        Fitted; nothing large of it is kept.
    scores : ndarray of shape (n_models, n_items), float32
        NaN where not run.

    Attributes
    ----------
    share : float
        Weight of the expectation in the average, between 0 and 1.
    mean_errors : ndarray of shape (n_chosen * VALUES,)
        Values that the errors of known items' means over models may have, each item left out.
    noise : ndarray of shape (n_benchmarks,)
        Variance of a known model's result on such an item around its prediction.
    """

    def __init__(
        self,
        side: ItemSide,
        factors: BayesianFactors,
        scores: np.ndarray,
    ) -> None:
        self._side = side
        self._u, self._pairs = factors.u.astype(np.float32), factors.pairs
        self._moments, _ = factors.second_moments()
        self._offset, self._offset_variance = factors.offset, factors.offset_variance
        self._lines: dict[str, _Line] = {}
        self._gains: dict[str, np.ndarray] = {}
        left_out = np.array(factors.v)
        for group, name in enumerate(side.benchmarks):
            self._lines[name], errors = _line(side, factors, name, group)
            left_out[side.members(name)] -= errors
            self._gains[name] = self._gain(name)
        self.share, missed = self._stack(left_out, scores)
        self.mean_errors, self.noise = self._summary(missed)

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
            apart = self._expected(line.vectors(features[new]), line) - linear[:, new]
            result[:, new] = apart - self._gains[str(name)]
        return self.share * result

    def _gain(self, name: str) -> np.ndarray:
        """Return what the expectation adds to each model's mean beside others', (n_models, 1)."""
        features = self._side.known_features(name)
        some = features[:: max(1, len(features) // _MOST_AVERAGED)]
        items = NewItems(np.full(len(some), name, dtype=object), some)
        linear = np.clip(self._side.columns(self._side.cells, items), 0.0, 1.0)
        line = self._lines[name]
        gain = (self._expected(line.vectors(some), line) - linear).mean(axis=1, keepdims=True)
        return np.asarray(gain - gain.mean())

    def _stack(self, vectors: np.ndarray, scores: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the weight that minimises the error on known items, each left out.

        And the errors with that weight, NaN where not run.
        """
        chosen = self._side.drawn
        linear = self._side.left_out(chosen)
        apart = np.empty_like(linear)
        labels = self._side.labels[chosen]
        for name, line in self._lines.items():
            inside = np.flatnonzero(labels == name)
            expected = self._expected(vectors[chosen[inside]], line)
            apart[:, inside] = expected - linear[:, inside] - self._gains[name]
        error = np.subtract(scores[:, chosen], linear, out=linear)
        seen = ~np.isnan(error)
        there = apart[seen]
        weight = float(there @ error[seen]) / max(float(there @ there), 1e-12)
        weight = min(max(weight, 0.0), 1.0)
        error -= weight * apart
        return weight, error

    def _summary(self, missed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        labels = self._side.labels[self._side.drawn]
        errors, noise = [], np.zeros(len(self._lines))
        size = np.array([float(len(missed))])
        for place, name in enumerate(self._lines):
            inside = np.flatnonzero(labels == name)
            if len(inside) < 2:  # nothing to predict it from
                continue
            rest = missed[:, inside].T
            # where no item has two results, noise is what the items' vectors do not explain
            total = float(np.nanmean(np.square(rest)))
            believed = max(total - self._varies(name, self._side.drawn[inside]), 0.0)
            mean, count, squares = (part[:, None] for part in sampled(rest))
            noise[place] = noise_within(squares, count, believed)
            variance = noise_of_each(squares, count, noise[place])
            found = TrueErrors(mean, count, size, noise[place : place + 1], variance)
            errors.append(found.of(np.ones((1, 1)), np.zeros(1)).ravel())
        return (np.concatenate(errors) if errors else np.empty(0)), noise

    def _varies(self, name: str, columns: np.ndarray) -> float:
        """Return the variance of a new item's mean over models, to first order."""
        cells = self._side.cells[:, columns]
        slope = (cells * (1 - cells)).mean(axis=1) @ self._u / len(cells)
        return float(slope @ self._lines[name].covariance @ slope)

    def _expected(self, vectors: np.ndarray, line: _Line) -> np.ndarray:
        """Return the mean of the logistic of each model's and item's product."""
        i, j = self._pairs
        twice = np.where(i == j, 1.0, 2.0)
        items = (vectors[:, i] * vectors[:, j] + line.covariance[i, j]) * twice
        logit = self._u @ vectors.T.astype(np.float32)
        variance = np.maximum(self._moments @ items.T.astype(np.float32) - logit**2, 0)
        variance += self._offset_variance[:, line.group, None]
        logit += self._offset[:, line.group, None]
        return expected_logistic(logit, variance)[0]


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
    return _Line(group, mean, centre, slopes, covariance), errors
