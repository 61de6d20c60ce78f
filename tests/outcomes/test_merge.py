"""Joining results: unions of models and items, and conflicts that are told."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from banzuke import Outcomes, merge
from banzuke.exceptions import ConflictError
from banzuke.testing import assert_outcomes_equal, make_outcomes

NAN = float("nan")


def test_new_models_items_and_cells_come_in():
    old = Outcomes([[1, NAN]], ["a"], ["p", "q"], layers={"answer": [["yes", None]]})
    new = Outcomes([[0, 1], [0.5, 0]], ["a", "b"], ["q", "r"], layers={"tokens": [[1, 2], [3, 4]]})
    both = merge(old, new)
    assert (both.model_names, both.item_ids) == (["a", "b"], ["p", "q", "r"])
    np.testing.assert_array_equal(both.scores, [[1, 0, 1], [NAN, 0.5, 0]])
    assert both.layers["answer"].tolist() == [["yes", None, None], [None, None, None]]
    np.testing.assert_array_equal(both.layers["tokens"], [[NAN, 1, 2], [NAN, 3, 4]])


def test_metadata_is_completed_and_the_newer_wins():
    old = Outcomes(
        [[1]], pl.DataFrame({"model": ["a"], "params_b": [7.0], "type": ["chat"]}), ["q"]
    )
    new = Outcomes(
        [[1]],
        pl.DataFrame({"model": ["a"], "params_b": [8.0], "type": [None], "license": ["mit"]}),
        ["q"],
    )
    assert merge(old, new).models.to_dicts() == [
        {"model": "a", "params_b": 8.0, "type": "chat", "license": "mit"}
    ]


def test_different_scores_are_a_conflict_unless_replaced():
    old, new = (Outcomes([[score]], ["a"], ["q"]) for score in (1, 0))
    with pytest.raises(ConflictError, match=r"model .a. already has 1 on item .q..*--replace"):
        merge(old, new)
    assert merge(old, new, replace=True).scores.tolist() == [[0.0]]


def test_layers_of_a_replaced_score_go_with_it():
    layers = {"answer": [["A", "B"]], "standard_error": [[0.1, 0.2]]}
    old = Outcomes([[1, 0.5]], ["a"], ["q", "r"], layers=layers)
    new = Outcomes([[0, 0.5]], ["a"], ["q", "r"], layers={"answer": [["C", None]]})
    both = merge(old, new, replace=True)
    assert both.scores.tolist() == [[0, 0.5]]
    assert both.layers["answer"].tolist() == [["C", "B"]]
    np.testing.assert_allclose(both.layers["standard_error"], [[NAN, 0.2]])
    bare = Outcomes([[0]], ["a"], ["q"])
    assert merge(old, bare, replace=True).layers["answer"].tolist() == [[None, "B"]]


def test_a_score_that_stays_keeps_its_answer():
    old = Outcomes([[1, 0]], ["a"], ["q", "r"], layers={"answer": [["A", "B"]]})
    new = Outcomes([[1, 0]], ["a"], ["q", "r"], layers={"answer": [["A", None]]})
    assert merge(old, new).layers["answer"].tolist() == [["A", "B"]]


def test_items_of_one_name_but_another_label_are_a_conflict():
    old, new = (
        Outcomes([[1]], ["a"], pl.DataFrame({"item_id": ["q"], "label": [label]})) for label in "AB"
    )
    with pytest.raises(ConflictError, match="item 'q' already exists with another label"):
        merge(old, new)


def test_a_layer_of_text_and_one_of_numbers_do_not_mix():
    old, new = (
        Outcomes([[1]], [name], ["q"], layers={"answer": [[value]]})
        for name, value in (("a", "A"), ("b", 1.0))
    )
    with pytest.raises(ConflictError, match="layer 'answer' holds text in one result"):
        merge(old, new)


@given(seed=st.integers(0, 99), cut=st.integers(0, 8))
def test_merging_is_idempotent_and_puts_parts_together_again(seed, cut):
    whole = make_outcomes(8, 6, observed=0.7, seed=seed)
    assert_outcomes_equal(merge(whole, whole), whole)
    if 0 < cut < 8:
        first, second = whole[:cut], whole[cut:]
        assert_outcomes_equal(merge(first, second), whole)
