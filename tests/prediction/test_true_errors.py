"""Errors of true means from errors of a few results."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from banzuke.prediction._true_errors import TrueErrors, noise_within, sampled

SIZES = np.array([200.0, 60.0])
WEIGHTS = SIZES[None, :] / SIZES.sum()


def drawn(
    seed: int, n_cases: int, shown: tuple[int, int], spread: float
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return the true mean errors of cases over two benchmarks, and results of some items."""
    random = np.random.default_rng(seed)
    level = spread * random.standard_t(8, (n_cases, 1)) / np.sqrt(8 / 6)
    offset = 0.4 * spread * random.normal(size=(n_cases, 2))
    true, seen = np.empty((n_cases, 2)), []
    for b, (size, show) in enumerate(zip(SIZES.astype(int), shown, strict=True)):
        cells = level + offset[:, b : b + 1] + random.choice([-0.35, 0.35], (n_cases, size))
        true[:, b] = cells.mean(axis=1)
        hidden = np.argsort(random.random(cells.shape), axis=1) >= show
        seen.append(np.where(hidden, np.nan, cells))
    return true, seen


def found(seen: list[np.ndarray]) -> tuple[TrueErrors, np.ndarray]:
    mean, count, squares = (
        np.stack(part, axis=1) for part in zip(*map(sampled, seen), strict=True)
    )
    usual = noise_within(squares, count)
    noise = np.array([noise_within(squares[:, b], count[:, b], usual) for b in range(2)])
    return TrueErrors(mean, count, SIZES, noise), mean


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_with_every_result_errors_are_what_was_seen(seed: int) -> None:
    true, seen = drawn(seed, 30, (200, 60), 0.05)
    errors, _ = found(seen)
    values = errors.of(WEIGHTS, np.zeros(1))[0]
    np.testing.assert_allclose(values, np.repeat(true @ WEIGHTS.T, values.shape[1], 1), atol=1e-3)
    expected = np.sort(np.abs(true @ WEIGHTS[0]))[27]  # ceil(31 * .9) = 28th smallest
    assert errors.radii(WEIGHTS, np.zeros(1), 0.9)[0] == pytest.approx(expected, abs=2e-4)


@pytest.mark.parametrize("shown", [(200, 60), (30, 8), (8, 1)])
@pytest.mark.parametrize("spread", [0.04, 0.12])
def test_radius_covers_at_the_level_however_few_results(
    shown: tuple[int, int], spread: float
) -> None:
    """Over 20 worlds of 150 cases, the radius covers other true errors as often as it says."""
    covered, naive = [], []
    for seed in range(20):
        true, seen = drawn(seed, 300, shown, spread)
        errors, mean = found([cells[:150] for cells in seen])
        new = np.abs(true[150:] @ WEIGHTS[0])
        covered.append(np.mean(new <= errors.radii(WEIGHTS, np.zeros(1), 0.9)[0]))
        naive.append(np.mean(new <= np.quantile(np.abs(mean @ WEIGHTS[0]), 0.9)))
    assert 0.875 < np.mean(covered) < 0.935
    if shown == (8, 1) and spread == 0.04:
        assert np.mean(naive) > 0.98  # what the noise of the results does if it is left in


def test_a_case_without_results_says_only_what_all_say() -> None:
    _, seen = drawn(0, 200, (30, 8), 0.1)
    seen[0][0], seen[1][0] = np.nan, np.nan
    errors, _ = found(seen)
    values = errors.of(WEIGHTS, np.zeros(1))[0]
    assert values[0].mean() == pytest.approx(0)
    assert values[0].std() == pytest.approx(values.std(), rel=0.05)


def test_targets_over_fewer_items_get_wider_radii() -> None:
    _, seen = drawn(0, 200, (30, 8), 0.05)
    errors, _ = found(seen)
    targets = np.array([WEIGHTS[0], WEIGHTS[0], [1.0, 0.0]])
    radii = errors.radii(targets, np.array([0.0, 0.35**2 / 20, 0.0]), 0.9)
    assert radii[1] > 1.3 * radii[0]
    assert np.isfinite(radii).all()


def test_noise_is_believed_where_no_case_has_two_results() -> None:
    random = np.random.default_rng(0)
    cells = np.full((50, 20), np.nan)
    cells[np.arange(50), random.integers(0, 20, 50)] = random.normal(size=50)
    _, count, squares = sampled(cells)
    assert noise_within(squares, count, 0.3) == pytest.approx(0.3)
    assert noise_within(squares, count) == 0
