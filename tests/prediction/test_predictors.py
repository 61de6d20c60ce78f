"""The contract of every predictor, on one small matrix."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from threadpoolctl import threadpool_info, threadpool_limits

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction import (
    InductiveKernel,
    MatrixFactorization,
    MeanScore,
    OracleSimRMF,
    Predictor,
    ScaledSimRMF,
    SimRMF,
)
from banzuke.prediction.boosting import BoostedTrees
from banzuke.prediction.irt import ItemResponse, Rasch
from banzuke.prediction.lrmf import LaplacianFactorization
from banzuke.prediction.routing import KNearestItems
from banzuke.testing import make_outcomes

PREDICTORS = {
    "mean": MeanScore(by=None),
    "mean per benchmark": MeanScore(),
    "factors": MatrixFactorization(2),
    "factors without biases": MatrixFactorization(2, biases=False, by=None, penalty=0.1),
    "simrmf": SimRMF(4),
    "scaled simrmf": ScaledSimRMF(n_factors=4),
    "inductive": InductiveKernel(2),
    "lrmf": LaplacianFactorization(2),
    "rasch": Rasch(),
    "2pl": ItemResponse(),
    "nearest items": KNearestItems(5),
    "boosting": BoostedTrees(10),
}
every_predictor = pytest.mark.parametrize("predictor", PREDICTORS.values(), ids=PREDICTORS.keys())


def gappy(seed: int = 0) -> Outcomes:
    outcomes = make_outcomes(30, 40, observed=0.7, seed=seed)
    scores = outcomes.scores.copy()
    scores[3], scores[:, 5] = np.nan, np.nan  # a new model and a new item
    return outcomes.replace(scores=scores)


@every_predictor
def test_predicts_every_cell_in_range(predictor: Predictor) -> None:
    predicted = clone(predictor).fit(gappy()).predict()
    assert predicted.shape == (30, 40)
    assert ((predicted >= 0) & (predicted <= 1)).all()


@every_predictor
def test_same_result_twice_and_fit_returns_self(predictor: Predictor) -> None:
    first, second = clone(predictor), clone(predictor)
    assert first.fit(gappy()) is first
    np.testing.assert_array_equal(first.predict(), second.fit(gappy()).predict())


def test_a_fit_has_one_blas_thread_and_gives_the_others_back() -> None:
    class Seeing(MeanScore):
        def _fit(self, scores: np.ndarray, outcomes: Outcomes | None) -> None:
            super()._fit(scores, outcomes)
            self.threads_ = blas_threads()

    with threadpool_limits(2, user_api="blas"):
        if blas_threads() != {2}:
            pytest.skip("the linear algebra library has no threads here")
        assert Seeing().fit(gappy()).threads_ == {1}
        assert blas_threads() == {2}


def blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@every_predictor
def test_before_fit_is_an_error(predictor: Predictor) -> None:
    with pytest.raises(NotFittedError):
        clone(predictor).predict()


@every_predictor
def test_takes_a_plain_array(predictor: Predictor) -> None:
    assert clone(predictor).fit(gappy().scores).predict().shape == (30, 40)


@every_predictor
def test_one_class_only(predictor: Predictor) -> None:
    predicted = clone(predictor).fit(np.ones((6, 8))).predict()
    assert (predicted > 0.5).all()


@every_predictor
def test_one_item_and_one_model(predictor: Predictor) -> None:
    assert clone(predictor).fit(np.array([[1.0], [0.0], [np.nan]])).predict().shape == (3, 1)
    assert clone(predictor).fit(np.array([[1.0, 0.0, np.nan]])).predict().shape == (1, 3)


@every_predictor
@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([[np.nan, np.nan]], "nothing to learn from"),
        ([[0.5, 2.0]], "outside"),
        ([0.5, 1.0], "1 dimensions"),
        ([["a", "b"]], "matrix of numbers"),
        (np.empty((0, 0)), "nothing to learn from"),
    ],
)
def test_bad_scores(predictor: Predictor, scores: object, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        clone(predictor).fit(scores)


@pytest.mark.parametrize("name", ["mean per benchmark", "factors", "inductive"])
def test_order_of_rows_and_columns_does_not_matter(name: str) -> None:
    outcomes = gappy()
    random = np.random.default_rng(1)
    rows, columns = random.permutation(30), np.arange(40)
    straight = clone(PREDICTORS[name]).fit(outcomes).predict()
    turned = clone(PREDICTORS[name]).fit(outcomes.select(models=rows)).predict()
    np.testing.assert_allclose(turned, straight[np.ix_(rows, columns)], atol=0.02)


@pytest.mark.parametrize("name", ["mean per benchmark", "factors", "inductive"])
def test_duplicate_rows_get_the_same_prediction(name: str) -> None:
    scores = np.repeat(gappy().scores, 2, axis=0)
    predicted = clone(PREDICTORS[name]).fit(scores).predict()
    np.testing.assert_allclose(predicted[::2], predicted[1::2], atol=1e-4)


def nameless(scores: np.ndarray) -> Outcomes:
    """Models and items about which nothing is known but results."""
    models = pl.DataFrame(
        {
            "model": [f"m{row}" for row in range(len(scores))],
            "params_b": pl.Series([None] * len(scores), dtype=pl.Float64),
            "architecture": pl.Series([None] * len(scores), dtype=pl.String),
        }
    )
    return Outcomes(scores, models, [f"q{item}" for item in range(scores.shape[1])])


@every_predictor
def test_model_without_results_and_metadata_is_an_average_one(predictor: Predictor) -> None:
    scores = make_outcomes(30, 40, seed=1).scores.copy()
    scores[4] = np.nan
    predicted = clone(predictor).fit(nameless(scores)).predict()
    assert np.isfinite(predicted).all()
    known = np.delete(predicted.mean(axis=1), 4)
    assert known.min() - 0.05 <= predicted[4].mean() <= known.max() + 0.05


@every_predictor
def test_features_that_are_not_numbers_are_no_obstacle(predictor: Predictor) -> None:
    outcomes = gappy()
    sizes = [float("nan"), None, -1.0, 0.0, float("inf"), 7.0] * 5
    models = outcomes.models.with_columns(params_b=pl.Series(sizes))
    items = outcomes.items.with_columns(text=pl.Series([None, "", "what is it?", "日本"] * 10))
    broken = outcomes.replace(models=models, items=items)
    assert np.isfinite(clone(predictor).fit(broken).predict()).all()


@every_predictor
def test_duplicate_rows_get_about_the_same_prediction(predictor: Predictor) -> None:
    scores = np.repeat(gappy().scores, 2, axis=0)
    predicted = clone(predictor).fit(scores).predict()
    run = ~np.isnan(scores[::2]).all(axis=1)  # literal SimRMF leaves others at random places
    gap = np.abs(predicted[::2] - predicted[1::2])[run]
    assert np.median(gap) < 0.1


def test_score_is_minus_the_root_mean_squared_error() -> None:
    predictor = MeanScore(by=None).fit([[1, 1], [0, 0]])
    assert predictor.score([[1, np.nan], [np.nan, 0]]) == pytest.approx(-0.25)
    with pytest.raises(InvalidInputError, match="same models and items"):
        predictor.score([[1.0]])


def test_mean_pools_the_observed_cells_of_row_and_column() -> None:
    scores = np.array([[1, 1, 0, np.nan], [np.nan, 0, 0, 1], [1, np.nan, np.nan, 1]])
    predicted = MeanScore(by=None).fit(scores).predict()
    assert predicted[0, 3] == pytest.approx((2 + 2) / 5)
    assert predicted[2, 1] == pytest.approx((2 + 1) / 4)


def test_mean_of_new_models_and_items() -> None:
    outcomes = gappy()
    predicted = MeanScore().fit(outcomes).predict()
    scores = outcomes.scores
    np.testing.assert_allclose(predicted[3, 0], np.nanmean(scores[:, 0]), rtol=1e-6)
    same = np.arange(40) % 3 == 5 % 3
    np.testing.assert_allclose(predicted[0, 5], np.nanmean(scores[0, same]), rtol=1e-6)
    np.testing.assert_allclose(predicted[3, 5], np.nanmean(scores[:, same]), rtol=1e-6)


def test_oracle_needs_the_whole_truth() -> None:
    outcomes = make_outcomes(20, 20)
    predicted = OracleSimRMF(outcomes.scores, n_factors=8).fit(gappy_block(outcomes)).predict()
    hidden = np.sqrt(np.mean((predicted[10:, 10:] - outcomes.scores[10:, 10:]) ** 2))
    assert hidden < 0.45
    with pytest.raises(InvalidInputError, match="the oracle needs all"):
        OracleSimRMF(gappy().scores).fit(gappy())


def gappy_block(outcomes: Outcomes) -> Outcomes:
    scores = outcomes.scores.copy()
    scores[10:, :], scores[:, 10:] = np.nan, np.nan
    return outcomes.replace(scores=scores)


@every_predictor
def test_a_fit_that_fails_leaves_nothing_of_the_one_before(predictor: Predictor) -> None:
    fitted = clone(predictor).fit(gappy())
    with pytest.raises(InvalidInputError):
        fitted.fit(np.full((8, 5), 7.0))
    with pytest.raises(NotFittedError):
        fitted.predict()
