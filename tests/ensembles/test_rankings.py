from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from banzuke.ensembles import EnsembleSelector, FamilyModel, Pool, mutual_information
from banzuke.ensembles.exhaustive import agreement_information, greedy_ratios, rank_all_sets
from banzuke.ensembles.rankings import RANKINGS, greedy_information, top_accuracy
from banzuke.exceptions import InvalidInputError


def _pool(n_items: int = 4000, seed: int = 0) -> Pool:
    model = FamilyModel(
        accuracies=(0.86, 0.85, 0.84, 0.8, 0.78, 0.7), families=(0, 0, 0, 1, 1, 2),
        across=0.3, within=0.85,
    )  # fmt: skip
    labels, answers = model.sample(n_items, seed)
    return Pool(
        votes=answers.T.astype(np.int8), labels=labels, classes=("0", "1"), models=tuple("abcdef")
    )


@pytest.mark.parametrize("k", [10, 11, 12])
def test_large_sets_are_scored_like_one_set_alone(k: int) -> None:
    random = np.random.default_rng(k)
    labels = random.integers(0, 5, 150)
    votes = np.where(
        random.random((150, 13)) < 0.5, labels[:, None], random.integers(-2, 5, (150, 13))
    )
    pool = Pool(
        votes=votes.astype(np.int8), labels=labels, classes=tuple("abcde"),
        models=tuple("abcdefghijklm"),
    )  # fmt: skip
    for models, bits in rank_all_sets(pool, k, keep=5):
        assert bits == pytest.approx(agreement_information(pool, models))


def test_greedy_takes_the_largest_conditional_information() -> None:
    pool = _pool()
    order = greedy_information(pool, 4)
    for step in range(4):
        bits = {
            j: mutual_information(pool.votes[:, [*order[:step], j]], pool.labels).bits
            for j in range(6) if j not in order[:step]
        }  # fmt: skip
        assert order[step] == max(bits, key=lambda j: bits[j])


def test_greedy_goes_to_another_family_and_top_k_does_not() -> None:
    pool = _pool()
    assert set(top_accuracy(pool, 2)) < {0, 1, 2}
    assert not set(greedy_information(pool, 2)) < {0, 1, 2}


@pytest.mark.parametrize("name", RANKINGS)
def test_rankings_name_each_model_once(name: str) -> None:
    order = RANKINGS[name](_pool(500), 6, 0)
    assert len(order) == len(set(order)) == (1 if name == "best-single" else 6)
    assert RANKINGS[name](_pool(500), 3, 0) == order[:3]


@pytest.mark.parametrize("k", [1, 2, 3, 6])
def test_all_sets_are_scored_by_the_information_of_agreement(k: int) -> None:
    pool = _pool(800)
    signed = pool.votes == pool.votes[:, :1]
    flipped = pool.labels == pool.votes[:, 0]
    ranked = dict(rank_all_sets(pool, k, keep=1000))
    assert set(ranked) == set(combinations(range(6), k))
    for models, bits in ranked.items():
        relative = pool.votes[:, models] == pool.votes[:, models[:1]]
        right = pool.labels == pool.votes[:, models[0]]
        patterns = np.unique(relative, axis=0, return_inverse=True)[1].ravel()
        counts = np.zeros((patterns.max() + 1, 2))
        np.add.at(counts, (patterns, right.astype(int)), 1)
        row = counts.sum(axis=1, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            entropy = -np.nansum(counts * np.log2(counts / row)) / 800
        assert bits == pytest.approx(1 - entropy)
    assert signed.shape[0] == flipped.shape[0]


def test_all_sets_of_letters_agree_with_a_direct_count() -> None:
    random = np.random.default_rng(1)
    labels = random.integers(0, 4, 600)
    votes = np.where(
        random.random((600, 3)) < 0.5, labels[:, None], random.integers(-2, 4, (600, 3))
    )
    pool = Pool(
        votes=votes.astype(np.int8), labels=labels, classes=tuple("ABCD"), models=tuple("abc")
    )
    ((models, bits),) = rank_all_sets(pool, 3)
    assert models == (0, 1, 2)
    groups: dict[tuple[int, ...], list[float]] = {}
    for row, label in zip(votes.tolist(), labels.tolist(), strict=True):
        key = tuple(row.index(v) if v >= 0 else 9 for v in row)
        left = 4 - len({v for v in row if v >= 0})
        counts = groups.setdefault(key, [0.0] * 4 + [left])
        counts[row.index(label) if label in row else 3] += 1
    loss = 0.0
    for *counts, left in groups.values():
        total = sum(counts)
        sizes = [1, 1, 1, left]
        loss -= sum(
            c * np.log2(c / total / size) for c, size in zip(counts, sizes, strict=True) if c
        )
    assert bits == pytest.approx(2 - loss / 600)


def test_exhaustive_selection_is_not_worse_than_the_forward_search() -> None:
    pool = _pool()
    forward = EnsembleSelector(3, aggregator="conditional-logit").fit(pool)
    every = EnsembleSelector(3, aggregator="conditional-logit", method="exhaustive").fit(pool)
    for ours, best in zip(forward.path_, every.path_, strict=True):
        assert ours.log_loss <= best.log_loss + 2e-3


def test_greedy_is_nearly_as_good_as_the_best_set() -> None:
    found = greedy_ratios(_pool(1000), 3)
    assert [one.k for one in found] == [1, 2, 3]
    assert found[0].ratio == 1
    assert all(0.95 < one.ratio <= 1 for one in found)
    assert found[2].best == rank_all_sets(_pool(1000), 3)[0][1]
    assert [one.k for one in greedy_ratios(_pool(1000), 3, most=10)] == [1]


def test_too_many_sets_are_refused() -> None:
    wide = Pool(
        votes=np.random.default_rng(0).integers(0, 2, (20, 60)).astype(np.int8),
        labels=np.arange(20) % 2, classes=("0", "1"), models=tuple(map(str, range(60))),
    )  # fmt: skip
    with pytest.raises(InvalidInputError, match="sets of 6 of 60 models"):
        rank_all_sets(wide, 6)


def test_unknown_method_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="no method 'x'"):
        EnsembleSelector(2, method="x").fit(_pool(100))
