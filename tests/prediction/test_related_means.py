"""Benchmarks that few models ran, beside others that all did."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from banzuke.outcomes.importers import ImportOptions, read
from banzuke.prediction import InductiveKernel
from banzuke.prediction._related_means import RelatedMeans
from banzuke.prediction.kernel import ExtrapolationWarning
from banzuke.prediction.splits import make_split


def test_models_that_never_ran_a_benchmark_are_near_those_that_did(shared_data: Path) -> None:
    """Eight of 216 known models ran MMLU-Pro, ten of the new ones did, which are like them."""
    folder = shared_data / "outcomes" / "openllm_v2"
    board = next(iter(read("table", [folder], ImportOptions()).collections.values()))
    items = board.items.select("item_id", "benchmark")
    split = make_split(
        board.replace(items=items), known_models=216, known_items=15_945, fraction=0.9, seed=710
    )
    cells = split.cells("C", board.scores) & (items["benchmark"].to_numpy() == "mmlu_pro")
    new = np.flatnonzero(cells.any(axis=1))
    columns = np.flatnonzero(cells.any(axis=0))
    true = board.scores[np.ix_(new, columns)].mean(axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExtrapolationWarning)
        predicted = InductiveKernel().fit(split.train).predict()
    ours = predicted[np.ix_(new, columns)].mean(axis=1) - true
    plain = np.nanmean(split.train.scores[:, columns]) - true
    assert len(new) == 10
    assert np.square(ours).mean() < 2 * np.square(plain).mean()  # groups on their own: 3.4


def test_a_group_that_few_models_ran_is_like_the_others() -> None:
    means = np.array([[1.0, 0.0, 0.0, -1.0], [1.2, 0.1, 0.0, 1.0], [0.8, -0.1, 0.1, 0.0]])
    related = RelatedMeans(means)
    related.learn(means, np.zeros_like(means))
    np.testing.assert_allclose(related.common, means.mean(axis=0))
    nothing, covariance = related.step(
        np.array([5.0, 5.0, 5.0, 5.0]), np.zeros(4), np.zeros((4, 4))
    )
    np.testing.assert_allclose(nothing, related.common)
    np.testing.assert_allclose(np.diag(covariance), related.variance)
    assert np.ptp(related.variance[:-1]) == 0
    assert related.variance[-1] > related.variance[0]
    sure, _ = related.step(means[1], np.zeros(4), 1e6 * np.eye(4))
    np.testing.assert_allclose(sure, means[1], atol=1e-4)
