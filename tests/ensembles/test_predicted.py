from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from banzuke.ensembles import (
    EnsembleSelector,
    Predictions,
    add_predicted,
    encode,
    pool_with_predicted,
)
from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes

Letters = tuple[np.ndarray, np.ndarray]


def test_predicted_models_are_right_as_often_as_predicted(letters: Letters) -> None:
    pool = encode(*letters)
    chances = np.full((2, pool.n_items), 0.9)
    chances[1, :400] = np.nan
    wider = add_predicted(pool, ["new", "half"], chances)
    assert wider.models == (*pool.models, "new", "half")
    assert abs(wider.accuracies[6] - 0.9) < 0.03
    assert (wider.votes[:400, 7] == -2).all()
    np.testing.assert_array_equal(wider.votes[:, :6], pool.votes)
    assert "new" in EnsembleSelector(2).fit(wider).selected_


def test_marks_of_predicted_models_follow_them(letters: Letters) -> None:
    pool = encode(*letters)
    wider = add_predicted(pool, ["new"], np.full((1, pool.n_items), 0.95))
    assert wider.predicted == {"new"}
    assert wider.take(models=[0, 6]).predicted == {"new"}
    assert wider.measured.models == pool.models
    path = EnsembleSelector(2).fit(wider).path_
    assert [step.predicted for step in path] == [("new",), ("new",)]


def _quiz(letters: Letters, benchmarks: list[str]) -> Outcomes:
    answers, labels = letters
    scores = np.where(answers == labels, 1.0, 0.0)
    items = {"item_id": [f"q{i}" for i in range(len(labels))], "benchmark": benchmarks}
    return Outcomes(
        scores=scores,
        models=pl.DataFrame({"model": [f"m{i}" for i in range(len(answers))]}),
        items=pl.DataFrame({**items, "label": labels.tolist()}),
        layers={"answer": answers},
    )


def test_a_predicted_mean_is_spread_by_difficulty_and_an_item_kept(letters: Letters) -> None:
    n_items = letters[0].shape[1]
    quiz = _quiz(letters, ["easy"] * 300 + ["hard"] * (n_items - 300))
    means = Predictions(models=["new", "m0"], columns=["easy"], scores=np.array([[0.8], [0.1]]))
    pool = pool_with_predicted(quiz, means)
    assert pool.models[-1] == "new"
    assert pool.models.count("m0") == 1
    new = pool.take(models=[-1])
    right = (new.votes[:, 0] == new.labels)[:300]
    assert abs(right.mean() - 0.8) < 0.06
    others = (pool.votes[:300, :6] == pool.labels[:300, None]).sum(axis=1)
    assert others[right].mean() > others[~right].mean() + 0.3
    assert (new.votes[300:] == -2).all()
    sure = Predictions(models=["new"], columns=["q3", "q5"], scores=np.array([[1.0, 0.0]]))
    found = pool_with_predicted(quiz, sure)
    assert (found.votes[[3, 5], -1] == found.labels[[3, 5]]).tolist() == [True, False]


def test_percents_are_not_taken_for_shares(letters: Letters) -> None:
    quiz = _quiz(letters, ["easy"] * letters[0].shape[1])
    percent = Predictions(models=["new"], columns=["easy"], scores=np.array([[85.0]]))
    with pytest.raises(InvalidInputError, match="reach 85; they must lie between 0 and 1"):
        pool_with_predicted(quiz, percent)


@pytest.mark.parametrize(
    ("models", "column", "message"),
    [
        (["m1"], "easy", "have answers already"),
        (["new"], "other", "predictions are of other, answers of easy"),
    ],
)
def test_predictions_of_nothing_new_are_refused(
    letters: Letters, models: list[str], column: str, message: str
) -> None:
    quiz = _quiz(letters, ["easy"] * letters[0].shape[1])
    predictions = Predictions(models=models, columns=[column], scores=np.array([[0.5]]))
    with pytest.raises(InvalidInputError, match=message):
        pool_with_predicted(quiz, predictions)


@pytest.mark.parametrize(
    ("names", "chance", "message"),
    [(["x"], 1.2, "between 0 and 1"), (["0"], 0.5, "must be new"), (["a", "b"], 0.5, "shape")],
)
def test_bad_predictions_are_refused(
    letters: Letters, names: list[str], chance: float, message: str
) -> None:
    pool = encode(*letters)
    with pytest.raises(InvalidInputError, match=message):
        add_predicted(pool, names, np.full((1, pool.n_items), chance))
