"""New items where models leave out some kinds of items."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.special import expit

from banzuke.outcomes import Outcomes
from banzuke.prediction import InductiveKernel

ITEMS = 300


def halves(at_random: bool, seed: int = 0) -> tuple[Outcomes, np.ndarray, np.ndarray]:
    """One benchmark of easy and hard items; nine models in ten run the hard or random halves.

    Returns outcomes without the last quarter of the items, all scores, and which are run.
    """
    random = np.random.default_rng(seed)
    hard = np.arange(ITEMS) % 2 == 1
    logit = random.normal(size=(100, 1)) + random.normal(size=ITEMS) + np.where(hard, -1, 1)
    scores = (random.random(logit.shape) < expit(logit)).astype(np.float32)
    run = random.random(logit.shape) < 0.5 if at_random else np.tile(hard, (100, 1))
    run[90:] = True
    shown = np.where(run, scores, np.float32(np.nan))
    shown[:, ITEMS * 3 // 4 :] = np.nan
    items = pl.DataFrame({"item_id": [str(i) for i in range(ITEMS)], "benchmark": "one"})
    models = [f"#{i}" for i in range(100)]
    return Outcomes(shown, models, items), scores, run


def error_of_new(shown: Outcomes, scores: np.ndarray, run: np.ndarray) -> np.ndarray:
    """Return the mean error of each model over the new items that it runs."""
    new = np.arange(ITEMS) >= ITEMS * 3 // 4
    error = np.where(run & new, InductiveKernel().fit(shown).predict() - scores, 0)
    return np.asarray(error.sum(axis=1) / (run & new).sum(axis=1))


def test_new_items_are_of_the_kind_that_a_model_runs() -> None:
    errors = error_of_new(*halves(at_random=False))
    assert abs(errors[:90].mean()) < 0.04  # the halves are .3 apart
    assert abs(errors[90:].mean()) < 0.06


def test_gaps_at_random_shift_nothing() -> None:
    for seed in range(3):
        errors = error_of_new(*halves(at_random=True, seed=seed))
        assert abs(errors[:90].mean() - errors[90:].mean()) < 0.04


def test_what_features_tell_of_the_halves_is_not_counted_twice() -> None:
    shown, scores, run = halves(at_random=False)
    kinds = pl.Series(["hard" if i % 2 else "easy" for i in range(ITEMS)])
    told = shown.replace(items=shown.items.with_columns(task=kinds))
    assert abs(error_of_new(told, scores, run)[:90].mean()) < 0.04
