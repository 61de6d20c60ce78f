"""Factorisation on graphs: models and items that are alike get factors that are alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, diags
from scipy.special import expit

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction._blocks import LogLoss
from banzuke.prediction.base import Predictor
from banzuke.prediction.similarity import TextFeatures
from banzuke.prediction.simrmf import model_similarity

__all__ = ["LaplacianFactorization", "laplacian"]


class LaplacianFactorization(Predictor):
    r"""Logistic factorisation with graph Laplacian penalties (LRMF).

    Minimises the cross-entropy of :math:`\sigma(\mu + m_i \cdot x_k)`, biases being coordinates
    of the vectors, plus :math:`\lambda (|M|^2 + |X|^2) + \gamma (\mathrm{tr}\, M^T L_M M +
    \mathrm{tr}\, X^T L_X X)`, where the graphs join each model (item) to its most similar ones.
    The penalties cover models and items without results, which so take after their neighbours.

    Parameters
    ----------
    n_factors : int, default 8
    penalty : float, default 0.5
    smoothness : float, default 5.0
        Weight of the Laplacian terms.
    n_neighbours : int, default 10
    max_iter : int, default 150
    random_state : int, default 0

    Attributes
    ----------
    model_factors_ : ndarray of shape (n_models, n_factors + 2)
    item_factors_ : ndarray of shape (n_items, n_factors + 2)
        The last two coordinates hold the biases.

    References
    ----------
    Learning to predict LLM performance from lineage (COLM 2025), arXiv 2504.19811. The graphs
    here come from `model_similarity` and text, or from nothing for a plain array. Similarities
    are dense while the graph is built: up to some 5,000 items.
    """

    def __init__(
        self,
        n_factors: int = 8,
        *,
        penalty: float = 0.5,
        smoothness: float = 5.0,
        n_neighbours: int = 10,
        max_iter: int = 150,
        random_state: int = 0,
    ) -> None:
        self.n_factors = n_factors
        self.penalty = penalty
        self.smoothness = smoothness
        self.n_neighbours = n_neighbours
        self.max_iter = max_iter
        self.random_state = random_state

    def _fit(self, scores: np.ndarray, outcomes: Outcomes | None) -> None:
        if self.n_factors < 0 or self.n_neighbours < 1:
            raise InvalidInputError(
                f"n_factors is {self.n_factors} and n_neighbours {self.n_neighbours}; "
                "give at least 0 and 1"
            )
        n, m = scores.shape
        graphs = self._graphs(outcomes, n, m)
        loss, d = LogLoss(scores), self.n_factors
        mean = float(np.clip(np.nanmean(scores), 0.01, 0.99))
        self.intercept_ = float(np.log(mean / (1 - mean)))

        def objective(theta: np.ndarray) -> tuple[float, np.ndarray]:
            factors = (theta[: n * (d + 1)].reshape(n, -1), theta[n * (d + 1) :].reshape(m, -1))
            value, *gradients = loss(*self._extended(*factors))
            # the models' bias meets the items' constant, and the other way round
            parts = [gradients[0][:, : d + 1], np.delete(gradients[1], d, axis=1)]
            for side, (factor, graph) in enumerate(zip(factors, graphs, strict=True)):
                rough = graph @ factor
                value += self.penalty * float(np.vdot(factor, factor))
                value += self.smoothness * float(np.vdot(factor, rough))
                parts[side] += 2 * (self.penalty * factor + self.smoothness * rough)
            return value, np.concatenate([part.ravel() for part in parts])

        start = np.random.default_rng(self.random_state).normal(scale=0.1, size=(n + m) * (d + 1))
        options = {"maxiter": self.max_iter, "ftol": 1e-6}
        found = minimize(objective, start, jac=True, method="L-BFGS-B", options=options).x
        self.model_factors_, self.item_factors_ = self._extended(
            found[: n * (d + 1)].reshape(n, -1), found[n * (d + 1) :].reshape(m, -1)
        )

    def _extended(self, M: np.ndarray, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Append the other side's constant to each side's factors and bias."""
        ones = np.ones((len(M), 1)), np.ones((len(X), 1))
        d = self.n_factors
        # logit = m.x + (model bias) * 1 + 1 * (item bias + intercept)
        items = np.hstack([X[:, :d], ones[1], X[:, d:] + self.intercept_])
        return np.hstack([M, ones[0]]), items

    def _graphs(self, outcomes: Outcomes | None, n: int, m: int) -> tuple[Any, Any]:
        if outcomes is None:
            return csr_matrix((n, n)), csr_matrix((m, m))
        models = laplacian(model_similarity(outcomes.models), self.n_neighbours)
        if "text" not in outcomes.items.columns:
            return models, csr_matrix((m, m))
        texts = outcomes.items["text"].cast(pl.String).fill_null("").to_list()
        vectors = TextFeatures().fit_transform(texts)
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit = vectors / np.where(length > 1e-12, length, 1.0)
        return models, laplacian(unit @ unit.T, self.n_neighbours)

    def _predict(self) -> np.ndarray:
        return np.asarray(expit(self.model_factors_ @ self.item_factors_.T))


def laplacian(similarity: np.ndarray, n_neighbours: int) -> Any:
    """Return the Laplacian of the graph of nearest neighbours, weighted by similarity.

    Parameters
    ----------
    similarity : ndarray of shape (n, n)
        Negative similarities join nothing.
    n_neighbours : int

    Returns
    -------
    scipy.sparse.csr_matrix of shape (n, n)
        Positive semi-definite; rows sum to 0. Each node's weights sum to about 1.

    Examples
    --------
    >>> laplacian(np.array([[1.0, 0.5], [0.5, 1.0]]), 1).toarray().tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    n = len(similarity)
    k = min(n_neighbours, n - 1)
    if k < 1:
        return csr_matrix((n, n))
    weight = similarity.astype(np.float64)
    np.fill_diagonal(weight, -np.inf)
    near = np.argpartition(-weight, k - 1, axis=1)[:, :k]
    rows = np.repeat(np.arange(n), k)
    values = np.maximum(weight[rows, near.ravel()], 0.0)
    total = np.bincount(rows, weights=values, minlength=n)
    values /= np.where(total > 0, total, 1.0)[rows]
    edges = csr_matrix((values, (rows, near.ravel())), shape=(n, n))
    edges = (edges + edges.T) / 2
    return csr_matrix(diags(np.asarray(edges.sum(axis=1)).ravel()) - edges)
