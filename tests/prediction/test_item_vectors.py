from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from banzuke.prediction._item_side import ItemSide
from banzuke.prediction._item_vectors import ItemVectors
from banzuke.prediction._variational import BayesianFactors
from banzuke.testing import make_outcomes


@pytest.fixture(scope="module")
def parts() -> tuple[ItemSide, BayesianFactors, ItemVectors]:
    """Fifty models on eighty items of two tasks, one of them hard."""
    full = make_outcomes(50, 80, n_benchmarks=1, seed=1)
    random = np.random.default_rng(0)
    hard = np.arange(80) % 2 == 1
    logit = 2 * random.normal(size=(50, 1)) + random.normal(size=80) - 3 * hard
    scores = (random.random((50, 80)) < 1 / (1 + np.exp(-logit))).astype(np.float32)
    items = full.items.with_columns(task=pl.Series(np.where(hard, "hard", "easy")))
    factors = BayesianFactors(scores, np.zeros(80, dtype=np.intp), 2)
    factors.fit()
    side = ItemSide(items, factors.cells())
    return side, factors, ItemVectors(side, factors, scores)


def test_expectation_is_that_of_drawn_vectors(
    parts: tuple[ItemSide, BayesianFactors, ItemVectors],
) -> None:
    side, factors, vectors = parts
    new = side.describe(pl.DataFrame({"item_id": ["x"], "benchmark": ["bench0"], "task": ["hard"]}))
    predicted = side.columns(side.cells, new) + vectors.bend(new) / vectors.share
    random = np.random.default_rng(0)
    hard = factors.v[1::2]
    spread = np.cov(hard.T) + factors.v_covariance[1::2].mean(axis=0)
    drawn = random.multivariate_normal(hard.mean(axis=0), spread, 4000)
    models = factors.u[:, :2] + np.einsum(
        "nij,snj->sni",
        np.linalg.cholesky(factors.u_covariance),
        random.normal(size=(4000, 50, 2)),
    )
    logit = np.einsum("sni,si->sn", models, drawn[:, :2]) + drawn[:, 2:]
    chance = (1 / (1 + np.exp(-logit))).mean(axis=0)
    np.testing.assert_allclose(predicted[:, 0], chance, atol=0.06)


def test_models_keep_the_differences_of_their_means(
    parts: tuple[ItemSide, BayesianFactors, ItemVectors],
) -> None:
    side, _, vectors = parts
    tasks = {"item_id": ["x", "y"], "benchmark": ["bench0"] * 2, "task": ["hard", "easy"]}
    bend = vectors.bend(side.describe(pl.DataFrame(tasks)))
    gains = bend.mean(axis=1)
    assert np.std(gains) < 0.2 * np.std(bend)


def test_weight_is_a_share_and_unknown_benchmarks_stay(
    parts: tuple[ItemSide, BayesianFactors, ItemVectors],
) -> None:
    side, _, vectors = parts
    assert 0 < vectors.share <= 1
    new = side.describe(pl.DataFrame({"item_id": ["x"], "benchmark": ["never seen"]}))
    assert not vectors.bend(new).any()
