from __future__ import annotations

import numpy as np
import pytest

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction import MeanScore
from banzuke.prediction.boosting import BoostedTrees
from banzuke.prediction.splits import TESTS, Split, make_split
from banzuke.testing import make_outcomes


@pytest.fixture(scope="module")
def outcomes() -> Outcomes:
    """150 models whose ability follows their size, 80 items."""
    full = make_outcomes(150, 80, seed=2)
    ability, difficulty = full.models["ability"].to_numpy(), full.items["difficulty"].to_numpy()
    chance = 1 / (1 + np.exp(difficulty - 2 * ability[:, None]))
    scores = (np.random.default_rng(0).random(full.shape) < chance).astype(np.float32)
    return full.replace(scores=scores, models=full.models.drop("ability"))


@pytest.fixture(scope="module")
def split(outcomes: Outcomes) -> Split:
    return make_split(outcomes, known_models=100, known_items=60, fraction=0.8)


def rmse(predicted: np.ndarray, outcomes: Outcomes, cells: np.ndarray) -> float:
    return float(np.sqrt(np.mean((predicted[cells] - outcomes.scores[cells]) ** 2)))


def test_one_fit_serves_known_and_new_models_and_items(outcomes: Outcomes, split: Split) -> None:
    trees = BoostedTrees(60).fit(split.train).predict()
    mean = MeanScore().fit(split.train).predict()
    gain = {
        test: rmse(trees, outcomes, cells) / rmse(mean, outcomes, cells)
        for test in TESTS
        if (cells := split.cells(test, outcomes.scores)).any()
    }
    assert gain["A"] < 0.95  # the mean of row and column, bent
    assert gain["C"] < 0.9  # size tells
    assert gain["D"] < 0.9
    assert gain["B"] < 1.05  # nothing tells of a new item here


def test_trains_on_no_more_cells_than_asked(split: Split) -> None:
    assert BoostedTrees(5, max_cells=300).fit(split.train).n_cells_ == 300


def test_same_seed_same_trees(split: Split) -> None:
    first = BoostedTrees(5, max_cells=500, random_state=1).fit(split.train).predict()
    again = BoostedTrees(5, max_cells=500, random_state=1).fit(split.train).predict()
    other = BoostedTrees(5, max_cells=500, random_state=2).fit(split.train).predict()
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_what_it_refuses(outcomes: Outcomes) -> None:
    with pytest.raises(InvalidInputError, match="n_trees is 0"):
        BoostedTrees(0).fit(outcomes)
    strength = outcomes.scores.mean(axis=1)
    models = outcomes.models.with_columns(depth=strength)
    with pytest.raises(InvalidInputError, match="orders the models"):
        BoostedTrees(5, columns=("depth",)).fit(outcomes.replace(models=models))
