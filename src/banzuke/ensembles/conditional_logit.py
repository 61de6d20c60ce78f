"""A label-equivariant conditional logit: a vote has a weight, whichever option it is for."""

from __future__ import annotations

import numpy as np

from banzuke.ensembles._patterns import Patterns, compact, find_patterns, first_choosers
from banzuke.ensembles.aggregation import Aggregator

_MAX_STEPS = 50
_TOLERANCE = 1e-8


class ConditionalLogit(Aggregator):
    """Weigh votes by a conditional logit that treats all options alike.

    The utility of an option is the sum of the weights of the models that chose it; a model
    that gave no answer adds nothing. Permuting the names of the options permutes the
    posterior, so ten-way letters need no more data than two classes. Weights are shrunk
    towards their common mean, that is towards a majority vote.

    Parameters
    ----------
    ridge : float, default 10.0
        Strength of the shrinkage of weights towards their mean; more than 0.
    pairs : bool, default False
        Add a weight for each pair of models that agree: two models of one family that
        agree say less than two strangers.
    pair_ridge : float, default 3.0
        Strength of the shrinkage of pair weights towards 0.

    Attributes
    ----------
    weights_ : numpy.ndarray of shape (n_voters,) or (n_voters + n_pairs,)

    References
    ----------
    McFadden (1974), Conditional logit analysis of qualitative choice behavior.

    Examples
    --------
    >>> votes = np.array([[0, 1], [2, 2], [1, 0], [0, 0]])
    >>> model = ConditionalLogit().fit(votes, np.array([0, 2, 1, 0]), 3)
    >>> model.predict(np.array([[2, 0]])).tolist()
    [2]
    """

    def __init__(
        self, *, ridge: float = 10.0, pairs: bool = False, pair_ridge: float = 3.0
    ) -> None:
        self.ridge = ridge
        self.pairs = pairs
        self.pair_ridge = pair_ridge

    def _fit(self, votes: np.ndarray, labels: np.ndarray) -> None:
        slots = first_choosers(votes, labels)
        patterns = find_patterns(slots[:, :-1], self.n_classes_)
        counts = count_outcomes(patterns, slots[:, -1])[0]
        features = self._features(patterns)
        self.weights_ = fit_weights(
            features, patterns.log_sizes, counts, self._penalty(votes.shape[1])
        )

    def _predict_proba(self, votes: np.ndarray) -> np.ndarray:
        patterns = find_patterns(first_choosers(votes), self.n_classes_)
        log_p = slot_log_probabilities(self._features(patterns), patterns.log_sizes, self.weights_)
        return spread(patterns, log_p[patterns.rows], votes)

    def cross_fit(
        self, votes: np.ndarray, labels: np.ndarray, n_classes: int, folds: np.ndarray
    ) -> np.ndarray:
        """Return posteriors of each item by a fit on the other folds, (n_items, n_classes)."""
        slots = first_choosers(votes, labels)
        patterns = find_patterns(slots[:, :-1], n_classes)
        log_p, fold = self._fold_log_probabilities(patterns, slots[:, -1], folds)
        return spread(patterns, log_p[fold, patterns.rows], votes)

    def cross_fitted_loss(
        self, votes: np.ndarray, labels: np.ndarray, n_classes: int, folds: np.ndarray
    ) -> np.ndarray:
        """Return the held-out log-loss of each item in nats; as `cross_fit`, but faster."""
        slots = first_choosers(votes, labels)
        patterns = find_patterns(slots[:, :-1], n_classes)
        log_p, fold = self._fold_log_probabilities(patterns, slots[:, -1], folds)
        return np.asarray(-log_p[fold, patterns.rows, slots[:, -1]])

    def _fold_log_probabilities(
        self, patterns: Patterns, outcome: np.ndarray, folds: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return held-out log-probabilities, (n_folds, n_patterns, k + 1), and item folds."""
        features, sizes = self._features(patterns), patterns.log_sizes
        penalty = self._penalty(patterns.k)
        fold = compact(folds)
        by_fold = count_outcomes(patterns, outcome, fold)
        whole = by_fold.sum(axis=0)
        start = fit_weights(features, sizes, whole, penalty, tolerance=1e-4)
        log_p = np.empty_like(by_fold)
        for place, held_out in enumerate(by_fold):
            weights = fit_weights(features, sizes, whole - held_out, penalty, start=start)
            log_p[place] = slot_log_probabilities(features, sizes, weights)
        return log_p, fold

    def _features(self, patterns: Patterns) -> np.ndarray:
        support = patterns.support
        if not self.pairs or patterns.k < 2:
            return support
        first, second = np.triu_indices(patterns.k, 1)
        return np.concatenate([support, support[:, :, first] * support[:, :, second]], axis=2)

    def _penalty(self, k: int) -> np.ndarray:
        """Return the quadratic penalty: deviations from the mean weight, and pair weights."""
        penalty = self.ridge * (np.eye(k) - 1.0 / k) + 0.01 * self.ridge / k
        if not self.pairs or k < 2:
            return np.asarray(penalty)
        n_pairs = k * (k - 1) // 2
        whole = np.zeros((k + n_pairs, k + n_pairs))
        whole[:k, :k] = penalty
        whole[k:, k:] = self.pair_ridge * np.eye(n_pairs)
        return whole


def count_outcomes(
    patterns: Patterns, outcome: np.ndarray, fold: np.ndarray | None = None
) -> np.ndarray:
    """Count items by fold, pattern and slot of the right answer, (n_folds, n_patterns, k + 1).

    Without folds all items are in one.
    """
    shape = (len(patterns.keys), patterns.k + 1)
    n_folds = 1 if fold is None else int(fold.max()) + 1
    flat = patterns.rows * shape[1] + outcome
    if fold is not None:
        flat += fold * (shape[0] * shape[1])
    counts = np.bincount(flat, minlength=n_folds * shape[0] * shape[1])
    return counts.reshape(n_folds, *shape).astype(float)


def slot_log_probabilities(
    features: np.ndarray, log_sizes: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return the log-probability of one option of each slot, (n_patterns, k + 1).

    A slot that nobody chose holds several options, all equally probable.
    """
    utility = features @ weights
    # slots first: sums over a short last axis are several times slower
    weighted = np.ascontiguousarray((utility + log_sizes).T)
    highest = weighted.max(axis=0)
    total = highest + np.log(np.exp(weighted - highest).sum(axis=0))
    return np.asarray(utility - total[:, None])


def fit_weights(
    features: np.ndarray,
    log_sizes: np.ndarray,
    counts: np.ndarray,
    penalty: np.ndarray,
    *,
    start: np.ndarray | None = None,
    tolerance: float = _TOLERANCE,
) -> np.ndarray:
    """Maximise the penalised likelihood by Newton steps with halving.

    Parameters
    ----------
    features : numpy.ndarray of shape (n_patterns, n_slots, n_weights)
    log_sizes, counts : numpy.ndarray of shape (n_patterns, n_slots)
    penalty : numpy.ndarray of shape (n_weights, n_weights)
        Half of its quadratic form is added to the log-loss.
    start : numpy.ndarray of shape (n_weights,), optional
    tolerance : float
        Stops where a step gains less than this share of the loss.

    Returns
    -------
    numpy.ndarray of shape (n_weights,)
    """
    weights = np.zeros(features.shape[2]) if start is None else start
    totals = counts.sum(axis=1)
    target = np.tensordot(counts, features, axes=2)

    def objective(at: np.ndarray) -> tuple[float, np.ndarray]:
        log_p = slot_log_probabilities(features, log_sizes, at)
        return float(-(counts * log_p).sum() + 0.5 * at @ penalty @ at), log_p

    value, log_p = objective(weights)
    for _ in range(_MAX_STEPS):
        mass = np.exp(log_p + log_sizes) * totals[:, None]
        step = _newton_step(features, mass, totals, target - penalty @ weights, penalty)
        size = 1.0
        while (after := objective(weights + size * step))[0] > value and size > 1e-6:
            size /= 2
        if after[0] > value:
            break
        gain, weights = value - after[0], weights + size * step
        value, log_p = after
        if gain <= tolerance * max(1.0, value):
            break
    return weights


def _newton_step(
    features: np.ndarray,
    mass: np.ndarray,
    totals: np.ndarray,
    target: np.ndarray,
    penalty: np.ndarray,
) -> np.ndarray:
    n_weights = features.shape[2]
    expected = np.matmul(mass[:, None, :], features)[:, 0]
    gradient = target - expected.sum(axis=0)
    flat = (features * np.sqrt(mass)[:, :, None]).reshape(-1, n_weights)
    between = expected / np.sqrt(np.maximum(totals, 1e-300))[:, None]
    hessian = flat.T @ flat - between.T @ between + penalty
    hessian[np.diag_indices(n_weights)] += 1e-9
    return np.asarray(np.linalg.solve(hessian, gradient))


def spread(patterns: Patterns, by_item: np.ndarray, votes: np.ndarray) -> np.ndarray:
    """Turn log-probabilities of the slots of items into probabilities of their classes."""
    k = votes.shape[1]
    by_item = np.exp(by_item)
    proba = np.repeat(by_item[:, k, None], patterns.n_classes, axis=1)
    for voter in range(k):
        items = np.flatnonzero(votes[:, voter] >= 0)
        slot = patterns.keys[patterns.rows[items], voter]
        proba[items, votes[items, voter]] = by_item[items, slot]
    return np.asarray(proba / proba.sum(axis=1, keepdims=True))
