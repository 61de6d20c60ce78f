"""Rank intervals: against independent calculations, and what must always hold."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import norm, rankdata

from banzuke.exceptions import InvalidInputError
from banzuke.stats.ranks import bootstrap_means, normal_rank_intervals, paired_rank_intervals

some_scores = st.lists(st.sampled_from([0.1, 0.2, 0.21, 0.5, 0.9, float("nan")]), max_size=12)


def items_of(seed, n_models=9, n_items=40):
    random = np.random.default_rng(seed)
    ability = random.normal(0, 1.5, (n_models, 1))
    return (random.random((n_models, n_items)) < 1 / (1 + np.exp(-ability))).astype(float)


def test_resampled_means_are_those_of_drawn_items():
    items = items_of(0)
    means = bootstrap_means(items, 3, np.random.default_rng(7))
    counts = np.random.default_rng(7).multinomial(40, np.full(40, 1 / 40), size=3)
    for draw, count in enumerate(counts):
        drawn = np.repeat(np.arange(40), count)
        np.testing.assert_allclose(means[:, draw], items[:, drawn].mean(axis=1), atol=1e-6)


def test_items_that_were_not_run_leave_a_mean_over_the_others():
    items = items_of(1)
    items[2, :10] = np.nan
    means = bootstrap_means(items, 500, np.random.default_rng(0))
    assert means[2].mean() == pytest.approx(np.nanmean(items[2]), abs=0.02)


@given(some_scores, st.floats(0.001, 0.3))
def test_normal_intervals_count_significant_differences(given_scores, error):
    scores = np.array(given_scores, dtype=float)
    found = normal_rank_intervals(scores, np.full(scores.size, error))
    known = scores[~np.isnan(scores)]
    for row, score in enumerate(scores):
        if np.isnan(score):
            assert found.lower[row] == found.upper[row] == found.group[row] == 0
            continue
        z = (known - score) / (error * np.sqrt(2))
        p = 2 * norm.sf(np.abs(z))
        significant = 1 - (1 - p) ** max(known.size - 1, 1) < 0.05
        assert found.lower[row] == 1 + (significant & (z > 0)).sum()
        assert found.upper[row] == known.size - (significant & (z < 0)).sum()


@settings(max_examples=30)
@given(st.integers(0, 10**6))
@example(273)  # a third row has the same score, and is told apart from the best where they are not
def test_intervals_hold_the_rank_and_equal_rows_have_equal_ones(seed):
    items = items_of(seed)
    items[4] = items[1]
    scores = items.mean(axis=1)
    found = paired_rank_intervals(scores, bootstrap_means(items, 200, np.random.default_rng(0)))
    best, worst = rankdata(-scores, "min"), rankdata(-scores, "max")
    assert (found.lower <= best).all()
    assert (found.upper >= worst).all()
    for one in (found.lower, found.upper, found.group):
        assert one[4] == one[1]
    order = np.argsort(-scores, kind="stable")
    assert (np.diff(found.group[order]) >= 0).all()
    assert found.group[order[0]] == 1


@given(some_scores.filter(lambda given_scores: len(given_scores) > 1), st.floats(0, 0.4))
def test_a_higher_score_never_has_a_worse_interval(given_scores, more):
    scores = np.array([0.3 if np.isnan(one) else one for one in given_scores])
    errors = np.full(scores.size, 0.05)
    before = normal_rank_intervals(scores, errors)
    scores[0] += more
    after = normal_rank_intervals(scores, errors)
    assert after.lower[0] <= before.lower[0]
    assert after.upper[0] <= before.upper[0]
    ordered = np.argsort(-scores, kind="stable")
    assert (np.diff(after.lower[ordered]) >= 0).all()
    assert (np.diff(after.upper[ordered]) >= 0).all()


def test_pairing_tells_apart_what_single_errors_cannot():
    random = np.random.default_rng(3)
    hard = random.random(300) < 0.5
    better = hard | (random.random(300) < 0.06)
    items = np.array([better, hard]).astype(float)
    scores = items.mean(axis=1)
    errors = items.std(axis=1, ddof=1) / np.sqrt(300)
    paired = paired_rank_intervals(scores, bootstrap_means(items, 1000, np.random.default_rng(0)))
    single = normal_rank_intervals(scores, errors)
    assert paired.upper[0] == 1
    assert single.upper.tolist() == [2, 2]


def test_the_interval_of_a_model_covers_its_true_rank():
    """95 % marginally: the share of misses over models and draws stays near or below 5 %."""
    truth = np.array([0.8, 0.7, 0.7, 0.65, 0.5, 0.5, 0.3])
    best, worst = rankdata(-truth, "min"), rankdata(-truth, "max")
    random = np.random.default_rng(5)
    missed = 0
    for _ in range(120):
        items = (random.random((7, 150)) < truth[:, None]).astype(float)
        replicates = bootstrap_means(items, 300, random)
        found = paired_rank_intervals(items.mean(axis=1), replicates)
        # tied models hold every rank of their tie
        missed += ((found.lower > best) | (found.upper < worst)).sum()
    assert missed / (120 * 7) < 0.07


def test_large_and_small_numbers_of_models_agree(monkeypatch):
    items = items_of(11, n_models=12, n_items=400)
    replicates = bootstrap_means(items, 1000, np.random.default_rng(0))
    exact = paired_rank_intervals(items.mean(axis=1), replicates)
    monkeypatch.setattr("banzuke.stats.ranks._MOST_WORK", 0)
    bound = paired_rank_intervals(items.mean(axis=1), replicates)
    assert (bound.upper - bound.lower >= exact.upper - exact.lower).mean() > 0.8
    assert np.abs(bound.upper - exact.upper).max() <= 1


def test_one_model_is_first_and_wrong_levels_are_refused():
    assert normal_rank_intervals(np.array([0.4]), np.array([0.1])).upper.tolist() == [1]
    one = paired_rank_intervals(np.array([0.4]), np.array([[0.4, 0.3]]))
    assert (one.lower.tolist(), one.upper.tolist()) == ([1], [1])
    empty = paired_rank_intervals(np.array([np.nan]), np.array([[np.nan]]))
    assert empty.upper.tolist() == [0]
    with pytest.raises(InvalidInputError, match="level must be between"):
        normal_rank_intervals(np.array([0.4]), np.array([0.1]), level=1.0)
    with pytest.raises(InvalidInputError, match="no items"):
        bootstrap_means(np.empty((2, 0)), 10, np.random.default_rng(0))


def test_a_model_without_an_error_gets_no_interval_and_widens_the_others():
    found = normal_rank_intervals(np.array([0.9, 0.5, 0.1]), np.array([0.01, np.nan, 0.01]))
    assert found.upper.tolist() == [2, 0, 3]
    assert found.lower.tolist() == [1, 0, 2]


def test_few_items_tell_few_models_apart():
    def found(items, n_items):
        means = bootstrap_means(items, 500, np.random.default_rng(0))
        return paired_rank_intervals(items.mean(axis=1), means, n_items=n_items)

    for n, lower in ((1, [1, 1]), (3, [1, 1]), (5, [1, 1]), (6, [1, 2]), (40, [1, 2])):
        alike = np.vstack([np.ones(n), np.zeros(n)])  # five signs that agree have a p of .06
        assert found(alike, [n]).lower.tolist() == lower
    three = np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
    assert found(three, [3]).upper.tolist() == [2, 2]
    assert found(np.tile(three, 20), [60]).upper.tolist() == [1, 2]
    assert found(np.tile(three, 20), [59, 1]).upper.tolist() == [2, 2]


@pytest.mark.parametrize(("n", "most"), [(2, 0.0), (4, 0.06), (8, 0.08), (30, 0.09)])
def test_models_that_are_alike_are_seldom_told_apart(n, most):
    told = 0
    for seed in range(150):
        random = np.random.default_rng([n, seed])
        items = (random.random((3, n)) < 0.5).astype(float)
        means = bootstrap_means(items, 400, random)
        intervals = paired_rank_intervals(items.mean(axis=1), means, n_items=[n])
        told += (intervals.lower[0], intervals.upper[0]) != (1, 3)
    assert told / 150 <= most
