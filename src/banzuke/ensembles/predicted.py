"""Models that were only predicted, as voters in a pool, to see whether they are worth running."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit

from banzuke.ensembles.pool import NOT_ASKED, Pool, pool_of, usable_items
from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes

_MOST_SURE = 0.999


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """Expected scores of models, item by item or as the mean of each benchmark.

    Parameters
    ----------
    models : sequence of str
    columns : sequence of str
        Items, or benchmarks.
    scores : numpy.ndarray of shape (n_models, n_columns)
        In [0, 1]; NaN where there is no prediction.
    """

    models: Sequence[str]
    columns: Sequence[str]
    scores: np.ndarray

    @classmethod
    def of(cls, outcomes: Outcomes) -> Predictions:
        """Return those of an Outcomes, such as `banzuke predict fill` stores."""
        return cls(models=outcomes.model_names, columns=outcomes.item_ids, scores=outcomes.scores)


def pool_with_predicted(
    outcomes: Outcomes,
    predictions: Predictions,
    *,
    classes: Sequence[str] | None = None,
    seed: int = 0,
) -> Pool:
    """Encode an Outcomes as `pool_of` does, and add the models that were only predicted.

    A prediction for an item is used as it is. The predicted mean of a benchmark is spread
    over its items by their difficulty for the measured models, on the logit scale, so that
    its mean stays. Models of the pool keep their real answers.

    Parameters
    ----------
    outcomes : Outcomes
    predictions : Predictions
    classes : sequence of str, optional
        As in `encode`.
    seed : int, default 0
        Of the answers that are drawn.

    Raises
    ------
    InvalidInputError
        Where no item or benchmark has a prediction for a model that is not in the pool, or a
        score is outside [0, 1].
    """
    if ((predictions.scores < 0) | (predictions.scores > 1)).any():
        highest = float(np.nanmax(np.abs(predictions.scores)))
        raise InvalidInputError(
            f"predicted scores reach {highest:g}; they must lie between 0 and 1 "
            "(divide percents by 100)"
        )
    kept = outcomes.select(items=usable_items(outcomes))
    pool = pool_of(kept, classes=classes)
    new = [row for row, name in enumerate(predictions.models) if name not in pool.models]
    chances = _chances(predictions.scores[new], predictions.columns, kept, pool)
    there = ~np.isnan(chances).all(axis=1)
    if not there.any():
        raise InvalidInputError(_no_use(predictions, kept, n_new=len(new)))
    names = [predictions.models[row] for row, used in zip(new, there, strict=True) if used]
    return add_predicted(pool, names, chances[there], seed=seed)


def _chances(scores: np.ndarray, columns: Sequence[str], kept: Outcomes, pool: Pool) -> np.ndarray:
    """Return the chance of each model to be right on each item; NaN without a prediction."""
    place = {name: column for column, name in enumerate(columns)}
    found = np.full((len(scores), kept.n_items), np.nan)
    for item, name in enumerate(kept.item_ids):
        if name in place:
            found[:, item] = scores[:, place[name]]
    if "benchmark" not in kept.items.columns:
        return found
    right = (pool.votes == pool.labels[:, None]).sum(axis=1)
    easiness = logit((right + 0.5) / (pool.n_models + 1))
    of_item = kept.items["benchmark"].to_numpy()
    for benchmark in sorted(set(of_item) & set(place)):
        items = of_item == benchmark
        for row, mean in enumerate(scores[:, place[benchmark]]):
            if not np.isnan(mean):
                spread = _with_mean(easiness[items], float(mean))
                found[row, items] = np.where(np.isnan(found[row, items]), spread, found[row, items])
    return found


def _with_mean(easiness: np.ndarray, mean: float) -> np.ndarray:
    """Return chances that rise with easiness and have a given mean."""
    goal = float(np.clip(mean, 1 - _MOST_SURE, _MOST_SURE))
    shift = brentq(lambda by: expit(easiness + by).mean() - goal, -40.0, 40.0)
    return np.asarray(expit(easiness + shift))


def _no_use(predictions: Predictions, kept: Outcomes, *, n_new: int) -> str:
    if not n_new:
        return (
            f"all {len(predictions.models)} predicted models have answers already; "
            "predict a model that was not run"
        )
    theirs = ", ".join(list(predictions.columns)[:5])
    ours: list[Any] = (
        kept.benchmarks[:5] if "benchmark" in kept.items.columns else kept.item_ids[:5]
    )
    return (
        f"no predicted score belongs to these answers: predictions are of {theirs}, "
        f"answers of {', '.join(ours)}; predict the same benchmarks or items"
    )


def add_predicted(pool: Pool, names: Sequence[str], chances: np.ndarray, *, seed: int = 0) -> Pool:
    """Add models of which only the chance to be right on each item is predicted.

    An answer is drawn for each item: the right one with the predicted chance, otherwise the
    answer of a random model of the pool that is wrong there, or a random wrong class. So a
    predicted model errs where it is predicted to, in the ways in which others err. What it
    shares with other models beyond the difficulty of the items is not in the prediction:
    expect a real model to add less.

    Parameters
    ----------
    pool : Pool
    names : sequence of str
        Of the predicted models; new to the pool.
    chances : numpy.ndarray of shape (n_predicted, n_items)
        Chance to be right, 0 to 1; NaN where there is no prediction (not asked).
    seed : int, default 0

    Returns
    -------
    Pool
        The models of ``pool``, then the predicted ones, which are in its ``predicted``.

    Raises
    ------
    InvalidInputError
        Where shapes disagree, a chance is outside 0 to 1, or a name is taken.
    """
    given = np.asarray(chances, dtype=float)
    if given.shape != (len(names), pool.n_items):
        raise InvalidInputError(
            f"chances have shape {given.shape}; they must be ({len(names)}, {pool.n_items}), "
            "predicted models x items"
        )
    taken = sorted(set(names) & set(pool.models))
    if taken or len(set(names)) != len(names):
        raise InvalidInputError(f"names must be new and different ({taken[:3] or list(names)})")
    if ((given < 0) | (given > 1)).any():
        raise InvalidInputError("chances to be right must lie between 0 and 1, or be NaN")
    random = np.random.default_rng(seed)
    drawn = [_draw(pool, row, random) for row in given]
    return replace(
        pool,
        votes=np.column_stack([pool.votes, *drawn]).astype(pool.votes.dtype),
        models=(*pool.models, *names),
        predicted=pool.predicted | set(names),
    )


def _draw(pool: Pool, chances: np.ndarray, random: np.random.Generator) -> np.ndarray:
    shift = random.integers(1, pool.n_classes, pool.n_items)
    wrong = (pool.labels + shift) % pool.n_classes
    lent = pool.votes[np.arange(pool.n_items), random.integers(0, pool.n_models, pool.n_items)]
    usable = (lent >= 0) & (lent != pool.labels)
    wrong = np.where(usable, lent, wrong)
    right = random.random(pool.n_items) < chances
    votes = np.where(right, pool.labels, wrong)
    return np.where(np.isnan(chances), NOT_ASKED, votes)
