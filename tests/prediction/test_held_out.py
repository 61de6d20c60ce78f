"""Known models, predicted by fits that never saw them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from banzuke.outcomes import Outcomes
from banzuke.prediction._held_out import HeldOutModels
from banzuke.testing import make_outcomes

SETTINGS = {"columns": (), "n_components": 4, "random_state": 0}
WHOLE, NOTHING = np.array([[20.0, 20.0]]) / 40, np.zeros(1)


@pytest.fixture(scope="module")
def block() -> Outcomes:
    """Sixty models; half of the organisations have one model, the others fifteen."""
    full = make_outcomes(60, 40, n_benchmarks=2, seed=1)
    names = [f"org{i % 2 if i < 30 else i}/m{i}" for i in range(60)]
    return full.replace(models=full.models.drop("ability").with_columns(model=pl.Series(names)))


def test_radii_are_reproduced_and_grow_with_the_level(block: Outcomes) -> None:
    held, again = (HeldOutModels(block, 3, SETTINGS) for _ in range(2))
    radii = [held.familiar.errors.radii(WHOLE, NOTHING, level)[0] for level in (0.5, 0.8, 0.9)]
    assert radii == sorted(radii)
    assert radii[-1] == again.familiar.errors.radii(WHOLE, NOTHING, 0.9)[0]
    assert held.sizes.tolist() == [20, 20]
    assert ((held.familiar.noise > 0.1) & (held.familiar.noise < 0.26)).all()


def test_results_of_a_model_have_no_part_in_its_prediction(block: Outcomes) -> None:
    """Predictions of the models of one part stay the same, whatever these models score."""
    held = HeldOutModels(block, 3, SETTINGS)
    errors, _ = held._by_model
    rows = block.scores - errors
    first = np.random.default_rng(0).permutation(60)[:6]  # as the parts are drawn
    scores = block.scores.copy()
    scores[first] = 1 - scores[first]
    changed, _ = HeldOutModels(block.replace(scores=scores), 3, SETTINGS)._by_model
    np.testing.assert_allclose((scores - changed)[first], rows[first], atol=1e-6)
    others = np.setdiff1d(np.arange(60), first)
    assert np.abs((scores - changed)[others] - rows[others]).max() > 0.01


def test_an_organisation_alone_is_compared_with_all() -> None:
    one = make_outcomes(30, 20, n_benchmarks=2)
    names = [f"org/m{i}" for i in range(30)]
    held = HeldOutModels(one.replace(models=pl.DataFrame({"model": names})), 2, SETTINGS)
    assert held.strangers is held.familiar
