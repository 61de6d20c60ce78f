"""A logit on what each answer says about each class: for models with a bias for some classes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from scipy.special import logsumexp
from sklearn.base import clone

from banzuke.ensembles._patterns import compact, pattern_ids
from banzuke.ensembles.aggregation import Aggregator
from banzuke.ensembles.conditional_logit import fit_weights
from banzuke.ensembles.confusion import answer_scores, count_answers, likely_strength


@dataclass(frozen=True, kw_only=True)
class _Distinct:
    """Items with the same answers and label as one row with a count.

    Parameters
    ----------
    votes : numpy.ndarray of int, shape (n_rows, k)
    labels, times : numpy.ndarray of int, shape (n_rows,)
    rows : numpy.ndarray of int, shape (n_items,)
        Row of each item.
    """

    votes: np.ndarray
    labels: np.ndarray
    times: np.ndarray
    rows: np.ndarray

    @classmethod
    def of(cls, votes: np.ndarray, labels: np.ndarray) -> _Distinct:
        rows = pattern_ids(np.column_stack([votes, labels]))
        times = np.bincount(rows)
        first = np.empty(len(times), dtype=np.intp)
        first[rows[::-1]] = np.arange(len(rows))[::-1]
        return cls(votes=votes[first], labels=labels[first], times=times, rows=rows)

    def counted(self, times: np.ndarray) -> _Distinct:
        """Return the rows that occur, with other counts; items keep their row numbers."""
        there = times > 0
        return replace(self, votes=self.votes[there], labels=self.labels[there], times=times[there])


class ConfusionLogit(Aggregator):
    """Add up, with a fitted weight for each model, the log-likelihoods of its answers.

    With all weights 1 this is naive Bayes; fitted weights below 1 allow for models that
    repeat each other. Unlike a vote count it sees that a model says *yes* too easily, and
    that an unparsed answer is more frequent for some class. Confusions are shrunk towards
    a channel that treats all classes alike, so that little data falls back on a vote.

    Parameters
    ----------
    strength : float, optional
        Number of imagined symmetric items a class; more than 0. By default the one under
        which each model's counts are most probable.
    ridge : float, default 3.0
        Strength of the shrinkage of weights towards their mean.

    Attributes
    ----------
    strengths_ : numpy.ndarray of shape (n_voters,)
    weights_ : numpy.ndarray of shape (n_voters + 1,)
        The last one is the weight of the log class frequency.
    """

    def __init__(self, *, strength: float | None = None, ridge: float = 3.0) -> None:
        self.strength = strength
        self.ridge = ridge

    def cross_fit(
        self, votes: np.ndarray, labels: np.ndarray, n_classes: int, folds: np.ndarray
    ) -> np.ndarray:
        """Return posteriors of each item by a fit on the other folds, (n_items, n_classes)."""
        distinct = _Distinct.of(votes, labels)
        fold, n_rows = compact(folds), len(distinct.labels)
        n_folds = int(fold.max()) + 1
        times = np.bincount(fold * n_rows + distinct.rows, minlength=n_folds * n_rows)
        start = clone(self)._fit_counted(distinct, n_classes, None).weights_
        proba = np.empty((n_folds, n_rows, n_classes))
        for place, held_out in enumerate(times.reshape(n_folds, n_rows)):
            others = distinct.counted(distinct.times - held_out)
            part = clone(self)._fit_counted(others, n_classes, start)
            there = held_out > 0
            proba[place, there] = part._predict_proba(distinct.votes[there])
        return np.asarray(proba[fold, distinct.rows])

    def _fit(self, votes: np.ndarray, labels: np.ndarray) -> None:
        self._fit_counted(_Distinct.of(votes, labels), self.n_classes_, None)

    def _fit_counted(self, items: _Distinct, n_classes: int, start: np.ndarray | None) -> Self:
        k = items.votes.shape[1]
        self.counts_ = count_answers(items.votes, items.labels, n_classes, items.times)
        self.strengths_ = (
            likely_strength(self.counts_) if self.strength is None else np.full(k, self.strength)
        )
        frequency = np.bincount(items.labels, items.times, minlength=n_classes) + 1.0
        self.log_prior_ = np.log(frequency / frequency.sum())
        counts = np.zeros((len(items.labels), n_classes))
        counts[np.arange(len(items.labels)), items.labels] = items.times
        self.weights_ = fit_weights(
            self._features(items.votes, items.labels),
            np.zeros_like(counts),
            counts,
            self._penalty(k),
            start=np.full(k + 1, 1 / np.sqrt(k)) if start is None else start,
            tolerance=1e-6,
        )
        return self

    def _predict_proba(self, votes: np.ndarray) -> np.ndarray:
        utility = self._features(votes) @ self.weights_
        return np.asarray(np.exp(utility - logsumexp(utility, axis=1, keepdims=True)))

    def _features(self, votes: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Return scores of the answers and of the class frequency, (n_items, n_classes, k + 1)."""
        scores = answer_scores(votes, self.counts_, self.strengths_, labels)
        prior = np.broadcast_to(self.log_prior_[None, :, None], (*scores.shape[:2], 1))
        return np.concatenate([scores, prior], axis=2)

    def _penalty(self, k: int) -> np.ndarray:
        penalty = np.zeros((k + 1, k + 1))
        penalty[:k, :k] = self.ridge * (np.eye(k) - 1 / k) + 0.01 * self.ridge / k
        penalty[k, k] = self.ridge
        return penalty
