"""Votes with fixed weights and one fitted temperature: majority and accuracy-weighted."""

from __future__ import annotations

import numpy as np

from banzuke.ensembles._patterns import Patterns, find_patterns, first_choosers
from banzuke.ensembles.aggregation import Aggregator
from banzuke.ensembles.conditional_logit import (
    count_outcomes,
    fit_weights,
    slot_log_probabilities,
    spread,
)


class _FixedVote(Aggregator):
    """Options get the sum of fixed weights of their voters, times a fitted scale."""

    def _weights(self, accuracies: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def _fit(self, votes: np.ndarray, labels: np.ndarray) -> None:
        accuracies = ((votes == labels[:, None]).sum(axis=0) + 1.0) / (len(labels) + 2.0)
        self.weights_ = self._weights(accuracies)
        slots = first_choosers(votes, labels)
        patterns = find_patterns(slots[:, :-1], self.n_classes_)
        counts = count_outcomes(patterns, slots[:, -1])[0]
        penalty = np.array([[1e-3]])
        self.scale_ = fit_weights(self._feature(patterns), patterns.log_sizes, counts, penalty)

    def _predict_proba(self, votes: np.ndarray) -> np.ndarray:
        patterns = find_patterns(first_choosers(votes), self.n_classes_)
        log_p = slot_log_probabilities(
            self._feature(patterns), patterns.log_sizes, np.maximum(self.scale_, 1e-6)
        )
        return spread(patterns, log_p[patterns.rows], votes)

    def _feature(self, patterns: Patterns) -> np.ndarray:
        return np.asarray((patterns.support @ self.weights_)[:, :, None])


class MajorityVote(_FixedVote):
    """Count votes; ties go to the side with the higher summed accuracy.

    The posterior is a softmax of the counts whose scale is fitted on the training items.

    Examples
    --------
    >>> votes = np.array([[0, 0, 1], [1, 1, 1], [0, 2, 2]])
    >>> MajorityVote().fit(votes, np.array([0, 1, 2]), 3).predict(votes).tolist()
    [0, 1, 2]
    """

    def _weights(self, accuracies: np.ndarray) -> np.ndarray:
        return np.asarray(1 + 1e-3 * accuracies / len(accuracies))


class AccuracyWeightedVote(_FixedVote):
    """Weigh votes by the log-odds of the models' accuracies, at least 0.

    That is the best rule where errors are independent (Nitzan and Paroush 1982); a fitted
    scale corrects the posterior where they are not.
    """

    def _weights(self, accuracies: np.ndarray) -> np.ndarray:
        odds = accuracies * (self.n_classes_ - 1) / (1 - accuracies)
        return np.asarray(np.maximum(np.log(odds), 1e-3))
