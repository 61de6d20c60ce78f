from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, norm, ttest_rel

from banzuke.exceptions import InvalidInputError
from banzuke.stats.paired import compare_independent, compare_paired, compare_scores, holm


def test_mcnemar_counts_only_disagreements() -> None:
    first = np.array([True] * 30 + [False] * 10)
    second = np.array([True] * 18 + [False] * 12 + [True] * 3 + [False] * 7)
    result = compare_paired(first, second)
    assert result.difference == pytest.approx(9 / 40)
    assert result.p == pytest.approx(2 * binom.cdf(3, 15, 0.5))
    assert result.lower < 9 / 40 < result.upper


def test_equal_methods_do_not_differ() -> None:
    same = np.array([True, False, True])
    result = compare_paired(same, same)
    assert (result.difference, result.p) == (0, 1)


def test_other_items_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="same items"):
        compare_paired(np.array([True]), np.array([True, False]))
    with pytest.raises(InvalidInputError, match="same items"):
        compare_paired(np.array([], dtype=bool), np.array([], dtype=bool))


def test_scores_of_0_and_1_go_to_mcnemar() -> None:
    random = np.random.default_rng(0)
    first, second = random.random(60) < 0.7, random.random(60) < 0.5
    assert compare_scores(first.astype(float), second.astype(float)) == compare_paired(
        first, second
    )


@pytest.mark.parametrize("n_items", [80, 3000])
def test_graded_scores_agree_with_the_t_test(n_items: int) -> None:
    random = np.random.default_rng(1)
    second = random.random(n_items) * 0.8
    first = np.clip(second + random.normal(0.02, 0.1, n_items), 0, 1)
    expected = ttest_rel(first, second)
    found = compare_scores(first, second)
    bounds = expected.confidence_interval()
    assert found.difference == pytest.approx(float((first - second).mean()))
    assert found.lower == pytest.approx(bounds.low, abs=0.004)
    assert found.upper == pytest.approx(bounds.high, abs=0.004)
    assert found.p == pytest.approx(expected.pvalue, abs=0.02)


def test_a_single_graded_item_tells_nothing() -> None:
    found = compare_scores(np.array([0.4]), np.array([0.2]))
    assert found.difference == pytest.approx(0.2)
    assert np.isnan([found.p, found.lower, found.upper]).all()
    with pytest.raises(InvalidInputError, match="same items"):
        compare_scores(np.array([0.4]), np.array([0.2, 0.1]))


def test_independent_means_are_compared_by_their_errors() -> None:
    found = compare_independent(0.62, 0.03, 0.50, 0.04)
    assert (found.lower, found.upper) == pytest.approx((0.12 - 0.098, 0.12 + 0.098), abs=1e-4)
    assert found.p == pytest.approx(2 * norm.sf(2.4))
    assert np.isnan(compare_independent(0.6, float("nan"), 0.5, 0.1).p)
    assert compare_independent(0.6, 0.0, 0.5, 0.0).p == 0
    assert compare_independent(0.5, 0.0, 0.5, 0.0).p == 1


def test_holm_never_lowers_a_p_value_and_keeps_their_order() -> None:
    p = np.array([0.001, 0.2, np.nan, 0.02, 0.02, 0.9])
    found = holm(p)
    assert found[[0, 3, 4]].tolist() == pytest.approx([0.005, 0.08, 0.08])
    known = ~np.isnan(p)
    assert (found[known] >= p[known]).all()
    assert np.isnan(found[2])
    assert found[5] == pytest.approx(0.9)
