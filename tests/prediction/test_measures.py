"""Calibration of predictions, also of those that are equal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from banzuke.prediction.curves import curves
from banzuke.prediction.measures import calibration_bins, calibration_error

CELLS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.25, 0.3, 0.5, 1.0]), st.floats(0, 1)), min_size=1
)


@given(CELLS, st.randoms(use_true_random=False))
def test_the_order_of_cells_does_not_matter(cells: list, random) -> None:
    shuffled = list(cells)
    random.shuffle(shuffled)
    first, second = (calibration_bins(*np.array(pairs).T, 4) for pairs in (cells, shuffled))
    np.testing.assert_array_equal(first, second)
    errors = [calibration_error(*np.array(pairs).T) for pairs in (cells, shuffled)]
    assert errors[0] == errors[1]


@pytest.mark.parametrize("truth", [np.repeat([1.0, 0.0], 500), np.tile([1.0, 0.0], 500)])
def test_equal_predictions_that_are_right_on_average_are_calibrated(truth: np.ndarray) -> None:
    assert calibration_error(np.full(1000, 0.5), truth) == pytest.approx(0, abs=1e-12)
    assert calibration_error(np.full(1000, 0.8), truth) == pytest.approx(0.3)
    points = curves(np.full((1, 1000), 0.5), truth[None], np.ones((1, 1000), bool)).calibration
    np.testing.assert_allclose(points[:, :2], 0.5)
    assert points[:, 2].sum() == 1000


@pytest.mark.parametrize("n", [3, 15, 1000, 1007])
def test_predictions_that_all_differ_are_cut_by_their_rank(n: int) -> None:
    random = np.random.default_rng(n)
    p, z = random.random(n), (random.random(n) < 0.5).astype(float)
    parts = np.array_split(np.argsort(p), min(15, n))
    gaps = [abs(p[part].mean() - z[part].mean()) * len(part) for part in parts]
    assert calibration_error(p, z) == np.sum(gaps) / n


def test_the_plot_shows_the_bins_of_the_error() -> None:
    random = np.random.default_rng(0)
    p = random.integers(0, 9, (20, 30)) / 8
    z, cells = (random.random((20, 30)) < p).astype(np.float32), random.random((20, 30)) < 0.7
    points = curves(p, z, cells).calibration
    np.testing.assert_array_equal(points, calibration_bins(p[cells], z[cells]))
    error = np.average(np.abs(points[:, 0] - points[:, 1]), weights=points[:, 2])
    assert calibration_error(p[cells], z[cells].astype(float)) == pytest.approx(error)


def test_no_cell_no_bin() -> None:
    assert np.isnan(calibration_error(np.empty(0), np.empty(0)))
    nothing = curves(np.zeros((2, 2)), np.zeros((2, 2)), np.zeros((2, 2), bool))
    assert nothing.calibration.shape == (0, 3)
