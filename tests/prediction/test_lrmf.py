from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction import MeanScore
from banzuke.prediction.lrmf import LaplacianFactorization, _graph, laplacian


def test_laplacian_of_any_similarity_is_one() -> None:
    random = np.random.default_rng(0)
    similarity = random.normal(size=(30, 30))
    graph = laplacian(similarity + similarity.T, 4).toarray()
    np.testing.assert_allclose(graph, graph.T)
    np.testing.assert_allclose(graph.sum(axis=1), 0, atol=1e-12)
    assert np.linalg.eigvalsh(graph).min() > -1e-9


def test_a_new_model_takes_after_its_lineage() -> None:
    random = np.random.default_rng(0)
    good = np.array([0.9, 0.2])[np.arange(40) % 2]
    scores = (random.random((40, 60)) < good[:, None]).astype(float)
    truth = scores.copy()
    scores[30:] = np.nan
    models = pl.DataFrame(
        {
            "model": [f"m{i}" for i in range(40)],
            "base_models": [[f"root{i % 2}"] for i in range(40)],
        }
    )
    outcomes = Outcomes(scores, models, [f"q{i}" for i in range(60)])
    predicted = LaplacianFactorization(2).fit(outcomes).predict()[30:]
    blind = MeanScore().fit(outcomes).predict()[30:]
    assert np.mean((predicted - truth[30:]) ** 2) < 0.7 * np.mean((blind - truth[30:]) ** 2)


def test_impossible_settings() -> None:
    with pytest.raises(InvalidInputError, match="at least 0 and 1"):
        LaplacianFactorization(n_neighbours=0).fit([[1.0, 0.0]])


def test_the_graph_of_many_items_is_made_in_pieces() -> None:
    random = np.random.default_rng(1)
    vectors = random.normal(size=(70, 5))
    whole = laplacian(vectors @ vectors.T, 6).toarray()
    pieces = _graph((vectors[i : i + 16] @ vectors.T for i in range(0, 70, 16)), 70, 6)
    np.testing.assert_allclose(pieces.toarray(), whole, atol=1e-12)


def test_neighbours_that_are_equally_far_share_the_places_left() -> None:
    alike = np.full((4, 4), 0.5)
    alike[0, 1] = alike[1, 0] = 0.9
    graph = laplacian(alike, 2).toarray()
    # of two neighbours the nearest has .9, the two others share .5
    np.testing.assert_allclose(-graph[0, 1:], [0.9 / 1.4, *[(0.25 / 1.4 + 1 / 3) / 2] * 2])
    order = np.array([2, 0, 3, 1])
    moved = laplacian(alike[np.ix_(order, order)], 2).toarray()
    np.testing.assert_allclose(moved, graph[np.ix_(order, order)], atol=1e-12)
