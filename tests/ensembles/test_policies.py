from __future__ import annotations

import json

import numpy as np
import pytest

from banzuke.ensembles import AdaptiveEnsemble, Costs, compare_policies, encode, summarise_policies
from banzuke.exceptions import InvalidInputError

NAMES = ["strong", "twin", "other", "third", "noise", "silent"]
Letters = tuple[np.ndarray, np.ndarray]


def _policy(letters: Letters, **options: object):  # type: ignore[no-untyped-def]
    pool = encode(*letters, models=NAMES)
    train, test = pool.take(np.arange(700)), pool.take(np.arange(700, 1200))
    return AdaptiveEnsemble(["strong", "other", "third"], **options).fit(train), test  # type: ignore[arg-type]


def test_static_sets_cost_the_same(letters: Letters) -> None:
    costs = Costs(prices={"strong": 3.0, "other": 2.0, "third": 1.0})
    policy, test = _policy(letters, costs=costs)
    points = compare_policies(policy, test)
    assert len(points) > 3
    assert policy.rate == 0.02
    for point in points:
        prices = [sum(costs.prices[name] for name in one) for one in point.static]  # type: ignore[index]
        assert min(prices) - 1e-9 <= point.cost <= max(prices) + 1e-9
        assert point.difference == pytest.approx(point.static_risk - point.risk)
        assert point.risk == pytest.approx(1 - point.accuracy)
        assert point.coverage == 1


def test_no_mix_of_two_sets_beats_the_static_rival(letters: Letters) -> None:
    costs = Costs(prices={"strong": 2.0, "other": 1.5, "third": 1.0})
    policy, test = _policy(letters, costs=costs)
    every = ("strong", "other", "third")
    (all_three,) = compare_policies(policy, test, [-1.0])
    assert all_three.static == (every,)
    # a second model hardly helps (there is no majority of two), a third one does: to toss
    # a coin between one and three models beats two, though two lower the log-loss
    between = [point for point in compare_policies(policy, test) if 2.1 < point.cost < 4.4]
    assert between
    strong = float(test.accuracies[test.models.index("strong")])
    for point in between:
        assert point.static == (("strong",), every)
        share = (point.cost - 2.0) / 2.5
        mixed = (1 - share) * strong + share * all_three.static_accuracy
        assert point.static_accuracy == pytest.approx(mixed)


def test_asking_all_or_one_is_the_static_set_itself(letters: Letters) -> None:
    policy, test = _policy(letters)
    one, every = compare_policies(policy, test, [1e9, -1.0])
    assert (one.n_asked, every.n_asked) == (1, 3)
    assert one.static == (("strong",),)
    assert every.static == (("strong", "other", "third"),)
    assert one.difference == every.difference == 0


def test_asking_in_turn_saves_errors_between(letters: Letters) -> None:
    policy, test = _policy(letters)
    points = [point for point in compare_policies(policy, test) if 1.2 < point.cost < 2.8]
    assert points
    assert max(point.difference for point in points) > 0
    assert all(point.difference > -2.5 * point.standard_error for point in points)


def test_abstaining_counts_as_part_of_an_error(letters: Letters) -> None:
    policy, test = _policy(letters, reject=0.3)
    for point in compare_policies(policy, test):
        wrong = point.coverage * (1 - point.accuracy) if point.coverage else 0.0
        assert point.risk == pytest.approx(wrong + 0.3 * (1 - point.coverage))
        assert point.risk <= 0.31


def test_classes_of_the_test_items_are_matched_by_name(letters: Letters) -> None:
    policy, test = _policy(letters)
    names = np.array([*test.classes, None, ""], dtype=object)  # -2 not asked, -1 unparsed
    wider = encode(
        names[test.votes].T, names[test.labels], models=NAMES, classes=["0", *test.classes]
    )
    assert compare_policies(policy, wider, [0.05]) == compare_policies(policy, test, [0.05])


def test_document_is_plain_json(letters: Letters) -> None:
    document = summarise_policies(encode(*letters, models=NAMES), budget=3, seed=2)
    assert json.loads(json.dumps(document))["models"] == document["models"]
    assert document["n_train"] + document["n_test"] == 1200
    with pytest.raises(InvalidInputError, match="the budget is 7"):
        summarise_policies(encode(*letters, models=NAMES), budget=7)
