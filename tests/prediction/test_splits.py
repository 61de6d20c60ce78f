"""Which models are new: whole organisations."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction.splits import make_split


def known_models(outcomes: Outcomes, n: int, hold_out: str, seed: int = 0) -> np.ndarray:
    return make_split(
        outcomes, known_models=n, known_items=1, hold_out=hold_out, seed=seed
    ).known_models


def of_organisations(sizes: list[int]) -> Outcomes:
    names = [f"org{o}/m{i}" for o, size in enumerate(sizes) for i in range(size)]
    return Outcomes(np.ones((len(names), 1)), names, ["q"])


@given(st.lists(st.integers(1, 9), min_size=2, max_size=8), st.floats(0, 1), st.integers(0, 99))
@settings(max_examples=60)
def test_an_organisation_is_known_or_new_as_a_whole(
    sizes: list[int], share: float, seed: int
) -> None:
    outcomes = of_organisations(sizes)
    wanted = max(1, round(share * outcomes.n_models))
    known = known_models(outcomes, wanted, "organisations", seed)
    organisation = np.repeat(np.arange(len(sizes)), sizes)
    assert not set(organisation[known]) & set(organisation[~known])
    assert 0 < known.sum() < outcomes.n_models
    assert abs(known.sum() - wanted) <= max(sizes)


@pytest.mark.parametrize(
    ("sizes", "wanted", "possible"),
    [
        ([6, 4], 5, {4, 6}),
        ([6, 4], 10, {4, 6}),  # one organisation stays new
        ([9, 9, 9, 9], 20, {18}),
        ([9, 9, 9, 9], 1, {9}),
        ([4, 4, 4], 6, {4}),  # as near as 8: the smaller
        ([1] * 10, 7, {7}),
    ],
)
def test_known_models_are_as_near_to_the_number_as_whole_organisations_are(
    sizes: list[int], wanted: int, possible: set[int]
) -> None:
    outcomes = of_organisations(sizes)
    found = {known_models(outcomes, wanted, "organisations", seed).sum() for seed in range(20)}
    assert found == possible


def test_draws_of_organisations_differ_and_come_again() -> None:
    outcomes = of_organisations([3] * 10)
    draws = [known_models(outcomes, 15, "organisations", seed).tolist() for seed in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]


def test_where_no_organisation_is_stated_the_name_says_it() -> None:
    names = ["a/x", "a/y", "a/z", "b/x", "b/y", "c"]
    models = pl.DataFrame({"model": names, "organization": ["a", None, "", "b", None, ""]})
    outcomes = Outcomes(np.ones((6, 1)), models, ["q"])
    for seed in range(20):
        known = known_models(outcomes, 3, "organisations", seed)
        assert len(set(known[:3])) == 1
        assert len(set(known[3:5])) == 1


def test_one_organisation_cannot_be_both_known_and_new() -> None:
    with pytest.raises(InvalidInputError, match="all models are of one organisation"):
        known_models(of_organisations([5]), 2, "organisations")
