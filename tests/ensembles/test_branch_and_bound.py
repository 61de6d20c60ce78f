from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from banzuke.ensembles import EnsembleSelector, FamilyModel, Pool
from banzuke.ensembles.branch_and_bound import (
    branch_and_bound,
    monotone_bound,
    submodular_bound,
)
from banzuke.ensembles.exhaustive import agreement_information, best_sets, rank_all_sets
from banzuke.exceptions import InvalidInputError


def _pool(seed: int, n_models: int = 8, n_classes: int = 4, n_items: int = 400) -> Pool:
    random = np.random.default_rng(seed)
    labels = random.integers(0, n_classes, n_items)
    chance = random.uniform(0.1, 0.9, n_models)
    votes = np.where(
        random.random((n_items, n_models)) < chance,
        labels[:, None],
        random.integers(-2, n_classes, (n_items, n_models)),
    )
    return Pool(
        votes=votes.astype(np.int8), labels=labels, classes=tuple("ABCDEF"[:n_classes]),
        models=tuple(f"m{j}" for j in range(n_models)),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("k", [1, 2, 4, 8])
def test_best_sets_are_those_of_scoring_all(seed: int, k: int) -> None:
    pool = _pool(seed)
    every = rank_all_sets(pool, k, keep=5)
    found = best_sets(pool, k, keep=5)
    assert [models for models, _ in found] == [models for models, _ in every]
    assert [bits for _, bits in found] == pytest.approx([bits for _, bits in every])


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_information_of_agreement_never_falls_with_one_more_model(seed: int) -> None:
    pool = _pool(seed, n_models=5, n_classes=3, n_items=60)
    for models in combinations(range(5), 2):
        wider = agreement_information(pool, (*models, 4)) if 4 not in models else np.inf
        assert wider >= agreement_information(pool, models) - 1e-12


@pytest.mark.parametrize(("across", "within"), [(0.0, 0.0), (0.45, 0.75), (0.0, 0.6), (0.45, 0.45)])
@pytest.mark.parametrize("k", [2, 3, 5])
def test_the_exact_model_gives_the_set_that_scoring_all_gives(
    across: float, within: float, k: int
) -> None:
    random = np.random.default_rng(k)
    model = FamilyModel(
        accuracies=tuple(random.uniform(0.4, 0.9, 9)), families=(0, 0, 0, 1, 1, 2, 2, 3, 3),
        across=across, within=within,
    )  # fmt: skip
    every = max(combinations(range(9), k), key=model.information)
    assert model.information(model.exhaustive(k)) == pytest.approx(model.information(every))


def test_cutting_saves_work_where_gains_shrink() -> None:
    random = np.random.default_rng(0)
    weights = random.uniform(0, 1, 30)
    scored = 0

    def score(models: tuple[int, ...]) -> float:
        nonlocal scored
        scored += 1
        return float(np.sqrt(weights[list(models)].sum()))

    order = np.argsort(-weights).tolist()
    ((best, _),) = branch_and_bound(score, order, 6, submodular_bound(score))
    assert set(best) == set(order[:6])
    assert scored < 20_000  # of 593,775 sets


def test_gains_of_exclusive_or_break_the_submodular_bound() -> None:
    # Y = X0 xor X1; X2 says a little: the bound that needs independence misses the best pair
    bits = {(): 0.0, (0,): 0.0, (1,): 0.0, (2,): 0.1, (0, 1): 1.0, (0, 2): 0.1, (1, 2): 0.1}
    bits[0, 1, 2] = 1.0
    score = bits.__getitem__
    assert branch_and_bound(score, [2, 0, 1], 2, monotone_bound(score))[0] == ((0, 1), 1.0)
    assert branch_and_bound(score, [2, 0, 1], 2, submodular_bound(score))[0][1] < 1.0


def test_limits_are_kept_and_too_little_cutting_is_said() -> None:
    pool = _pool(0)
    cheap = best_sets(pool, 3, keep=3, accept=lambda models: 0 not in models)
    assert all(0 not in models for models, _ in cheap)
    with pytest.raises(InvalidInputError, match="k is 9"):
        best_sets(pool, 9)
    score = len
    with pytest.raises(InvalidInputError, match="cuts too little"):
        branch_and_bound(score, range(12), 4, monotone_bound(score), most=20)


def test_exhaustive_selection_goes_beyond_what_can_be_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool = _pool(3)
    selector = EnsembleSelector(3, method="exhaustive", aggregator="conditional-logit")
    listed = clone(selector).fit(pool)
    monkeypatch.setattr("banzuke.ensembles.paths.MAX_SETS", 10)
    bounded = clone(selector).fit(pool)
    assert [step.models for step in bounded.path_] == [step.models for step in listed.path_]
