from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes, importers
from banzuke.outcomes.importers import ImportOptions
from banzuke.prediction.measures import measure
from banzuke.prediction.protocol import METHODS, run_protocol
from banzuke.prediction.splits import TESTS, make_split
from banzuke.testing import make_outcomes


@given(st.integers(1, 20), st.integers(1, 24), st.floats(0.3, 1.0), st.integers(0, 99))
@settings(max_examples=40)
def test_tests_and_training_share_the_scores_among_them(
    models: int, items: int, filled: float, seed: int
) -> None:
    outcomes = make_outcomes(20, 24, observed=filled, seed=seed)
    split = make_split(outcomes, known_models=models, known_items=items, fraction=0.7, seed=seed)
    count = split.train.observed.astype(int)
    for test in TESTS:
        count += split.cells(test, outcomes.scores)
    np.testing.assert_array_equal(count, outcomes.observed)
    assert not split.train.observed[~split.known_models].any()
    assert not split.train.observed[:, ~split.known_items].any()


def test_shown_items_are_balanced() -> None:
    split = make_split(make_outcomes(40, 60), known_models=20, known_items=40, observed=10)
    seen = split.train.observed
    assert set(seen[split.known_models].sum(axis=1)) == {10}
    assert set(seen[:, split.known_items].sum(axis=0)) == {5}


def test_measures_of_a_small_example() -> None:
    truth = np.array([[1.0, 0.0], [1.0, 1.0]])
    predicted = np.array([[0.5, 0.5], [1.0, 0.5]])
    found = measure(predicted, truth, np.ones((2, 2), bool))
    assert found.rmse_p == pytest.approx(np.sqrt(0.75 / 4))
    assert found.rmse_m == pytest.approx(np.sqrt((0 + 0.25**2) / 2))
    assert found.rmse_x == pytest.approx(np.sqrt((0.25**2 + 0) / 2))
    assert found.auc == pytest.approx((1 + 0.5 + 0.5) / 3)
    assert np.isnan(measure(predicted, truth, np.zeros((2, 2), bool)).rmse_p)


@pytest.mark.parametrize("method", METHODS)
def test_shuffled_test_cells_change_no_fitted_parameter(method: str) -> None:
    outcomes = make_outcomes(40, 30, seed=1)
    split = make_split(outcomes, known_models=20, known_items=20, fraction=0.8)
    random = np.random.default_rng(0)
    scores = outcomes.scores.copy()
    hidden = ~split.train.observed
    scores[hidden] = random.permutation(scores[hidden])
    assert (scores != outcomes.scores).any()
    shuffled = make_split(
        outcomes.replace(scores=scores), known_models=20, known_items=20, fraction=0.8
    )
    first = METHODS[method]().fit(split.train)
    second = METHODS[method]().fit(shuffled.train)
    learned = [name for name in vars(first) if name.endswith("_") and not name.startswith("_")]
    assert len(learned) >= 3
    for name in learned:
        left, right = getattr(first, name), getattr(second, name)
        if isinstance(left, np.ndarray):
            np.testing.assert_array_equal(left, right, err_msg=name)
    np.testing.assert_array_equal(first.predict(), second.predict())


def test_same_rows_on_several_workers() -> None:
    outcomes = make_outcomes(30, 30, seed=1)
    settings = {"methods": ["mean", "mf"], "seeds": [0, 1]}
    alone = run_protocol(outcomes, **settings)
    spread = run_protocol(outcomes, **settings, n_jobs=2)
    # to rounding: a process of its own may split a sum over other threads
    np.testing.assert_allclose(
        [astuple(row.measures) for row in alone],
        [astuple(row.measures) for row in spread],
        rtol=1e-9,
    )
    assert [(row.method, row.test) for row in alone[:4]] == [("mean", test) for test in "ABCD"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"known_models": 0, "known_items": 5}, "0 known models of 20"),
        ({"known_models": 5, "known_items": 31}, "31 known items of 30"),
        ({"known_models": 5, "known_items": 10, "observed": 11}, "T is 11"),
        ({"known_models": 5, "known_items": 10, "observed": 2.5}, "T is 2.5, .* whole numbers"),
        ({"known_models": 5, "known_items": 10, "fraction": 0.0}, "fraction .* is 0"),
        ({"known_models": 5, "known_items": 10, "fraction": 1.1}, "fraction .* is 1.1"),
        ({"known_models": 5, "known_items": 10, "fraction": np.nan}, "fraction .* is nan"),
        ({"known_models": 5, "known_items": 10, "hold_out": "best"}, "no split 'best'"),
    ],
)
def test_impossible_splits_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        make_split(make_outcomes(20, 30), **settings)


@pytest.mark.parametrize("t", [0, 0.0, -3, -0.5, 22, 1.5, np.nan, np.inf, -np.inf])
def test_a_t_that_cannot_be_shown_is_refused(t: float) -> None:
    with pytest.raises(InvalidInputError, match=f"T is {t:g}, but a known model can show 1 to 21"):
        run_protocol(make_outcomes(20, 30), methods=["mean"], observed=[5, t])


def test_t_is_a_number_of_items_or_a_share_of_them() -> None:
    rows = run_protocol(
        make_outcomes(20, 30), methods=["mean"], observed=[1, 7.0, 0.5, 1e-9], seeds=[0]
    )
    assert [row.observed for row in rows[::4]] == [1, 7, 10, 1]


@pytest.mark.slow
def test_inductive_beats_the_means_on_real_results(shared_data) -> None:
    imported = importers.read(
        "table", [shared_data / "outcomes" / "open_llm_v1_items"], ImportOptions()
    )
    outcomes: Outcomes = next(iter(imported.collections.values()))
    complete = outcomes.select(models=np.flatnonzero(outcomes.observed.all(axis=1)))
    methods = ["mean-per-benchmark", "inductive"]
    rows = run_protocol(complete, methods=methods, seeds=[0])
    found = {(row.method, row.test): row.measures for row in rows}
    limits = {"B": 0.985, "C": 0.86, "D": 0.93}
    for test, limit in limits.items():
        ours, mean = found["inductive", test], found["mean-per-benchmark", test]
        assert ours.rmse_p <= limit * mean.rmse_p
        assert ours.rmse_m <= 1.01 * mean.rmse_m
        assert ours.rmse_x <= 1.01 * mean.rmse_x
    assert found["inductive", "A"].rmse_p <= 0.275
