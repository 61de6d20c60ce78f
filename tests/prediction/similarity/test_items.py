from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from banzuke.prediction.similarity import ItemFeatures, TextFeatures

TEXTS = [
    "What is 3 + 4, and not 12?",
    "次のうち正しいものはどれですか。",
    "Which of these is a prime number?",
    "Name the capital of France.",
]
ITEMS = pl.DataFrame(
    {
        "item_id": ["a", "b", "c", "d"],
        "benchmark": ["x", "x", "y", "y"],
        "task": ["t", "u", "t", "v"],
        "text": TEXTS,
        "choices": [["7", "12"], ["東京", "京都"], ["4", "5", "6"], ["Paris", "Lyon"]],
        "label": [0, 1, 1, 0],
    }
)


GROUPS = {"task", "text", "surface", "surface_rbf", "options"}


def test_learning_and_transforming_at_once_is_the_same_as_one_by_one() -> None:
    at_once = ItemFeatures().fit_transform(ITEMS)
    one_by_one = ItemFeatures().fit(ITEMS).transform(ITEMS)
    assert set(at_once) == GROUPS == set(one_by_one)
    for name, matrix in at_once.items():
        np.testing.assert_allclose(matrix, one_by_one[name], atol=1e-6)
    np.testing.assert_allclose(
        TextFeatures().fit_transform(TEXTS), TextFeatures().fit(TEXTS).transform(TEXTS), atol=1e-6
    )


def test_items_without_text_have_their_task_alone() -> None:
    assert set(ItemFeatures().fit_transform(ITEMS.drop("text"))) == {"task"}
    assert TextFeatures().fit_transform(["", " ", ""]).shape == (3, 0)


@pytest.mark.parametrize("text", ["a", "the same words", "\U0001f408"])
def test_texts_that_are_all_the_same_tell_nothing(text: str) -> None:
    items = pl.DataFrame({"item_id": list("abcd"), "benchmark": "b", "text": text})
    found = ItemFeatures().fit_transform(items)
    for matrix in found.values():
        assert np.isfinite(matrix).all()
        assert np.ptp(matrix, axis=0).max(initial=0.0) < 1e-6
