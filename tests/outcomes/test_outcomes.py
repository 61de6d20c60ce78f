"""Outcomes checks itself at birth, and selecting keeps everything aligned."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from banzuke import Outcomes
from banzuke.exceptions import InvalidInputError, InvalidOutcomesError, NotFoundError
from banzuke.testing import assert_outcomes_equal, make_outcomes

NAN = float("nan")


def test_scores_are_float32_and_nan_means_not_evaluated():
    outcomes = Outcomes([[1, 0.5], [NAN, 0]], ["a", "b"], ["q1", "q2"])
    assert outcomes.scores.dtype == np.float32
    assert outcomes.shape == (2, 2)
    assert outcomes.observed.tolist() == [[True, True], [False, True]]
    assert repr(outcomes) == "Outcomes(2 models x 2 items, 75.0% filled)"


def test_nothing_can_be_changed_in_place():
    given_scores = np.array([[1.0]], dtype=np.float32)
    outcomes = Outcomes(given_scores, ["a"], ["q"], layers={"confidence": [[0.3]]})
    with pytest.raises(ValueError, match="read-only"):
        outcomes.scores[0, 0] = 0
    with pytest.raises(ValueError, match="read-only"):
        outcomes.layers["confidence"][0, 0] = 0
    with pytest.raises(AttributeError):
        outcomes.models = outcomes.items
    given_scores[0, 0] = 0.5  # the caller's own array stays the caller's
    assert given_scores.flags.writeable


def test_outcomes_travel_to_other_processes_frozen():
    outcomes = make_outcomes(3, 4).replace(layers={"confidence": np.full((3, 4), 0.5)})
    outcomes = outcomes.replace(provenance={"from": "a test"})
    for twin in (pickle.loads(pickle.dumps(outcomes)), copy.deepcopy(outcomes)):
        assert_outcomes_equal(twin, outcomes)
        assert dict(twin.provenance) == {"from": "a test"}
        with pytest.raises(ValueError, match="read-only"):
            twin.scores[0, 0] = 0


def test_numbered_benchmarks_and_tasks_become_names():
    frame = pl.DataFrame({"item_id": ["q", "r"], "benchmark": [1, None], "task": [0.5, 2.0]})
    items = Outcomes([[1, 0]], ["a"], frame).items
    assert items["benchmark"].to_list() == ["1", None]
    assert items["task"].to_list() == ["0.5", "2.0"]


@pytest.mark.parametrize(
    ("scores", "models", "items", "message"),
    [
        ([[1.7]], ["a"], ["q"], r"score 1.7 of model 'a' on item 'q' is outside \[0, 1\]"),
        ([[-0.1]], ["a"], ["q"], "outside"),
        ([[float("inf")]], ["a"], ["q"], "outside"),
        ([[1]], ["a", "b"], ["q"], r"shape \(1, 1\), but there are 2 models and 1 items"),
        ([["n/a"]], ["a"], ["q"], "scores must be numbers"),
        ([[1], [1]], ["a", "a"], ["q"], "model 'a' appears more than once"),
        ([[1, 1]], ["a"], ["q", "q"], "item 'q' appears more than once"),
        ([[1]], [""], ["q"], "row 0 of the model frame has no 'model'"),
        ([[1]], pl.DataFrame({"name": ["a"]}), ["q"], "has no column 'model'"),
        ([[1]], pl.DataFrame({"model": [1]}), ["q"], "must hold text"),
        (
            [[1]],
            ["a"],
            pl.DataFrame({"item_id": ["q"], "benchmark": [["b", "c"]]}),
            "one text for each row",
        ),
    ],
)
def test_bad_parts_are_refused_with_the_reason(scores, models, items, message):
    with pytest.raises(InvalidOutcomesError, match=message):
        Outcomes(scores, models, items)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ([[1, 2]], r"layer 'x' has shape \(1, 2\), but the scores have \(1, 1\)"),
        ([[object()]], "layer 'x' mixes text with object"),
        (np.array([["2024-01-01"]], dtype="datetime64[D]"), "a layer holds numbers or text"),
    ],
)
def test_bad_layers_are_refused_with_the_reason(layer, message):
    with pytest.raises(InvalidOutcomesError, match=message):
        Outcomes([[1]], ["a"], ["q"], layers={"x": layer})


def test_layers_are_numbers_or_text():
    layers = {"tokens": [[3]], "answer": [["B"]], "parsed": [[True]]}
    outcomes = Outcomes([[1]], ["a"], ["q"], layers=layers)
    assert outcomes.layers["tokens"].dtype == np.float32
    assert outcomes.layers["answer"].tolist() == [["B"]]
    assert outcomes.layers["parsed"].tolist() == [[1.0]]


def test_selecting_by_every_kind_of_selector_agrees():
    outcomes = make_outcomes(6, 9)
    expected = outcomes.select(models=[1, 4], items=[0, 3, 6])
    assert_outcomes_equal(
        outcomes.select(
            models=["org-1/model-1", "org-0/model-4"], items=pl.col("benchmark") == "bench0"
        ),
        expected,
    )
    mask = np.isin(np.arange(6), [1, 4])
    assert_outcomes_equal(outcomes.select(models=mask, items=slice(0, 9, 3)), expected)
    assert_outcomes_equal(outcomes[mask, ["q0", "q3", "q6"]], expected)
    assert outcomes.select(models=pl.Series([None, True, False, None, None, None])).shape == (1, 9)
    assert outcomes[-1].model_names == ["org-1/model-5"]
    assert outcomes[:, "q2"].item_ids == ["q2"]
    assert outcomes.select(models=[]).shape == (0, 9)
    assert outcomes.benchmarks == ["bench0", "bench1", "bench2"]


@pytest.mark.parametrize(
    ("selector", "error", "message"),
    [
        ("org-0/modell-0", NotFoundError, "there is no model 'org-0/modell-0'; did you mean"),
        (["zzz"], NotFoundError, "there is no model 'zzz'$"),
        ([True, False], InvalidInputError, "the mask has 2 entries, but there are 6 models"),
        ([99], InvalidInputError, "position 99 is outside the 6 models"),
        ([[1, 2]], InvalidInputError, "must be flat"),
        (pl.col("nope") > 1, InvalidInputError, "the expression on model metadata failed"),
        (pl.col("params_b"), InvalidInputError, "one true or false for each model"),
    ],
)
def test_bad_selectors_are_refused_with_the_reason(selector, error, message):
    with pytest.raises(error, match=message):
        make_outcomes(6, 9).select(models=selector)


@given(
    scores=arrays(np.float32, (4, 5), elements=st.sampled_from([0.0, 0.25, 1.0, np.nan])),
    rows=st.permutations(range(4)),
    columns=st.lists(st.integers(0, 4), unique=True),
)
def test_selecting_keeps_each_cell_with_its_names(scores, rows, columns):
    answer = np.array([[f"{r}:{c}" for c in range(5)] for r in range(4)], dtype=object)
    whole = Outcomes(scores, list("abcd"), list("vwxyz"), layers={"answer": answer})
    part = whole.select(models=rows, items=columns)
    for row, model in enumerate(part.model_names):
        for column, item in enumerate(part.item_ids):
            there = whole.model_index[model], whole.item_index[item]
            np.testing.assert_equal(part.scores[row, column], whole.scores[there])
            assert part.layers["answer"][row, column] == whole.layers["answer"][there]
