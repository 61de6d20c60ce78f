"""What an answer says about each class: smoothed log-likelihoods of answers."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from banzuke.ensembles.pool import NOT_ASKED, UNPARSED

STRENGTHS = (2.0, 5.0, 12.0, 30.0, 80.0, 200.0, 500.0, 2000.0)
"""Shrinkage that `likely_strength` chooses from."""


def count_answers(
    votes: np.ndarray, labels: np.ndarray, n_classes: int, times: np.ndarray | None = None
) -> np.ndarray:
    """Count answers by model, class and answer.

    Parameters
    ----------
    votes : numpy.ndarray of int, shape (n_items, k)
    labels : numpy.ndarray of int, shape (n_items,)
    n_classes : int
    times : numpy.ndarray of shape (n_items,), optional
        How often each item counts; once by default.

    Returns
    -------
    numpy.ndarray of shape (k, n_classes, n_classes + 2)
        The last two answers are unparsed and not asked.
    """
    n_answers = n_classes + 2
    answer = answer_index(votes, n_classes)
    counts = [
        np.bincount(labels * n_answers + column, times, minlength=n_classes * n_answers)
        for column in answer.T
    ]
    return np.asarray(counts, dtype=float).reshape(-1, n_classes, n_answers)


def answer_index(votes: np.ndarray, n_classes: int) -> np.ndarray:
    """Return votes with unparsed as ``n_classes`` and not asked as ``n_classes + 1``."""
    index = votes.astype(np.intp)
    index[votes == UNPARSED] = n_classes
    index[votes == NOT_ASKED] = n_classes + 1
    return index


def symmetric_channel(counts: np.ndarray) -> np.ndarray:
    """Return for each model the answer shares that treat all classes alike.

    The right class has the model's accuracy, the wrong ones share the rest equally;
    unparsed and not asked keep their share. Add-one smoothed; shape as ``counts``.
    """
    n_classes = counts.shape[1]
    total = counts.sum(axis=(1, 2))
    right = np.trace(counts[:, :, :n_classes], axis1=1, axis2=2)
    special = counts[:, :, n_classes:].sum(axis=1)
    wrong = total - right - special.sum(axis=1)
    scale = (total + 4)[:, None, None]
    channel = np.empty_like(counts)
    channel[:, :, :n_classes] = ((wrong + 1) / (n_classes - 1))[:, None, None]
    diagonal = np.arange(n_classes)
    channel[:, diagonal, diagonal] = (right + 1)[:, None]
    channel[:, :, n_classes:] = special[:, None, :] + 1
    return np.asarray(channel / scale)


def log_likelihoods(counts: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Return log P(answer | class) of each model, shrunk towards its symmetric channel.

    Parameters
    ----------
    counts : numpy.ndarray of shape (k, n_classes, n_answers)
    strength : numpy.ndarray of shape (k,)
        Number of imagined items a class that follow the symmetric channel; more than 0.

    Returns
    -------
    numpy.ndarray of shape (k, n_classes, n_answers)
        For an answer that the model never gave, what the channel says: that there were
        fewer items of a class to see it on is no evidence for that class.
    """
    weight = strength[:, None, None]
    prior = weight * symmetric_channel(counts)
    seen = np.log((counts + prior) / (counts.sum(axis=2, keepdims=True) + weight))
    never = counts.sum(axis=1, keepdims=True) == 0
    return np.where(never, _unseen(counts), seen)


def _unseen(counts: np.ndarray) -> np.ndarray:
    """Return log P(answer | class) by the channel alone, of shape (k, n_classes, n_answers)."""
    return np.asarray(np.log(symmetric_channel(counts)))


def likely_strength(counts: np.ndarray) -> np.ndarray:
    """Return for each model the strength under which its counts are most probable.

    Empirical Bayes: the answers to items of a class are multinomial with Dirichlet shares
    around the symmetric channel. A model that treats classes alike gets a large strength, a
    model with a bias for some class a small one.

    Parameters
    ----------
    counts : numpy.ndarray of shape (k, n_classes, n_answers)

    Returns
    -------
    numpy.ndarray of shape (k,)
        From `STRENGTHS`.
    """
    channel = symmetric_channel(counts)
    total = counts.sum(axis=2)
    evidence = []
    for strength in STRENGTHS:
        prior = strength * channel
        by_class = gammaln(strength) - gammaln(strength + total)
        by_class = by_class + (gammaln(counts + prior) - gammaln(prior)).sum(axis=2)
        evidence.append(by_class.sum(axis=1))
    best = np.argmax(np.array(evidence), axis=0)
    return np.asarray(np.array(STRENGTHS)[best])


def answer_scores(
    votes: np.ndarray, counts: np.ndarray, strength: np.ndarray, labels: np.ndarray | None = None
) -> np.ndarray:
    """Look up log P(answer | class) for each vote.

    Parameters
    ----------
    votes : numpy.ndarray of int, shape (n_items, k)
    counts : numpy.ndarray of shape (k, n_classes, n_answers)
    strength : numpy.ndarray of shape (k,)
    labels : numpy.ndarray of int, shape (n_items,), optional
        Given for the items that were counted: each item is then taken out of its own count.

    Returns
    -------
    numpy.ndarray of shape (n_items, n_classes, k)
    """
    n_items, k = votes.shape
    n_classes = counts.shape[1]
    answer = answer_index(votes, n_classes)
    table = log_likelihoods(counts, strength)
    scores = np.empty((n_items, n_classes, k))
    for voter in range(k):
        scores[:, :, voter] = table[voter][:, answer[:, voter]].T
    if labels is not None:
        channel = symmetric_channel(counts)
        voters, items = np.arange(k)[None, :], np.arange(n_items)
        own = counts[voters, labels[:, None], answer] - 1
        total = counts.sum(axis=2)[voters, labels[:, None]] - 1
        prior = strength * channel[voters, labels[:, None], answer]
        scores[items, labels] = np.log((own + prior) / (total + strength))
        # an answer that was given once was never seen without its item
        once = counts.sum(axis=1)[voters, answer] == 1
        unseen = _unseen(counts)[voters, :, answer]
        scores = np.where(once[:, None, :], unseen.transpose(0, 2, 1), scores)
    return scores
