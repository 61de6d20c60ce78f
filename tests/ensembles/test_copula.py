from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from banzuke.ensembles import Pool
from banzuke.ensembles.copula import (
    GaussianCopula,
    _bivariate,
    check_all_wrong,
    nearest_correlation,
)
from tests.ensembles.conftest import MODEL


@pytest.mark.parametrize("correlation", [-0.95, -0.3, 0.0, 0.5, 0.99])
def test_bivariate_normal(correlation: float) -> None:
    found = _bivariate(np.array(-0.5), np.array(0.8), np.array(correlation))
    expected = multivariate_normal.cdf(
        [-0.5, 0.8], [0, 0], [[1, correlation], [correlation, 1]], allow_singular=True
    )
    assert found == pytest.approx(expected, abs=1e-6)


def test_recovers_the_correlations_it_was_drawn_with(pool: Pool) -> None:
    copula = GaussianCopula().fit(pool)
    same = np.array([0, 0, 1, 1])
    expected = np.where(same[:, None] == same, 0.75, 0.45)
    np.fill_diagonal(expected, 1)
    np.testing.assert_allclose(copula.correlations_[0], expected, atol=0.03)
    check = check_all_wrong(copula, pool, [0, 1, 2, 3])
    assert check.lower - 0.003 < check.fitted < check.upper + 0.003
    assert check.observed == pytest.approx(MODEL.error_patterns(range(4))[15], abs=0.005)


def test_classes_are_fitted_apart(pool: Pool) -> None:
    votes = np.where(pool.labels[:, None] == 0, 0, pool.votes).astype(np.int8)
    biased = Pool(votes=votes, labels=pool.labels, classes=pool.classes, models=pool.models)
    copula = GaussianCopula(by_class=True).fit(biased)
    assert (copula.thresholds_[0] < -3).all()
    assert (copula.thresholds_[1] > -1.2).all()
    assert copula.sample_errors(1000, seed=1).shape == (1000, 4)


def test_repair_gives_a_correlation_matrix_close_by() -> None:
    broken = np.array([[1, 0.9, 0.1], [0.9, 1, 0.9], [0.1, 0.9, 1]])
    repaired = nearest_correlation(broken)
    assert np.linalg.eigvalsh(repaired).min() > 0
    np.testing.assert_allclose(np.diag(repaired), 1)
    assert np.abs(repaired - broken).max() < 0.2
