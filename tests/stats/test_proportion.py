from __future__ import annotations

import math

import pytest
from scipy.stats import hypergeom

from banzuke.stats.proportion import score_interval, unanimous_bound, wilson_interval


@pytest.mark.parametrize("share", [0.0, 0.03, 0.5, 1.0])
@pytest.mark.parametrize(("n", "z"), [(7.3, 2.0), (400.0, 1.3)])
def test_ends_are_as_far_off_as_their_own_error_explains(share: float, n: float, z: float) -> None:
    for end in score_interval(share, n, z):
        if 0 < end < 1:
            assert abs(end - share) == pytest.approx(z * math.sqrt(end * (1 - end) / n))
    lower, upper = score_interval(share, n, z)
    assert 0 <= lower <= share <= upper <= 1
    assert upper > lower


def test_wilson_is_the_score_interval_of_whole_results() -> None:
    assert wilson_interval(8, 10) == pytest.approx(score_interval(0.8, 10, 1.959964))
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("n", "total"), [(1, 2), (5, 40), (10, 200), (39, 40), (40, 40)])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_bound_of_results_that_are_all_alike_is_exact(n: int, total: int, level: float) -> None:
    """The largest number of items that differ under which a sample without any is not rare."""
    likely = [m for m in range(total + 1) if hypergeom.pmf(0, total, m, n) >= (1 - level) / 2]
    assert unanimous_bound(n, total, level=level) == pytest.approx(max(likely) / total)
