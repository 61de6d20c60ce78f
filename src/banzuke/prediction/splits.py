"""Known and new models and items, and the few cells of the known block that may be seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction._abilities import abilities
from banzuke.prediction.holdout import model_groups

__all__ = ["HOLD_OUT", "TESTS", "Split", "make_split"]

TESTS = {
    "A": "known model, known item",
    "B": "known model, new item",
    "C": "new model, known item",
    "D": "new model, new item",
}
"""The four tests of the protocol: where the cells to predict lie."""

HOLD_OUT = ("random", "organisations", "strongest")
"""Which models are new: drawn at random, whole organisations, or the best ones (`make_split`)."""


@dataclass(frozen=True)
class Split:
    """One draw of the protocol.

    Parameters
    ----------
    train : Outcomes
        All models and items; every score but those that may be seen is NaN.
    known_models : ndarray of shape (n_models,), bool
    known_items : ndarray of shape (n_items,), bool
    """

    train: Outcomes
    known_models: np.ndarray
    known_items: np.ndarray

    def cells(self, test: str, scores: np.ndarray) -> np.ndarray:
        """Return a mask of the cells of a test ("A" to "D") that hold a score."""
        rows = self.known_models if test in "AB" else ~self.known_models
        columns = self.known_items if test in "AC" else ~self.known_items
        mask = rows[:, None] & columns & ~np.isnan(scores)
        return np.asarray(mask & ~self.train.observed)


def make_split(
    outcomes: Outcomes,
    *,
    known_models: int,
    known_items: int,
    observed: int | float | None = None,
    fraction: float | None = None,
    hold_out: str = "random",
    seed: int = 0,
) -> Split:
    """Draw known models and items, and the cells of their block that may be seen.

    Parameters
    ----------
    outcomes : Outcomes
    known_models, known_items : int
        How many are known, at least 1; the others are new. With whole organisations the number
        of known models may be another one.
    observed : int or whole float, optional
        T, how many items each known model shows, the same number of models for each item as
        nearly as that allows.
    fraction : float, optional
        Share of the known items that each model shows, above 0 to 1, but at least one item;
        instead of ``observed``. Default 1.
    hold_out : {"random", "organisations", "strongest"}
        How the new models are chosen. ``organisations``: every organisation is known or new as
        a whole. They are drawn one after the other, until the number of known models is as near
        to ``known_models`` as it gets that way (the smaller of two that are as near); at least
        one is known and one is new. ``strongest``: the models of the highest ability. Effects of
        models and items are fitted to all scores, so that a model that ran easier items is not
        taken for a stronger one; a model without a result is the weakest.
    seed : int, default 0

    Returns
    -------
    Split

    Raises
    ------
    InvalidInputError
        Where a number is larger than the matrix, T is not a number of known items, or all
        models are of one organisation and that is to be new.
    """
    for wanted, there, what in (
        (known_models, outcomes.n_models, "models"),
        (known_items, outcomes.n_items, "items"),
    ):
        if not 1 <= wanted <= there:
            raise InvalidInputError(f"{wanted} known {what} of {there}: give 1 to {there}")
    n_shown = _n_shown(known_items, observed, fraction)
    random = np.random.default_rng(seed)
    models = np.zeros(outcomes.n_models, bool)
    models[_known_models(outcomes, known_models, hold_out, random)] = True
    items = np.zeros(outcomes.n_items, bool)
    items[random.permutation(outcomes.n_items)[:known_items]] = True
    shown = _balanced(outcomes.observed & models[:, None] & items, n_shown, random)
    train = np.where(shown, outcomes.scores, np.float32(np.nan))
    return Split(outcomes.replace(scores=train, layers={}), models, items)


def _n_shown(known_items: int, observed: float | None, fraction: float | None) -> int:
    """Return T as a number of items."""
    if observed is None:
        share = 1.0 if fraction is None else fraction
        if not 0 < share <= 1:
            raise InvalidInputError(
                f"the fraction of the known items that a model shows is {share:g}; "
                "give a number above 0, at most 1"
            )
        return max(1, round(known_items * share))
    if not 1 <= observed <= known_items or observed != int(observed):
        raise InvalidInputError(
            f"T is {observed:g}, but a known model can show 1 to {known_items} items "
            "(the number of known items), in whole numbers, or a fraction of them below 1"
        )
    return int(observed)


def _known_models(
    outcomes: Outcomes, n_known: int, hold_out: str, random: np.random.Generator
) -> np.ndarray:
    order = random.permutation(outcomes.n_models)
    if hold_out == "random":
        return order[:n_known]
    if hold_out == "strongest":
        return np.argsort(abilities(outcomes.scores), kind="stable")[:n_known]
    if hold_out == "organisations":
        return _whole_groups(model_groups(outcomes)[order], n_known, order)
    raise InvalidInputError(f"there is no split {hold_out!r}; use {', '.join(HOLD_OUT)}")


def _whole_groups(groups: np.ndarray, n_known: int, order: np.ndarray) -> np.ndarray:
    """Return the models of the first groups, as many groups as bring them nearest to a number.

    ``groups`` and ``order`` are those of the models in the order drawn, (n_models,).
    """
    _, first, number, sizes = np.unique(
        groups, return_index=True, return_inverse=True, return_counts=True
    )
    if len(first) < 2:
        raise InvalidInputError(
            "all models are of one organisation, so none can be new; hold out 'random' ones"
        )
    drawn = np.argsort(first)
    total = np.cumsum(sizes[drawn])[:-1]  # one is left to be new
    n_groups = int(np.abs(total - n_known).argmin()) + 1
    return order[np.isin(number, drawn[:n_groups])]


def _balanced(available: np.ndarray, n_shown: int, random: np.random.Generator) -> np.ndarray:
    """Pick ``n_shown`` of each row's available columns, the least used ones first."""
    shown = np.zeros_like(available)
    used = np.zeros(available.shape[1])
    for row in random.permutation(len(available)):
        columns = np.flatnonzero(available[row])
        if columns.size:
            order = np.lexsort((random.random(columns.size), used[columns]))
            shown[row, columns[order[:n_shown]]] = True
            used += shown[row]
    return shown
