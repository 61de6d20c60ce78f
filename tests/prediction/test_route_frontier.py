from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction import MatrixFactorization, MeanScore
from banzuke.prediction.route_frontier import baselines, held_out_predictions, route_frontier
from banzuke.prediction.routing import KNearestItems
from banzuke.testing import make_outcomes

PRICES = np.array([4.0, 1.0, 2.0])


def specialists() -> Outcomes:
    """Return a dear model good at half of the items, and a cheap one good at the others."""
    kind = np.arange(200) % 2
    random = np.random.default_rng(0)
    chance = np.stack([np.where(kind, 0.9, 0.5), np.where(kind, 0.2, 0.8), np.full(200, 0.4)])
    scores = (random.random((3, 200)) < chance).astype(np.float32)
    text = [("integral of a function " if k else "capital of a country ") + str(i)
            for i, k in enumerate(kind)]  # fmt: skip
    items = pl.DataFrame({"item_id": [f"q{i}" for i in range(200)], "text": text})
    return Outcomes(scores, ["dear", "cheap", "middle"], items)


def test_routing_to_specialists_beats_the_best_single_model_for_less() -> None:
    outcomes = specialists()
    predicted = held_out_predictions(outcomes, KNearestItems(15))
    points = [point for _, point in route_frontier(predicted, PRICES, outcomes.scores)]
    single, cheapest, random = baselines(predicted, PRICES, outcomes.scores)
    assert points[-1].score > single.score
    assert points[-1].gain > 2 * points[-1].gain_error
    assert points[-1].cost < single.cost
    assert (single.name, single.cost, single.gain) == ("best single", 4.0, 0.0)
    assert (cheapest.name, cheapest.cost) == ("cheapest", 1.0)
    assert random.score == pytest.approx(outcomes.scores.mean())
    assert points[0].score == pytest.approx(cheapest.score)
    costs = [point.cost for point in points]
    expected = [point.expected_score for point in points]
    assert costs == sorted(costs)
    assert expected == sorted(expected)


def test_a_hidden_item_does_not_see_its_own_result() -> None:
    outcomes = specialists()
    first = held_out_predictions(outcomes, MatrixFactorization(2), n_folds=4)
    turned = outcomes.scores.copy()
    fold = np.random.default_rng(0).permutation(200) % 4
    turned[:, fold == 1] = 1 - turned[:, fold == 1]
    second = held_out_predictions(
        outcomes.replace(scores=turned), MatrixFactorization(2), n_folds=4
    )
    np.testing.assert_array_equal(first[:, fold == 1], second[:, fold == 1])
    assert (first[:, fold != 1] != second[:, fold != 1]).any()


def test_without_results_the_real_score_is_unknown() -> None:
    predicted = np.array([[0.9, 0.8], [0.5, 0.9]])
    point = baselines(predicted, np.array([2.0, 1.0]))[0]
    assert point.expected_score == pytest.approx(0.85)
    assert np.isnan(point.score)
    assert point.n_scored == 0


def test_free_models_and_impossible_numbers() -> None:
    outcomes = make_outcomes(3, 20)
    predicted = held_out_predictions(outcomes, MeanScore())
    assert route_frontier(predicted, np.zeros(3))[0][1].cost == 0
    with pytest.raises(InvalidInputError, match="1 folds of 20"):
        held_out_predictions(outcomes, MeanScore(), n_folds=1)
    with pytest.raises(InvalidInputError, match="n_points is 0"):
        route_frontier(predicted, PRICES, n_points=0)
    with pytest.raises(InvalidInputError, match="but the predictions"):
        baselines(predicted, PRICES, np.ones((2, 2)))
