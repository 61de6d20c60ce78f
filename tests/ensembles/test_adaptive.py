from __future__ import annotations

import numpy as np
import pytest

from banzuke.ensembles import AdaptiveEnsemble, Costs, encode
from banzuke.exceptions import InvalidInputError

NAMES = ["strong", "twin", "other", "third", "noise", "silent"]
Letters = tuple[np.ndarray, np.ndarray]


def _split(letters: Letters):  # type: ignore[no-untyped-def]
    pool = encode(*letters, models=NAMES)
    return pool.take(np.arange(700)), pool.take(np.arange(700, 1200))


def test_asks_more_where_less_sure_and_spends_less_for_the_same(letters: Letters) -> None:
    train, test = _split(letters)
    policy = AdaptiveEnsemble(["strong", "other", "third"], rate=0.03).fit(train)
    found = policy.answer(test)
    every = AdaptiveEnsemble(["strong", "other", "third"], rate=-1.0).fit(train).answer(test)
    assert every.asked.all()
    assert 1 <= found.cost.mean() < 2.8
    right = (found.predicted == test.labels).mean()
    assert right > (every.predicted == test.labels).mean() - 0.03
    np.testing.assert_allclose(found.cost, found.asked.sum(axis=1))
    np.testing.assert_allclose(found.proba.sum(axis=1), 1)


def test_unasked_answers_are_not_read(letters: Letters) -> None:
    train, test = _split(letters)
    policy = AdaptiveEnsemble(["strong", "other", "third"], rate=0.03).fit(train)
    found = policy.answer(test)
    names = ["strong", "other", "third"]
    columns = [NAMES.index(name) for name in names]
    votes = test.votes.copy()
    votes[:, columns] = np.where(found.asked, votes[:, columns], 0)
    hidden = type(test)(votes=votes, labels=test.labels, classes=test.classes, models=test.models)
    np.testing.assert_array_equal(policy.answer(hidden).proba, found.proba)


def test_cascade_keeps_the_order(letters: Letters) -> None:
    train, test = _split(letters)
    policy = AdaptiveEnsemble(["other", "strong", "third"], in_order=True, rate=0.03).fit(train)
    asked = policy.answer(test).asked
    assert asked[:, 0].all()
    assert (asked[:, 1] >= asked[:, 2]).all()


def test_high_prices_are_avoided(letters: Letters) -> None:
    train, test = _split(letters)
    costs = Costs(prices={"strong": 50.0, "other": 1.0, "third": 1.0})
    asked = (
        AdaptiveEnsemble(["strong", "other", "third"], costs=costs).fit(train).answer(test).asked
    )
    assert asked[:, 0].mean() < 0.05


def test_chows_rule_abstains_where_an_error_is_likely(letters: Letters) -> None:
    train, test = _split(letters)
    policy = AdaptiveEnsemble(["strong", "other"], reject=0.2, rate=0.002).fit(train)
    found = policy.answer(test)
    kept = found.predicted >= 0
    assert 0.3 < kept.mean() < 0.95
    assert (found.proba[kept].max(axis=1) >= 0.8).all()
    assert (found.predicted == test.labels)[kept].mean() > 0.85


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"models": ["x"]}, "no model 'x'"),
        ({"models": []}, "0 models"),
        ({"costs": Costs(prices={"strong": 0.0})}, "is free"),
        ({"costs": Costs(prices={"other": 1.0})}, "has no price"),
    ],
)
def test_bad_input_is_refused(letters: Letters, change: dict[str, object], message: str) -> None:
    train, _ = _split(letters)
    with pytest.raises(InvalidInputError, match=message):
        AdaptiveEnsemble(**{"models": ["strong"], **change}).fit(train)  # type: ignore[arg-type]
