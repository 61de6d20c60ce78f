"""Which models are new: whole organisations, or the strongest."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction._abilities import abilities
from banzuke.prediction.splits import make_split
from banzuke.testing import make_outcomes


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


def test_strong_models_are_new_although_they_ran_what_is_hard() -> None:
    nan = np.nan
    scores = [[0.6, nan], [0.9, 0.2], [0.5, nan], [0.8, 0.2]]
    outcomes = Outcomes(
        np.array(scores), ["weak1", "strong1", "weak2", "strong2"], ["easy", "hard"]
    )
    assert known_models(outcomes, 2, "strongest").tolist() == [True, False, True, False]


@given(st.integers(2, 30), st.integers(1, 12), st.integers(0, 99))
@settings(max_examples=40)
def test_models_with_the_same_items_stand_in_the_order_of_their_means(
    n_models: int, n_items: int, seed: int
) -> None:
    outcomes = make_outcomes(n_models, n_items, seed=seed)
    order = np.argsort(outcomes.scores.mean(axis=1), kind="stable")  # many are equal
    known = known_models(outcomes, n_models // 2, "strongest")
    assert set(np.flatnonzero(known)) == set(order[: n_models // 2])


@pytest.mark.parametrize("shape", [(30, 80), (80, 30)])
def test_abilities_are_those_of_least_squares(shape: tuple[int, int]) -> None:
    scores = make_outcomes(*shape, observed=0.4, seed=3).scores
    model, item = np.nonzero(~np.isnan(scores))
    n, m = shape
    design = np.zeros((len(model) + n, n + m))
    design[np.arange(len(model)), model] = 1
    design[np.arange(len(model)), n + item] = 1
    design[np.arange(n) + len(model), np.arange(n)] = 1  # a result of the average model for each
    seen = np.concatenate([scores[model, item], np.zeros(n)])
    expected = np.linalg.lstsq(design, seen, rcond=None)[0][:n]
    np.testing.assert_allclose(abilities(scores), expected, atol=1e-8)


def test_abilities_are_found_where_strong_models_ran_hard_items() -> None:
    full = make_outcomes(200, 120, seed=1)
    ability, difficulty = full.models["ability"].to_numpy(), full.items["difficulty"].to_numpy()
    scores = np.where((ability[:, None] > 0) == (difficulty > 0), full.scores, np.nan)
    scores[::10] = full.scores[::10]  # some ran all
    assert spearmanr(np.nanmean(scores, axis=1), ability)[0] < 0.6
    assert spearmanr(abilities(scores), ability)[0] > 0.9
    new = ~known_models(full.replace(scores=scores), 100, "strongest")
    assert (ability[new] > np.median(ability)).mean() > 0.8


def test_models_without_results_are_the_weakest_and_items_without_do_no_harm() -> None:
    scores = np.array([[1, 0, np.nan], [np.nan] * 3, [0, np.nan, np.nan], [1, 1, np.nan]])
    found = abilities(scores)
    assert np.isneginf(found[1])
    assert found[2] < found[0] < found[3]
    assert np.isneginf(abilities(np.full((2, 2), np.nan))).all()
    outcomes = Outcomes(scores, list("abcd"), list("xyz"))
    assert known_models(outcomes, 1, "strongest").tolist() == [False, True, False, False]


def test_models_that_share_no_item_are_taken_to_be_equally_good() -> None:
    scores = np.full((4, 4), np.nan)
    scores[:2, :2], scores[2:, 2:] = [[1, 1], [0, 1]], [[0, 0], [1, 0]]
    found = abilities(scores)
    assert found[:2].sum() == pytest.approx(found[2:].sum(), abs=1e-8)
    assert found[0] == pytest.approx(found[3])
