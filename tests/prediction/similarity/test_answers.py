from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from banzuke.outcomes.importers import ImportOptions, read
from banzuke.prediction import InductiveKernel
from banzuke.prediction.similarity import ItemFeatures
from banzuke.prediction.similarity.answers import (
    right_option_features,
    right_options,
    solution_features,
)
from banzuke.prediction.splits import make_split


def test_worked_solutions_are_described_by_their_numbers_and_steps() -> None:
    items = pl.DataFrame(
        {
            "text": ["Ken buys 3 pens for 1,200 yen and 5 caps. What is a pen?", "Name it.", None],
            "answer": ["1200/3=400\n400*1.5=600.5", None, "7"],
        }
    )
    first, none, last = solution_features(items)
    # length, lines, numbers, largest, last, not whole (last, any), = , +-, *, /, %, new, not used
    expected = [np.log1p(n) for n in (24, 1, 6, 1200, 600.5)] + [1, 1]
    expected += [np.log1p(n) for n in (2, 0, 1, 1, 0)] + [np.log1p(3), 1]
    np.testing.assert_allclose(first, expected)
    assert not none.any()
    np.testing.assert_allclose(last[[0, 4, 12]], np.log1p([1, 7, 1]))


def test_a_label_is_the_answer_where_there_are_no_options() -> None:
    written = pl.DataFrame({"text": ["1 + 1?"], "label": ["2"]})
    chosen = written.with_columns(choices=pl.Series([["2", "3"]]))
    assert solution_features(written).any()
    assert not solution_features(chosen).any()


def test_the_right_option_is_found_by_index_letter_and_text() -> None:
    choices = [["red", "A", "blue"]] * 6
    letters = pl.DataFrame({"choices": choices, "label": ["B", "(c)", "blue", "A", "D", None]})
    assert right_options(letters) == [1, 2, 2, 1, None, None]  # "A" is an option here
    indices = pl.DataFrame({"choices": choices[:4], "label": [0, 2, 3, -1]})
    assert right_options(indices) == [0, 2, None, None]
    truths = pl.DataFrame({"choices": [["No", "Yes"], ["True", "False"], ["a", "b"]]})
    truths = truths.with_columns(label=pl.Series([True, False, True]))
    assert right_options(truths) == [1, 1, None]
    assert right_options(letters.drop("label")) == [None] * 6
    assert right_options(letters.drop("choices")) == [None] * 6


def test_the_right_option_stands_out_by_what_it_shares() -> None:
    items = pl.DataFrame(
        {
            "text": ["Why do cats purr?", "京都はどこですか", "How many?", "Who?"],
            "choices": [["cats purr", "dogs"], ["京都はどこ", "大阪"], ["1", "5", "9"], ["one"]],
            "label": [0, 1, 2, 0],
        }
    )
    found = right_option_features(items)
    assert found[0, :2].tolist() == [1.0, 1.0]  # all its trigrams are asked of, none of the other's
    assert found[1, :2].tolist() == [0.0, -1.0]
    assert found[:2, 8].tolist() == [0.0, 0.5]  # share of options that are longer
    assert found[2, 9:].tolist() == [1.0, 0.5, 1.0]  # numbers all, and the largest of them
    assert not found[3].any()  # nothing to choose from


TEXT = st.text(max_size=12)


@settings(max_examples=60, deadline=None)
@given(text=TEXT, options=st.lists(TEXT, min_size=2, max_size=5), seed=st.integers(0, 99))
def test_the_order_of_options_does_not_matter(text: str, options: list[str], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(options))
    mixed = [options[place] for place in order]
    items = pl.DataFrame(
        {
            "text": [text, text],
            "choices": [options, mixed],
            "label": [0, int(np.flatnonzero(order == 0)[0])],
        }
    )
    one, other = right_option_features(items)
    np.testing.assert_allclose(one, other, atol=1e-12)
    assert np.isfinite(one).all()


@settings(max_examples=60, deadline=None)
@given(answer=st.one_of(st.none(), st.text(), st.from_regex(r"\d{300,400}(,\d{3}){0,3}\.?\d*")))
def test_any_text_has_finite_features(answer: str | None) -> None:
    items = pl.DataFrame(
        {"text": ["x"], "answer": [answer]}, schema_overrides={"answer": pl.String}
    )
    assert np.isfinite(solution_features(items)).all()


def test_groups_without_answers_are_not_there() -> None:
    items = pl.DataFrame({"item_id": list("abcd"), "text": ["one", "two", "three", "four"]})
    assert not {"solution", "options"} & set(ItemFeatures().fit_transform(items))
    told = items.with_columns(solution=pl.Series(["1", "1+1", "3", "2*2=4"]))
    assert "solution" in ItemFeatures().fit_transform(told)
    # an answer known of new items alone cannot be learned from
    assert "solution" not in ItemFeatures().fit(items).transform(told)


@pytest.mark.parametrize(("benchmark", "column"), [("gsm8k", "answer"), ("truthfulqa", "label")])
def test_answers_tell_how_hard_real_items_are(
    shared_data: Path, benchmark: str, column: str
) -> None:
    folder = shared_data / "outcomes" / "open_llm_v1_items"
    outcomes = next(iter(read("table", [folder], ImportOptions()).collections.values()))
    outcomes = outcomes.select(
        models=np.flatnonzero(outcomes.observed.all(axis=1))[::5],
        items=np.flatnonzero(outcomes.items["benchmark"] == benchmark),
    )
    split = make_split(
        outcomes, known_models=outcomes.n_models, known_items=2 * outcomes.n_items // 3, seed=7
    )
    cells = split.cells("B", outcomes.scores)
    errors = []
    for items in (outcomes.items, outcomes.items.drop(column)):
        train = split.train.__class__(split.train.scores, outcomes.models, items)
        predicted = InductiveKernel().fit(train).predict()
        errors.append(np.sqrt(np.mean((predicted - outcomes.scores)[cells] ** 2)))
    assert errors[0] < 0.99 * errors[1]
