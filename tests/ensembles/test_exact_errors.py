"""Exact errors beside a quadrature and a simulation that share no code with them."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import multivariate_normal

from banzuke.ensembles import exact_errors, exchangeable_error
from banzuke.exceptions import InvalidInputError

ACCURACIES = (0.84, 0.83, 0.82, 0.81, 0.69, 0.62)
FAMILIES = (0, 0, 0, 1, 1, 2)


def _correlations(across: float, within: float) -> np.ndarray:
    same = np.equal.outer(FAMILIES, FAMILIES)
    return np.where(np.eye(len(FAMILIES), dtype=bool), 1.0, np.where(same, within, across))


def _error_by_distribution_function(models: tuple[int, ...], across: float, within: float) -> float:
    """Sum over answer patterns the smaller of P(errors) and P(opposite errors), halved."""
    threshold = ndtri(1 - np.array(ACCURACIES))[list(models)]
    correlation = _correlations(across, within)[np.ix_(models, models)]
    chances = {}
    for signs in product((1, -1), repeat=len(models)):
        flip = np.array(signs)
        chances[signs] = multivariate_normal.cdf(
            flip * threshold, np.zeros(len(models)), correlation * np.outer(flip, flip)
        )
    return sum(min(p, chances[tuple(-s for s in signs)]) for signs, p in chances.items()) / 2


@pytest.mark.parametrize(("across", "within"), [(0.45, 0.75), (0.2, 0.6)])
def test_errors_agree_with_the_normal_distribution_function(across: float, within: float) -> None:
    (found,) = exact_errors(ACCURACIES, FAMILIES, across=across, within=within, sizes=[3])
    assert found.top_k_models == (0, 1, 2)
    for models, error in (
        (found.top_k_models, found.top_k),
        (found.greedy_models, found.greedy),
        (found.exhaustive_models, found.exhaustive),
    ):
        expected = _error_by_distribution_function(models, across, within)
        assert error == pytest.approx(expected, abs=2e-4)
    assert found.exhaustive < found.top_k - 0.01


def test_errors_agree_with_a_simulation() -> None:
    (found,) = exact_errors(ACCURACIES, FAMILIES, sizes=[4])
    random = np.random.default_rng(0)
    latent = random.multivariate_normal(np.zeros(6), _correlations(0.45, 0.75), size=200_000)
    wrong = latent <= ndtri(1 - np.array(ACCURACIES))
    for models, error in (
        (found.top_k_models, found.top_k),
        (found.exhaustive_models, found.exhaustive),
    ):
        codes = wrong[:, models] @ (1 << np.arange(4))
        share = np.bincount(codes, minlength=16) / len(codes)
        assert error == pytest.approx(np.minimum(share, share[::-1]).sum() / 2, abs=0.004)


def test_the_exhaustive_set_has_the_most_information() -> None:
    (found,) = exact_errors(ACCURACIES, FAMILIES, sizes=[3])
    assert found.ratio <= 1
    # the same six models in another order give the same sets
    order = [5, 3, 0, 4, 2, 1]
    (other,) = exact_errors([ACCURACIES[j] for j in order], [FAMILIES[j] for j in order], sizes=[3])
    assert {order[j] for j in other.exhaustive_models} == set(found.exhaustive_models)
    assert other.exhaustive == pytest.approx(found.exhaustive)


def test_independent_errors_are_best_served_by_the_most_accurate() -> None:
    (found,) = exact_errors(ACCURACIES, FAMILIES, across=0, within=0, sizes=[3])
    assert set(found.exhaustive_models) == set(found.greedy_models) == {0, 1, 2}
    errors = [
        _error_by_distribution_function(models, 0.0, 0.0) for models in combinations(range(6), 3)
    ]
    assert found.top_k == pytest.approx(min(errors), abs=1e-6)


def test_one_family_of_equals_is_an_exchangeable_pool() -> None:
    (found,) = exact_errors([0.8] * 5, [0] * 5, across=0.45, within=0.45, sizes=[5])
    assert found.top_k == found.greedy == found.exhaustive
    assert found.top_k == pytest.approx(exchangeable_error(0.8, 0.45, 5), abs=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sizes": [7]}, "sizes must be 1 to 6"),
        ({"families": (0,)}, "6 accuracies, but 1 families"),
        ({"across": 0.8}, "across <= within"),
    ],
)
def test_parameters_out_of_range_are_refused(change: dict[str, object], message: str) -> None:
    given = {"accuracies": ACCURACIES, "families": FAMILIES, **change}
    with pytest.raises(InvalidInputError, match=message):
        exact_errors(**given)  # type: ignore[arg-type]
