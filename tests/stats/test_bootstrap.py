"""Errors of samples in which no item differs from the rest."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from banzuke.stats.bootstrap import cluster_replicates, standard_error, unanimous_replicates
from banzuke.stats.proportion import unanimous_error


@pytest.mark.parametrize("n", [2, 10, 1000])
def test_the_error_is_the_root_mean_square_of_jeffreys_posterior(n: int) -> None:
    posterior = beta(0.5, n + 0.5)
    assert unanimous_error(n) == pytest.approx(math.sqrt(posterior.moment(2)))
    assert 0.915 < posterior.cdf(1.96 * unanimous_error(n)) < 0.94  # score +- 1.96 errors


@given(n=st.integers(2, 5000))
def test_no_item_that_differs_is_more_certain_than_one(n: int) -> None:
    scores = np.zeros(n)
    scores[0] = 1
    assert 0.5 / n <= unanimous_error(n) < scores.std(ddof=1) / math.sqrt(n)


def test_one_item_has_no_error() -> None:
    assert math.isnan(unanimous_error(1))
    alone = unanimous_replicates(0.0, np.full(100, np.nan), np.zeros(1, int))
    assert math.isnan(standard_error(alone))
    one_passage = unanimous_replicates(0.0, np.zeros(100), np.zeros(8, int))
    assert math.isnan(standard_error(one_passage))


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0])
def test_replicates_spread_evenly_around_the_score(value: float) -> None:
    found = unanimous_replicates(value, np.full(500, value), np.arange(20), seed=(3, 1))
    assert standard_error(found) == pytest.approx(unanimous_error(20))
    assert (found < value).sum() == (found > value).sum() == 250
    again = unanimous_replicates(value, np.full(500, value), np.arange(20), seed=(3, 1))
    np.testing.assert_array_equal(found, again)


def test_items_of_a_passage_count_as_one() -> None:
    pairs = unanimous_replicates(0.0, np.zeros(500), np.repeat(np.arange(5), 2))
    assert standard_error(pairs) == pytest.approx(unanimous_error(5))
    lopsided = unanimous_replicates(1.0, np.ones(500), np.array([0] * 9 + [4]))
    assert standard_error(lopsided) == pytest.approx(unanimous_error(100 / 82))


def test_other_samples_keep_their_bootstrap() -> None:
    scores, codes = np.array([0.0, 0, 1, 0, 0]), np.arange(5)
    (drawn,) = cluster_replicates([lambda w: w @ scores / w.sum(axis=1)], [codes])
    assert unanimous_replicates(0.2, drawn, codes) is drawn
    balanced = np.full(50, 0.5)  # every passage has one right and one wrong answer
    assert unanimous_replicates(0.5, balanced, codes) is balanced
