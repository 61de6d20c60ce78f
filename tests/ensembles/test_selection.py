from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from banzuke.ensembles import ConditionalLogit, EnsembleSelector, encode
from banzuke.exceptions import InvalidInputError, NotFoundError
from banzuke.outcomes import Outcomes

NAMES = ["strong", "twin", "other", "third", "noise", "silent"]
Letters = tuple[np.ndarray, np.ndarray]


def test_prefers_a_weaker_stranger_to_a_stronger_twin(letters: Letters) -> None:
    pool = encode(*letters, models=NAMES)
    selector = EnsembleSelector(3).fit(pool)
    assert set(selector.path_[1].models) == {"strong", "other"} or "twin" not in (
        selector.path_[1].models
    )
    assert [step.k for step in selector.path_] == [1, 2, 3]
    assert selector.path_[0].models == ("strong",)
    assert selector.path_[2].information > selector.path_[0].information


def test_predicts_better_than_the_best_single_model(letters: Letters) -> None:
    answers, labels = letters
    selector = EnsembleSelector(4).fit(answers[:, :800], labels[:800])
    predicted = selector.predict(answers[:, 800:])
    single = (answers[0, 800:] == labels[800:]).mean()
    assert (predicted == labels[800:]).mean() > single + 0.03
    proba = selector.predict_proba(answers[:, 800:])
    np.testing.assert_allclose(proba.sum(axis=1), 1)


def test_one_standard_error_leaves_noise_out(letters: Letters) -> None:
    selector = EnsembleSelector(6, aggregator="conditional-logit").fit(
        encode(*letters, models=NAMES)
    )
    assert len(selector.path_) == 6
    assert "noise" not in selector.selected_


def test_order_of_rows_does_not_matter(letters: Letters) -> None:
    answers, labels = letters
    order = [3, 0, 5, 1, 4, 2]
    first = EnsembleSelector(4).fit(encode(answers, labels, models=NAMES))
    second = EnsembleSelector(4).fit(
        encode(answers[order], labels, models=[NAMES[i] for i in order])
    )
    assert first.path_ == second.path_


def test_outcomes_and_arrays_agree(letters: Letters) -> None:
    answers, labels = letters
    items = [f"q{i}" for i in range(len(labels))]
    outcomes = Outcomes(
        (answers == labels).astype(float), list("012345"), items, layers={"answer": answers}
    )
    by_outcomes = EnsembleSelector(3).fit(outcomes, labels)
    by_arrays = EnsembleSelector(3).fit(answers, labels)
    assert by_outcomes.selected_ == by_arrays.selected_
    few = outcomes.select(models=list(by_outcomes.selected_))
    assert by_outcomes.predict(few).tolist() == by_arrays.predict(answers).tolist()


def test_another_set_can_be_asked(letters: Letters) -> None:
    selector = EnsembleSelector(2).fit(encode(*letters, models=NAMES))
    other = selector.at_step(replace(selector.path_[0], models=("noise",)))
    assert other.selected_ == ("noise",)
    assert selector.selected_ != ("noise",)
    with pytest.raises(NotFoundError, match="no model 'x'"):
        selector.at_step(replace(selector.path_[0], models=("x",)))


def test_unfitted_and_clone() -> None:
    selector = EnsembleSelector(2, aggregator=ConditionalLogit(pairs=True))
    with pytest.raises(NotFittedError):
        selector.predict([["A"]])
    assert clone(selector).get_params()["budget"] == 2


@pytest.mark.parametrize(
    ("answers", "labels", "budget", "message"),
    [
        ([["A", "B"], ["B", "B"]], ["A", "B"], 3, "the budget is 3, but there are 2 models"),
        ([["A", "B"], ["B", "B"]], ["A", "B"], 0, "whole number from 1 to 2"),
        ([["A", "B"], ["", None]], ["A", "B"], 1, "'1' never answers"),
        ([["A", "B"], ["A", "B"]], ["A", "B"], 1, "same answer to every item"),
        ([["A", "B"], ["B", "A"]], ["A", "C"], 1, "'C' is never answered"),
        ([["A", "B"], ["B", "A"]], ["A", "A"], 1, "at least two classes"),
    ],
)
def test_bad_input_is_refused(answers: object, labels: object, budget: int, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        EnsembleSelector(budget).fit(answers, labels)


def test_unknown_aggregator_and_wrong_rows_are_refused(letters: Letters) -> None:
    answers, labels = letters
    with pytest.raises(InvalidInputError, match="no aggregator 'x'"):
        EnsembleSelector(2, aggregator="x").fit(answers, labels)
    selector = EnsembleSelector(2).fit(answers, labels)
    with pytest.raises(InvalidInputError, match="fit saw 6 models"):
        selector.predict(answers[:2])
    with pytest.raises(InvalidInputError, match="need labels"):
        EnsembleSelector(2).fit(answers)


def test_a_pool_with_other_classes_is_read_by_name(letters: Letters) -> None:
    answers, labels = letters
    selector = EnsembleSelector(3).fit(answers[:, :600], labels[:600])
    items = np.flatnonzero(labels[600:] != "A") + 600
    fewer = encode(answers[:, items], labels[items])
    more = encode(answers[:, items], labels[items], classes=["0", "A", "B", "C", "D", "E"])
    assert (fewer.n_classes, more.n_classes) == (3, 6)
    # what is no label of the smaller pool was left unread there
    read = np.where(answers[:, items] == "A", "", answers[:, items])
    np.testing.assert_array_equal(selector.predict_proba(fewer), selector.predict_proba(read))
    np.testing.assert_array_equal(selector.predict(more), selector.predict(answers[:, items]))


def test_answers_of_classes_unseen_in_fit_count_as_unparsed(letters: Letters) -> None:
    answers, labels = letters
    known = labels != "D"
    selector = EnsembleSelector(3).fit(answers[:, known], labels[known])
    np.testing.assert_array_equal(
        selector.predict_proba(encode(answers, labels)), selector.predict_proba(answers)
    )


def test_new_answers_without_a_selected_model_are_refused(letters: Letters) -> None:
    answers, labels = letters
    selector = EnsembleSelector(1).fit(encode(answers, labels, models=NAMES))
    with pytest.raises(NotFoundError, match="the answers lack model 'strong'"):
        selector.predict(encode(answers[1:], labels, models=NAMES[1:]))


@pytest.mark.parametrize("value", [0, -1, 2.5, True, None])
def test_numbers_below_one_are_refused(letters: Letters, value: object) -> None:
    answers, labels = letters
    with pytest.raises(InvalidInputError, match=r"n_screen is .*whole number from 1 on"):
        EnsembleSelector(2, n_screen=value).fit(answers, labels)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match=r"k is .*whole number from 1 on"):
        EnsembleSelector(2).fit(answers, labels).within(value)  # type: ignore[arg-type]


def test_statements_of_a_question_stay_together(letters: Letters) -> None:
    answers, labels = letters
    twice = np.repeat(answers, 2, axis=1), np.repeat(labels, 2)
    groups = np.repeat(np.arange(len(labels)), 2)
    grouped = EnsembleSelector(2).fit(*twice, groups)
    assert grouped.path_[0].models == ("0",)
    with pytest.raises(InvalidInputError, match="one for each item"):
        EnsembleSelector(2).fit(*twice, groups[:5])
