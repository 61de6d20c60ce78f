from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from banzuke.ensembles import AdaptiveEnsemble, encode, pool_of
from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes, importers


def test_missing_unparsed_and_foreign_answers_are_told_apart() -> None:
    pool = encode([["A", None, "", "maybe"], ["B", "A", "B", "A"]], ["A", "B", "A", "B"])
    assert pool.votes.tolist() == [[0, 1], [-2, 0], [-1, 1], [-1, 0]]
    assert pool.classes == ("A", "B")


def test_numbers_are_classes_and_nan_is_not_asked() -> None:
    pool = encode([[0.0, 1.0, np.nan], [1, 1, 0]], [0, 1, 1])
    assert pool.classes == ("0", "1")
    assert pool.votes.tolist() == [[0, 1], [1, 1], [-2, 0]]


def test_option_indices_become_letters() -> None:
    assert encode([["A", "J"]], [0, 9]).classes == ("A", "J")


@pytest.mark.parametrize(
    ("answers", "labels", "message"),
    [
        ([["A", "B"]], ["A", "Z"], "'Z' is never answered"),
        ([["A", "B"]], ["A", "A"], "at least two classes"),
        ([["A", "B"]], ["A"], "1 labels"),
        ([["A", "B"]], ["A", None], "item 1 has no label"),
        (["A", "B"], ["A", "B"], "models x items"),
        ([["A", "B"]], [0, 30], "0 to 25"),
    ],
)
def test_bad_input_is_refused(answers: object, labels: object, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        encode(answers, labels)


def test_two_models_of_one_name_are_refused() -> None:
    answers, labels = [["A", "B"], ["B", "B"], ["A", "A"]], ["A", "B"]
    with pytest.raises(InvalidInputError, match="model 'a' is there 2 times"):
        encode(answers, labels, models=["a", "b", "a"])
    with pytest.raises(InvalidInputError, match="model 'c' is there 2 times"):
        replace(encode(answers, labels, models=["a", "b", "c"]), models=("c", "b", "c"))
    with pytest.raises(InvalidInputError, match="model '0' is there 2 times"):
        AdaptiveEnsemble(["0", "0"]).fit(encode(answers, labels))


def test_named_classes_need_not_be_answered() -> None:
    assert encode([["A", "A"]], ["A", "B"], classes=["A", "B"]).n_classes == 2


def test_free_text_benchmarks_and_silent_models_are_left_out() -> None:
    items = pl.DataFrame(
        {
            "item_id": ["q1", "q2", "t1", "t2"],
            "benchmark": ["quiz", "quiz", "text", "text"],
            "label": ["A", "B", "4", "5"],
        }
    )
    answers = np.array([["A", "B", "it is 4", "it is 5"], [None] * 4], dtype=object)
    scores = [[1, 1, 1, 1], [np.nan] * 4]
    pool = pool_of(Outcomes(scores, ["a", "b"], items, layers={"answer": answers}))
    assert (pool.models, pool.n_items, pool.classes) == (("a",), 2, ("A", "B"))


def test_outcomes_without_answers_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="layer 'answer'"):
        pool_of(Outcomes([[1.0]], ["a"], ["q"]))


def test_mmlu_pro_answers_and_labels_agree_with_the_scores(shared_data: Path) -> None:
    folder = shared_data / "outcomes" / "mmlu_pro"
    outcomes = importers.read("table", [folder]).collections["mmlu_pro"]
    pool = pool_of(outcomes)
    right = pool.votes == pool.labels[:, None]
    scored = np.nan_to_num(np.asarray(outcomes.scores)).T == 1
    assert pool.classes == tuple("ABCDEFGHIJ")
    assert (right == scored).mean() > 0.9995
