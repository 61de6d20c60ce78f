from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from banzuke.ensembles import Costs, EnsembleSelector, Pool, encode
from banzuke.ensembles.costs import lower_hull
from banzuke.exceptions import InvalidInputError

NAMES = ["strong", "twin", "other", "third", "noise", "silent"]
PRICES = {"strong": 5.0, "twin": 4.0, "other": 2.0, "third": 1.0, "noise": 1.0, "silent": 0.0}


def test_no_set_of_the_path_costs_more_than_allowed(letters: tuple[np.ndarray, np.ndarray]) -> None:
    pool = encode(*letters, models=NAMES)
    selector = EnsembleSelector(6, costs=Costs(prices=PRICES, money=4.0)).fit(pool)
    assert all(step.cost is not None and step.cost <= 4.0 for step in selector.path_)
    assert all("strong" not in step.models for step in selector.path_)
    costs = [step.cost for step in selector.frontier_]
    losses = [step.log_loss for step in selector.frontier_]
    assert costs == sorted(costs)
    assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize("seed", range(5))
def test_the_lower_hull_is_what_no_mix_of_two_beats(seed: int) -> None:
    random = np.random.default_rng(seed)
    cost, loss = random.integers(1, 9, 12).astype(float), random.random(12)
    hull = lower_hull(cost.tolist(), loss.tolist())
    assert (np.diff(cost[hull]) > 0).all()
    assert (np.diff(loss[hull]) < 0).all()
    for i, j in combinations(range(12), 2):
        for share in np.linspace(0, 1, 11):
            spent, lost = ((1 - share) * x[i] + share * x[j] for x in (cost, loss))
            assert np.interp(spent, cost[hull], loss[hull]) <= lost + 1e-12


def test_slow_models_are_not_chosen(letters: tuple[np.ndarray, np.ndarray]) -> None:
    pool = encode(*letters, models=NAMES)
    latencies = {name: 9.0 if name == "strong" else 1.0 for name in NAMES}
    selector = EnsembleSelector(3, costs=Costs(latencies=latencies, seconds=5)).fit(pool)
    assert all("strong" not in step.models for step in selector.path_)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"prices": {**PRICES, "other": -1.0}}, "price of model 'other' is -1.0"),
        ({"prices": {**PRICES, "other": float("nan")}}, "must be a number"),
        ({"prices": {**PRICES, "other": None}}, "is None"),
        ({"money": 1.0}, "needs prices"),
        ({"prices": PRICES, "money": 0.0}, "more than 0"),
        ({"seconds": 1.0}, "needs latencies"),
    ],
)
def test_bad_costs_are_refused(parts: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        Costs(**parts)  # type: ignore[arg-type]


def test_missing_prices_and_empty_purses_are_refused(
    letters: tuple[np.ndarray, np.ndarray],
) -> None:
    pool = encode(*letters, models=NAMES)
    with pytest.raises(InvalidInputError, match="'twin' has no price"):
        EnsembleSelector(2, costs=Costs(prices={"strong": 1.0})).fit(pool)
    dear = Costs(prices=dict.fromkeys(NAMES, 3.0), money=1.0)
    with pytest.raises(InvalidInputError, match="no single model is within"):
        EnsembleSelector(2, costs=dear).fit(pool)


def test_a_dear_first_model_does_not_eat_the_purse() -> None:
    random = np.random.default_rng(2)
    labels = random.integers(0, 2, 1500)
    chances = np.array([[0.80], [0.76], [0.76], [0.76]])
    votes = np.where(random.random((4, 1500)) < chances, labels, 1 - labels)
    pool = encode(votes, labels, models=["dear", "a", "b", "c"])
    costs = Costs(prices={"dear": 3.0, "a": 1.0, "b": 1.0, "c": 1.0}, money=3.0)
    selector = EnsembleSelector(3, costs=costs).fit(pool)
    assert selector.path_[0].models == ("dear",)
    assert set(selector.path_[2].models) == {"a", "b", "c"}
    assert set(selector.selected_) == {"a", "b", "c"}


def _binary(chances: list[float], n_items: int = 1500, seed: int = 2) -> Pool:
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, n_items)
    right = random.random((len(chances), n_items)) < np.array(chances)[:, None]
    names = [f"m{i:02d}" for i in range(len(chances))]
    return encode(np.where(right, labels, 1 - labels), labels, models=names)


@pytest.mark.parametrize("method", ["cross-fitted", "exhaustive"])
def test_many_cheap_models_are_found_beside_a_dear_one(method: str) -> None:
    pool = _binary([0.78, *[0.75] * 30])
    costs = Costs(prices={name: 3.0 if name == "m00" else 1.0 for name in pool.models}, money=3.0)
    selector = EnsembleSelector(5, costs=costs, method=method).fit(pool)
    assert [step.k for step in selector.path_] == [1, 2, 3]
    assert selector.path_[2].cost == 3.0
    assert selector.path_[2].log_loss < selector.path_[0].log_loss - 0.05
    assert len(selector.selected_) == 3


@pytest.mark.parametrize("seed", range(3))
def test_the_search_within_money_finds_the_best_of_all_sets(seed: int) -> None:
    random = np.random.default_rng(seed)
    chances = random.uniform(0.55, 0.85, 14)
    pool = _binary(chances.tolist(), n_items=400, seed=seed)
    prices = dict(zip(pool.models, np.exp(3 * chances + random.normal(0, 0.5, 14)), strict=True))
    money = 1.5 * sum(sorted(prices.values())[:4])
    options = {"aggregator": "conditional-logit", "random_state": seed}
    selector = EnsembleSelector(4, costs=Costs(prices=prices, money=money), **options).fit(pool)
    within = [s for s in combinations(pool.models, 4) if sum(prices[m] for m in s) <= money]
    random.shuffle(within)
    rivals = [
        EnsembleSelector(4, method="top-k", **options)
        .fit(pool.take(models=[name in models for name in pool.models]))
        .path_[-1]
        for models in within[:150]
    ]
    assert selector.path_[3].log_loss <= min(step.log_loss for step in rivals) + 1e-9
