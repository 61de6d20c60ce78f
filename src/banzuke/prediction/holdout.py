"""Hiding results the way they are really missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from banzuke.outcomes import Outcomes
from banzuke.prediction.similarity.models import organizations

__all__ = ["Fold", "hidden_folds", "model_groups"]

_TRIES = 20


@dataclass(frozen=True)
class Fold:
    """One way to hide results.

    Parameters
    ----------
    models : ndarray of int
        Rows that lost cells.
    visible : ndarray of shape (n_models, n_items), float32
        The scores that are left, NaN where hidden or never run.
    """

    models: np.ndarray
    visible: np.ndarray


def hidden_folds(outcomes: Outcomes, *, n_folds: int = 10, seed: int = 0) -> Sequence[Fold]:
    """Hide from each model, in one of the folds, what some less complete model lacks.

    Parameters
    ----------
    outcomes : Outcomes
    n_folds : int, default 10
        At most; fewer where there are fewer groups of models. Models of one organisation
        are in the same fold.
    seed : int, default 0

    Returns
    -------
    sequence of Fold
        Empty where no model lacks what another one has.
    """
    random = np.random.default_rng(seed)
    known = outcomes.observed
    by_name = np.argsort(outcomes.model_names)  # the order of rows must not matter
    targets = _targets(known, by_name, random)
    groups = model_groups(outcomes)
    there = sorted({int(groups[row]) for row, target in enumerate(targets) if target is not None})
    order = random.permutation(len(there))
    n_folds = min(n_folds, len(there))
    fold_of = {group: int(position) % n_folds for group, position in zip(there, order, strict=True)}
    folds = []
    for fold in range(n_folds):
        visible = np.array(outcomes.scores)
        rows = []
        for row, target in enumerate(targets):
            if target is not None and fold_of[groups[row]] == fold:
                visible[row, ~known[target]] = np.nan
                rows.append(row)
        folds.append(Fold(np.array(rows), visible))
    return folds


def _targets(
    known: np.ndarray, by_name: np.ndarray, random: np.random.Generator
) -> list[int | None]:
    """For each model, a model that has only part of what it has, but something; or None."""
    most = known.any(axis=0).sum()
    incomplete = np.array([row for row in by_name if known[row].sum() < most], dtype=np.intp)
    targets: list[int | None] = [None] * len(known)
    for row in by_name if incomplete.size else []:
        for other in random.choice(incomplete, _TRIES):
            left = known[row] & known[other]
            if left.any() and not left[known[row]].all():
                targets[row] = int(other)
                break
    return targets


def model_groups(outcomes: Outcomes) -> np.ndarray:
    """Return a number for the organisation of each model, by column or by name.

    A model without an organisation is its own group.

    Parameters
    ----------
    outcomes : Outcomes

    Returns
    -------
    ndarray of shape (n_models,), int
        From 0 on, in the order of names, whatever the order of rows.

    See Also
    --------
    organizations : The organisation itself.
    """
    labels = organizations(outcomes.models).tolist()
    pairs = zip(labels, outcomes.model_names, strict=True)
    # a model without an organisation may be called as an organisation is
    keys = [(label or name, not label) for label, name in pairs]
    number = {key: place for place, key in enumerate(sorted(set(keys)))}
    return np.array([number[key] for key in keys], dtype=np.intp)
