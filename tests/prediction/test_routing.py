from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from banzuke.exceptions import InvalidInputError
from banzuke.prediction.routing import KNearestItems, route
from banzuke.testing import make_outcomes


@given(st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_budget_is_kept_and_money_buys_score(seed: int, share: float) -> None:
    random = np.random.default_rng(seed)
    scores, prices = random.random((4, 30)), random.random(4)
    budget = prices.min() + share * (prices.max() - prices.min())
    found = route(scores, prices, budget=budget)
    assert found.cost <= budget + 1e-9
    free = route(scores, prices)
    assert free.expected_score >= found.expected_score - 1e-12
    assert free.expected_score == pytest.approx(scores.max(axis=0).mean())


@pytest.mark.parametrize(
    ("scores", "prices", "budget", "message"),
    [
        ([[0.5, np.nan]], [1.0], None, "full matrix"),
        ([[0.5, 0.6]], [1.0, 2.0], None, "one price for each model"),
        ([[0.5, 0.6]], [-1.0], None, "negative"),
        ([[0.5, 0.6]], [1.0], 0.5, "cheapest model costs 1"),
        ([[0.5, 0.6]], [1.0], np.nan, "budget is nan"),
    ],
)
def test_bad_routes(scores: object, prices: object, budget: float | None, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        route(scores, prices, budget=budget)


def test_neighbours_share_what_a_model_is_good_at() -> None:
    topics = np.arange(60) % 2
    text = [("integral of a polynomial " if t else "capital of a country ") + str(i)
            for i, t in enumerate(topics)]  # fmt: skip
    full = make_outcomes(20, 60)
    good = np.arange(20)[:, None] % 2 == topics
    scores = np.where(good, 1.0, 0.0)
    scores[:, 50:] = np.nan
    items = full.items.with_columns(text=pl.Series(text))
    predicted = KNearestItems(5).fit(full.replace(scores=scores, items=items)).predict()
    assert (predicted[:, 50:][good[:, 50:]] > 0.8).all()
    assert (predicted[:, 50:][~good[:, 50:]] < 0.2).all()
    with pytest.raises(InvalidInputError, match="1 or more"):
        KNearestItems(0).fit(full)
