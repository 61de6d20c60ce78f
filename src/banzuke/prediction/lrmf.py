"""Factorisation on graphs: models and items that are alike get factors that are alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, diags, vstack
from scipy.special import expit

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction._device import log_loss
from banzuke.prediction.base import Predictor
from banzuke.prediction.similarity import TextFeatures
from banzuke.prediction.simrmf import model_similarity, unit_vectors

__all__ = ["LaplacianFactorization", "laplacian"]

_ROWS = 512  # of similarities at a time
_TIE = 1e-9  # similarities this close are the same but for rounding


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
    encoder : transformer of texts, optional
        Gives the vectors whose cosines join the items, such as `TextEmbeddings`; default
        `TextFeatures`.
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
    of items are computed a few rows at a time.
    """

    def __init__(
        self,
        n_factors: int = 8,
        *,
        penalty: float = 0.5,
        smoothness: float = 5.0,
        n_neighbours: int = 10,
        encoder: Any = None,
        max_iter: int = 150,
        random_state: int = 0,
    ) -> None:
        self.n_factors = n_factors
        self.penalty = penalty
        self.smoothness = smoothness
        self.n_neighbours = n_neighbours
        self.encoder = encoder
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
        loss, d = log_loss(scores), self.n_factors
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
        unit = unit_vectors(outcomes.items, self.encoder or TextFeatures())
        if unit is None:
            return models, csr_matrix((m, m))
        rows = (unit[start : start + _ROWS] @ unit.T for start in range(0, m, _ROWS))
        return models, _graph(rows, m, self.n_neighbours)

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
        Positive semi-definite; rows sum to 0. Each node's weights sum to about 1; where several
        are equally far, they share the places that are left.

    Examples
    --------
    >>> laplacian(np.array([[1.0, 0.5], [0.5, 1.0]]), 1).toarray().tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    return _graph([similarity], len(similarity), n_neighbours)


def _nearest(weight: np.ndarray, k: int) -> Any:
    """Return the k largest positive weights of each row, divided by their sum; sparse."""
    last = -np.partition(-weight, k - 1, axis=1)[:, [k - 1]]
    nearer, tied = weight > last + _TIE, np.abs(weight - last) <= _TIE
    left = k - nearer.sum(axis=1, keepdims=True)
    share = nearer + tied * (left / np.maximum(tied.sum(axis=1, keepdims=True), 1))
    kept = csr_matrix(np.where(share > 0, share * np.maximum(weight, 0.0), 0.0))
    total = np.asarray(kept.sum(axis=1)).ravel()
    return csr_matrix(diags(1 / np.where(total > 0, total, 1.0)) @ kept)


def _graph(blocks: Iterable[np.ndarray], n: int, n_neighbours: int) -> Any:
    """Return the Laplacian from consecutive rows of the similarity."""
    k = min(n_neighbours, n - 1)
    if k < 1:
        return csr_matrix((n, n))
    parts, start = [], 0
    for block in blocks:
        weight = block.astype(np.float64)
        inside = np.arange(len(block))
        weight[inside, start + inside] = -np.inf  # a node is no neighbour of its own
        parts.append(_nearest(weight, k))
        start += len(block)
    edges = vstack(parts, format="csr")
    edges = (edges + edges.T) / 2
    return csr_matrix(diags(np.asarray(edges.sum(axis=1)).ravel()) - edges)
