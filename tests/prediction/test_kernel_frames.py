"""What the inductive predictor's methods make of frames of new models and items."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.exceptions import NotFittedError

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction import InductiveKernel
from banzuke.testing import make_outcomes

Call = Callable[[InductiveKernel, pl.DataFrame], Any]
METHODS: dict[str, Call] = {
    "predict": lambda fitted, models: fitted.predict(models=models),
    "positions": lambda fitted, models: fitted.positions(models),
    "update": lambda fitted, models: fitted.update(models, np.full((models.height, 30), np.nan)),
    "model_radius": lambda fitted, models: fitted.model_radius(models),
    "outside": lambda fitted, models: fitted.outside_known_range(models),
    "expected": lambda fitted, models: fitted.expected_scores(models).scores,
}
every_method = pytest.mark.parametrize("call", METHODS.values(), ids=METHODS.keys())


@pytest.fixture(scope="module")
def known() -> Outcomes:
    return make_outcomes(40, 30)


@pytest.fixture(scope="module")
def fitted(known: Outcomes) -> InductiveKernel:
    return InductiveKernel(2).fit(known)


@every_method
def test_no_models_are_an_empty_answer(
    fitted: InductiveKernel, known: Outcomes, call: Call
) -> None:
    assert len(call(fitted, known.models[:0])) == 0


@every_method
def test_before_a_fit_nothing_is_known(known: Outcomes, call: Call) -> None:
    with pytest.raises(NotFittedError):
        call(InductiveKernel(), known.models)


@every_method
@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pl.DataFrame({"name": ["a"]}), "no column 'model'"),
        (pl.DataFrame({"model": [7]}), "holds Int64"),
        (pl.DataFrame({"model": ["a", None]}), "1 gaps"),
    ],
)
def test_models_without_names(
    fitted: InductiveKernel, call: Call, frame: pl.DataFrame, message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        call(fitted, frame)


@pytest.mark.parametrize("level", [0.0, 1.0, 90.0, -0.1, float("nan")])
def test_levels_that_are_none(fitted: InductiveKernel, known: Outcomes, level: float) -> None:
    for call in (
        lambda: fitted.model_radius(known.models, level=level),
        lambda: fitted.item_radius(level),
        lambda: fitted.expected_scores(known.models, level=level),
    ):
        with pytest.raises(InvalidInputError, match="above 0 and below 1"):
            call()


def test_a_fitted_predictor_travels(fitted: InductiveKernel, known: Outcomes) -> None:
    cards = known.models[:3].with_columns(pl.Series("model", ["x/1", "x/2", "x/3"]))
    for twin in (pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)):
        np.testing.assert_array_equal(twin.predict(models=cards), fitted.predict(models=cards))
        np.testing.assert_array_equal(twin.model_radius(cards), fitted.model_radius(cards))


def test_items_without_a_benchmark_have_expected_scores(known: Outcomes) -> None:
    none = known.replace(items=known.items.drop("benchmark"))
    assert InductiveKernel(2).fit(none).expected_scores(known.models[:2]).item_ids == ["all items"]
    labels = ["known", None] * 15
    some = known.replace(items=known.items.with_columns(pl.Series("benchmark", labels)))
    expected = InductiveKernel(2).fit(some).expected_scores(known.models[:2])
    assert expected.item_ids == ["known", "no benchmark"]


def test_numbered_benchmarks_are_benchmarks(known: Outcomes) -> None:
    numbered = known.replace(items=known.items.with_columns(pl.Series("benchmark", [1, 2, 3] * 10)))
    predictor = InductiveKernel(2).fit(numbered)
    assert predictor.expected_scores(known.models[:2]).item_ids == ["1", "2", "3"]


def test_an_item_without_texts_is_predicted_where_others_have_them(known: Outcomes) -> None:
    texts = [f"what is {i} plus {i * i}?" for i in range(30)]
    told = known.replace(items=known.items.with_columns(text=pl.Series(texts)))
    items = pl.DataFrame({"item_id": ["n"], "benchmark": ["bench0"]})
    predictor = InductiveKernel(2).fit(told)
    silent = items.with_columns(text=pl.lit(None, pl.String))
    found = predictor.predict(items=items)
    assert found.shape == (40, 1)
    assert np.abs(found - predictor.predict(items=silent)).max() < 0.2


def test_results_on_items_that_no_one_ran_tell_of_a_model() -> None:
    whole = make_outcomes(160, 120, seed=3)
    nameless = whole.replace(models=whole.models.select("model"))
    scores = nameless.scores[:120].copy()
    scores[:, 60:] = np.nan
    fitted = InductiveKernel(4).fit(nameless.select(models=slice(0, 120)).replace(scores=scores))
    new = nameless.select(models=slice(120, 160))
    truth = new.scores[:, :60].mean(axis=1)

    def error(shown: slice) -> float:
        results = np.full(new.shape, np.nan)
        results[:, shown] = new.scores[:, shown]
        found = fitted.update(new.models, results)[:, :60].mean(axis=1)
        return float(np.sqrt(np.mean((found - truth) ** 2)))

    nothing = error(slice(0, 0))
    assert error(slice(60, 120)) < 0.7 * nothing
    assert error(slice(0, 120)) < error(slice(60, 120))


def test_without_results_an_update_is_the_prediction(
    fitted: InductiveKernel, known: Outcomes
) -> None:
    cards = known.models[:5].with_columns(pl.Series("model", [f"org/family-{i}" for i in "abcde"]))
    blank = np.full((5, 30), np.nan)
    np.testing.assert_allclose(fitted.update(cards, blank), fitted.predict(models=cards))
