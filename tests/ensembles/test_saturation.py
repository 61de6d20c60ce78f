from __future__ import annotations

import numpy as np
import pytest

from banzuke.ensembles import (
    GaussianCopula,
    Pool,
    mistake_agreement,
    saturation_curve,
)
from banzuke.exceptions import InvalidInputError
from tests.ensembles.conftest import MODEL


def test_saturation_follows_the_exact_model(pool: Pool) -> None:
    copula = GaussianCopula().fit(pool)
    curve = saturation_curve(copula, [0, 2, 1, 3])
    exact = [1 - MODEL.map_error([0, 2, 1, 3][:k]) for k in (1, 2, 3, 4)]
    np.testing.assert_allclose(curve, exact, atol=0.012)


def test_models_that_make_the_same_mistakes_gain_less(pool: Pool) -> None:
    copula = GaussianCopula().fit(pool)
    spread, same = (
        saturation_curve(copula, range(4), n_classes=6, same_mistake=a)[3] for a in (0.2, 1.0)
    )
    assert spread > same + 0.01
    with pytest.raises(InvalidInputError, match=r"from 0\.200 to 1"):
        saturation_curve(copula, range(4), n_classes=6, same_mistake=0.1)


def test_agreement_of_mistakes_is_counted_over_pairs() -> None:
    votes = np.array([[1, 1, 2], [0, 1, 1], [1, -1, 2]], dtype=np.int8)
    pool = Pool(
        votes=votes, labels=np.zeros(3, dtype=np.intp), classes=tuple("ABC"), models=tuple("xyz")
    )
    # item 0: one of three pairs agrees, item 1: the pair agrees, item 2: none of three
    assert mistake_agreement(pool, [0, 1, 2]) == pytest.approx(2 / 7)
