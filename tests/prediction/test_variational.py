from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from banzuke.prediction import _cells, _variational
from banzuke.prediction._variational import BayesianFactors, expected_logistic
from banzuke.prediction.hierarchy import grouped_regression


def planted(n: int, m: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw chances from two abilities and two groups of items, and scores from the chances."""
    random = np.random.default_rng(seed)
    ability, loading = random.normal(size=(n, 2)), random.normal(size=(m, 2))
    loading[:, 0] = np.where(np.arange(m) % 2 == 0, 1.5, 0.3) + 0.2 * loading[:, 0]
    chance = expit(ability @ loading.T + random.normal(size=m))
    return chance, (random.random((n, m)) < chance).astype(np.float32)


def error(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sqrt(np.mean((a - b) ** 2)))


@pytest.mark.parametrize("shown", [1.0, 0.3])
def test_factors_find_the_chances(shown: float) -> None:
    chance, scores = planted(200, 120)
    hidden = np.random.default_rng(1).random(scores.shape) >= shown
    scores[hidden] = np.nan
    factors = BayesianFactors(scores, np.arange(120) % 2, 4)
    factors.fit()
    blind = np.nanmean(scores, axis=0) + np.zeros_like(chance)
    assert error(factors.cells(), chance) < (0.35 if shown == 1 else 0.6) * error(blind, chance)


def test_uncertain_cells_are_near_their_group_not_at_an_extreme() -> None:
    scores = planted(150, 60)[1]
    scores[3:, 0] = np.nan  # an item that three models ran
    scores[:3, 0] = 1.0
    factors = BayesianFactors(scores, np.zeros(60, int), 3)
    factors.fit()
    mean = factors.cells()[:, 0].mean()
    assert np.nanmean(scores[:, 1:]) < mean < 0.9


def test_models_better_at_one_group_than_their_vectors_say_get_an_offset() -> None:
    random = np.random.default_rng(0)
    groups = np.repeat([0, 1], 150)
    offset = random.normal(size=(80, 2)) * [1.0, 0.0]
    logit = random.normal(size=(80, 1)) + random.normal(size=300) + offset[:, groups]
    scores = (random.random(logit.shape) < expit(logit)).astype(np.float32)
    factors = BayesianFactors(scores, groups, 1)
    factors.fit()
    found, true = ((c[:, :150] - c[:, 150:]).mean(axis=1) for c in (factors.cells(), expit(logit)))
    assert np.corrcoef(found, true)[0, 1] > 0.95  # without offsets 0.3
    assert factors.offset_spread.sum() > 0.3
    shuffled = BayesianFactors(scores, random.permutation(groups), 1)
    shuffled.fit()
    assert shuffled.offset_spread.sum() < 0.05


def test_abilities_come_from_all_items_of_a_long_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refining sweeps over a part; where results are few, a part says little of a model."""
    monkeypatch.setattr(_variational, "_MOST_COLUMNS", 40)
    monkeypatch.setattr(_variational, "_MOST_CELLS", 0)
    random = np.random.default_rng(0)
    ability = random.normal(size=30)
    chance = expit(ability[:, None] + random.normal(size=400))
    scores = (random.random(chance.shape) < chance).astype(np.float32)
    scores[random.random(chance.shape) > 0.2] = np.nan
    factors = BayesianFactors(scores, np.zeros(400, int), 2)
    factors.fit()
    factors.refine(np.zeros((30, 2)), np.eye(2))
    ours = error(factors.cells().mean(axis=1), chance.mean(axis=1))
    assert ours < error(np.nanmean(scores, axis=1), chance.mean(axis=1))


@pytest.mark.parametrize("variance", [0.0, 0.5, 4.0])
def test_expected_logistic_is_near_the_integral(variance: float) -> None:
    points, weights = np.polynomial.hermite_e.hermegauss(80)
    logit = np.linspace(-6, 6, 25)
    drawn = expit(logit[:, None] + np.sqrt(variance) * points) @ weights / weights.sum()
    given = (logit.astype(np.float32), np.full(25, variance, np.float32))
    np.testing.assert_allclose(expected_logistic(*given)[0], drawn, atol=0.015)


def test_standardising_changes_no_prediction() -> None:
    factors = BayesianFactors(planted(60, 40)[1], np.arange(40) % 2, 3)
    factors.fit()
    before = factors.cells()
    factors.u[:, :3] = factors.u[:, :3] * 2 + 1
    factors.u_covariance *= 4
    factors.v[:, :3] /= 2
    factors.v_covariance[:, :3] /= 2
    factors.v_covariance[:, :, :3] /= 2
    shift = np.eye(4)
    shift[3, :3] = -1
    factors.v = factors.v @ shift.T
    factors.v_covariance = shift @ factors.v_covariance @ shift.T
    np.testing.assert_allclose(factors.cells(), before, atol=1e-5)
    factors._standardise()
    np.testing.assert_allclose(factors.cells(), before, atol=1e-5)
    np.testing.assert_allclose(factors.u[:, :3].mean(axis=0), 0, atol=1e-9)


def test_prior_of_a_model_is_its_position_until_results_say_otherwise() -> None:
    scores = planted(80, 50)[1]
    scores[0, 1:] = np.nan
    factors = BayesianFactors(scores, np.zeros(50, int), 2)
    factors.fit()
    mean = factors.u[:, :2].copy()
    mean[0] = [2.0, -1.0]
    factors.refine(mean, 1e-4 * np.eye(2))
    np.testing.assert_allclose(factors.u[0, :2], [2.0, -1.0], atol=0.01)


def test_long_lists_of_items_lose_little(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance, scores = planted(150, 200)
    groups = np.arange(200) % 2
    whole = BayesianFactors(scores, groups, 3)
    whole.fit()
    monkeypatch.setattr(_variational, "_MOST_COLUMNS", 100)
    part = BayesianFactors(scores, groups, 3)
    part.fit()
    assert error(part.cells(), chance) < 1.15 * error(whole.cells(), chance)


@pytest.mark.parametrize("shown", [1.0, 0.3])
def test_cells_in_a_list_are_worth_what_they_are_in_a_matrix(
    shown: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = planted(150, 200)[1]
    scores[np.random.default_rng(1).random(scores.shape) >= shown] = np.nan
    scores[4], scores[:, 7] = np.nan, np.nan  # nothing is known of these
    groups = np.arange(200) % 2
    tiles = BayesianFactors(scores, groups, 3)
    tiles.fit()
    monkeypatch.setattr(_cells, "_SPARSE", 1.1)
    monkeypatch.setattr(_cells, "_LISTED", 500)  # some ten columns
    listed = BayesianFactors(scores, groups, 3)
    listed.fit()
    np.testing.assert_allclose(listed.cells(), tiles.cells(), atol=1e-3)


def test_grouped_regression_pools_within_a_group() -> None:
    random = np.random.default_rng(0)
    x = np.column_stack([np.ones(60), random.normal(size=60)])
    slopes = np.where(np.arange(40) < 20, 0.1, -0.05)
    y = 0.02 + x[:, 1:] * slopes + 0.3 * random.normal(size=(60, 40))
    seen = random.random(y.shape) < 0.4
    found = grouped_regression(x, np.where(seen, y, 0), seen, np.arange(40) // 20)
    alone = [np.polyfit(x[s, 1], t[s], 1)[0] for t, s in zip(y.T, seen.T, strict=True)]
    assert error(found[:, 1], slopes) < 0.5 * error(np.array(alone), slopes)


def test_grouped_regression_without_shrinkage_is_least_squares() -> None:
    random = np.random.default_rng(0)
    x = np.column_stack([np.ones(400), random.normal(size=400)])
    slopes = random.normal(size=30)  # as different as can be: nothing to pool
    y = x[:, 1:] * slopes + 0.01 * random.normal(size=(400, 30))
    found = grouped_regression(x, y, np.ones(y.shape, bool), np.zeros(30, int))
    np.testing.assert_allclose(found[:, 1], np.polyfit(x[:, 1], y, 1)[0], atol=2e-3)
