"""What the similarities of SimRMF are made of; its contract is tested with all predictors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import polars as pl
import pytest
from sklearn.base import BaseEstimator, TransformerMixin

from banzuke.outcomes import Outcomes
from banzuke.prediction import ScaledSimRMF, SimRMF
from banzuke.prediction.lrmf import LaplacianFactorization
from banzuke.prediction.protocol import unfitted
from banzuke.prediction.similarity import TextEmbeddings
from banzuke.prediction.simrmf import _Objective
from banzuke.testing import make_outcomes


class FirstLetter(TransformerMixin, BaseEstimator):
    """Texts that begin alike are alike."""

    def fit(self, texts: Sequence[str], y: None = None) -> Self:
        self.letters_ = sorted({text[0] for text in texts})
        return self

    def transform(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([[float(text[0] == c) for c in self.letters_] for text in texts])


@pytest.fixture(scope="module")
def outcomes() -> Outcomes:
    """40 models, 60 items that are all hard or all easy by their first letter; 12 are new."""
    random = np.random.default_rng(0)
    hard = np.arange(60) % 2 == 0
    scores = (random.random((40, 60)) < np.where(hard, 0.1, 0.9)).astype(np.float32)
    scores[:, 48:] = np.nan
    made = make_outcomes(40, 60)
    texts = [f"{'hb'[i % 2]}{random.integers(10**9)}" for i in range(60)]
    return made.replace(scores=scores, items=made.items.with_columns(text=np.array(texts)))


@pytest.mark.parametrize(
    "predictor", [ScaledSimRMF(n_factors=4), LaplacianFactorization(2)], ids=["simrmf", "lrmf"]
)
def test_new_items_take_after_items_that_the_encoder_calls_alike(
    predictor: ScaledSimRMF | LaplacianFactorization, outcomes: Outcomes
) -> None:
    predicted = predictor.set_params(encoder=FirstLetter()).fit(outcomes).predict()
    new = predicted[:, 48:].mean(axis=0)
    assert new[::2].max() < 0.4 < 0.6 < new[1::2].min()


def test_the_command_line_gives_the_published_method_plain_cosines() -> None:
    methods = unfitted(["simrmf", "lrmf", "inductive"], TextEmbeddings("e5"))
    centred = {name: method.get_params()["encoder"].centred for name, method in methods.items()}
    assert centred == {"simrmf": False, "lrmf": True, "inductive": True}


@pytest.mark.parametrize("rank", [3, 30])
def test_loss_and_gradient_are_those_of_the_dense_formula(rank: int) -> None:
    random = np.random.default_rng(2)
    scores = (random.random((30, 20)) < 0.5).astype(np.float32)
    scores[random.random(scores.shape) < 0.3] = np.nan
    roots = random.normal(size=(30, rank)), random.normal(size=(20, min(rank, 20)))
    settings = SimRMF(4)
    objective = _Objective(settings, scores, *roots)
    theta = random.normal(scale=0.5, size=50 * 4)
    m, x = objective.unpack(theta)
    logit, seen = m @ x.T, ~np.isnan(scores)
    expected = (np.logaddexp(0, logit) - scores * logit)[seen].sum()
    expected += settings.penalty * np.square(theta).sum()
    for factor, root in ((m, roots[0]), (x, roots[1])):
        expected += 0.1 * np.square(factor @ factor.T - root @ root.T).sum()
    loss, gradient = objective(theta)
    assert loss == pytest.approx(expected, rel=1e-5)
    way = random.normal(size=theta.size)
    way /= np.linalg.norm(way)
    slope = (objective(theta + 0.01 * way)[0] - objective(theta - 0.01 * way)[0]) / 0.02
    assert gradient @ way == pytest.approx(slope, rel=2e-3)


def test_a_size_that_is_no_number_is_unknown(outcomes: Outcomes) -> None:
    written = outcomes.models.with_columns(params_b=pl.lit("7B"))
    unknown = outcomes.models.with_columns(params_b=pl.lit(None, pl.Float64))
    found = [
        SimRMF(2).fit(outcomes.replace(models=models)).predict() for models in (written, unknown)
    ]
    np.testing.assert_allclose(*found)
