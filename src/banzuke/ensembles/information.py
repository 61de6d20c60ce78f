"""How many bits the answers of a set of models carry about the label.

Three estimates of I(Y; X_S). *Plug-in* takes counts for probabilities; it is too high, and
the more so the more models and the fewer items. *Miller-Madow* corrects for the number of
patterns seen, which is too little for many models. *Cross-fitted* is the entropy of the label
less the held-out cross-entropy of an aggregator: a lower bound that a decision can really
use, on average, and slightly too low because it learns from part of the items.

Missing and unparsed answers are answers of their own. Items are questions: give true/false
statements about one question the same ``groups`` value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from banzuke.ensembles._patterns import pattern_ids
from banzuke.ensembles.aggregation import Aggregator, draw_folds, log_loss
from banzuke.exceptions import InvalidInputError

Estimator = Literal["plug-in", "miller-madow"]


@dataclass(frozen=True, kw_only=True)
class Information:
    """An amount of information.

    Parameters
    ----------
    bits : float
        The estimate; a cross-fitted one can be negative.
    standard_error : float
        Over items (over groups where there are some), in bits.
    """

    bits: float
    standard_error: float


def label_entropy(labels: np.ndarray) -> float:
    """Return the plug-in entropy of labels in bits.

    Examples
    --------
    >>> label_entropy(np.array([0, 1, 0, 1]))
    1.0
    """
    return _entropy(np.unique(labels, return_counts=True)[1])


def mutual_information(
    votes: np.ndarray, labels: np.ndarray, *, estimator: Estimator = "plug-in"
) -> Information:
    """Estimate I(Y; X_S) from counts.

    Parameters
    ----------
    votes : numpy.ndarray of int, shape (n_items, k)
        As in `Pool`; -1 and -2 are values like others.
    labels : numpy.ndarray of int, shape (n_items,)
    estimator : {"plug-in", "miller-madow"}

    Returns
    -------
    Information
        The standard error is that of the mean pointwise information; it knows nothing of
        the bias.

    References
    ----------
    Miller (1955), Note on the bias of information estimates.

    Examples
    --------
    >>> labels = np.array([0, 1, 0, 1])
    >>> mutual_information(labels[:, None], labels).bits
    1.0
    """
    pointwise, correction = _pointwise(votes, labels, estimator)
    return Information(
        bits=float(pointwise.mean()) + correction, standard_error=_standard_error(pointwise)
    )


def conditional_information(
    votes: np.ndarray,
    labels: np.ndarray,
    given: np.ndarray,
    *,
    estimator: Estimator = "plug-in",
) -> Information:
    """Estimate I(Y; X_T | X_S): what votes of T add to those of S, from counts.

    Parameters
    ----------
    votes : numpy.ndarray of int, shape (n_items, k)
        The further votes.
    labels : numpy.ndarray of int, shape (n_items,)
    given : numpy.ndarray of int, shape (n_items, k_given)
        The votes that are known.
    estimator : {"plug-in", "miller-madow"}

    Returns
    -------
    Information
        The standard error is that of the mean gain, item by item.

    Examples
    --------
    The label is the exclusive or of two answers, so the second alone says nothing:

    >>> x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> y = np.array([0, 1, 1, 0])
    >>> mutual_information(x[:, :1], y).bits, conditional_information(x[:, :1], y, x[:, 1:]).bits
    (0.0, 1.0)
    """
    both, more = _pointwise(np.hstack([given, votes]), labels, estimator)
    known, less = _pointwise(given, labels, estimator)
    gain = both - known
    return Information(bits=float(gain.mean()) + more - less, standard_error=_standard_error(gain))


def cross_fitted_information(
    votes: np.ndarray,
    labels: np.ndarray,
    aggregator: Aggregator,
    *,
    given: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    n_folds: int = 5,
    seed: int = 0,
) -> Information:
    """Estimate I(Y; X_S), or what votes add to those already given, on held-out items.

    Parameters
    ----------
    votes : numpy.ndarray of int, shape (n_items, k)
    labels : numpy.ndarray of int, shape (n_items,)
    aggregator : Aggregator
        Unfitted; its held-out cross-entropy is measured.
    given : numpy.ndarray of int, shape (n_items, k_given), optional
        Votes already known: the result is then the increment, with a paired standard error.
    groups : numpy.ndarray, shape (n_items,), optional
        Items of one group, such as statements about one question, stay in one fold.
    n_folds, seed : int
    """
    n_classes = int(max(labels.max(), votes.max())) + 1
    folds = group_folds(groups, len(labels), n_folds, seed)

    def losses(columns: np.ndarray) -> np.ndarray:
        return log_loss(aggregator.cross_fit(columns, labels, n_classes, folds), labels)

    if given is None:
        share = np.bincount(labels, minlength=n_classes) / len(labels)
        before = -np.log(share[labels])
        gain = before - losses(votes)
    else:
        gain = losses(given) - losses(np.hstack([given, votes]))
    return _mean_bits(gain / np.log(2), groups)


def _pointwise(
    votes: np.ndarray, labels: np.ndarray, estimator: Estimator
) -> tuple[np.ndarray, float]:
    """Return the pointwise information of each item in bits, and the correction of its mean."""
    if estimator not in ("plug-in", "miller-madow"):
        raise InvalidInputError(
            f"there is no estimator {estimator!r}; choose 'plug-in' or 'miller-madow'"
        )
    patterns = pattern_ids(votes)
    truth = np.unique(labels, return_inverse=True)[1]
    joint_ids = patterns * (int(truth.max()) + 1) + truth
    joint, by_pattern, by_label = (np.bincount(x) for x in (joint_ids, patterns, truth))
    n = len(labels)
    pointwise = np.log2(joint[joint_ids] * n / (by_pattern[patterns] * by_label[truth]))
    if estimator == "plug-in":
        return pointwise, 0.0
    cells = [int((counts > 0).sum()) for counts in (by_label, by_pattern, joint)]
    return pointwise, float((cells[0] + cells[1] - cells[2] - 1) / (2 * n * np.log(2)))


def _standard_error(bits: np.ndarray) -> float:
    return float(bits.std() / np.sqrt(len(bits)))


def group_folds(groups: np.ndarray | None, n_items: int, n_folds: int, seed: int) -> np.ndarray:
    """Return a fold for each item; items of one group share theirs."""
    if groups is None:
        return draw_folds(n_items, min(n_folds, n_items), seed)
    if np.shape(groups) != (n_items,):
        raise InvalidInputError(f"groups have shape {np.shape(groups)}; give one for each item")
    _, member = np.unique(groups, return_inverse=True)
    n_groups = int(member.max()) + 1
    return draw_folds(n_groups, min(n_folds, n_groups), seed)[member]


def _mean_bits(bits: np.ndarray, groups: np.ndarray | None) -> Information:
    if groups is not None:
        _, member = np.unique(groups, return_inverse=True)
        centred = np.bincount(member, weights=bits - bits.mean())
        error = float(np.sqrt((centred**2).sum()) / len(bits))
        return Information(bits=float(bits.mean()), standard_error=error)
    return Information(bits=float(bits.mean()), standard_error=_standard_error(bits))


def _entropy(counts: np.ndarray) -> float:
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log2(share)).sum())
