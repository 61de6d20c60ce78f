"""Logistic matrix factorisation: models and items as short vectors, with biases."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.sparse.linalg import svds
from scipy.special import expit

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction._device import log_loss
from banzuke.prediction.base import Predictor, item_groups

__all__ = ["MatrixFactorization"]


class MatrixFactorization(Predictor):
    r"""Predict P(right) as the sigmoid of a product of model and item vectors, plus biases.

    .. math:: \mathrm{logit}\, p_{ik} = \mu + a_i + b_k + m_i \cdot x_k

    The cross-entropy of the observed cells plus squared penalties is minimised by L-BFGS on
    its analytic gradient. With ``by``, the items of a group share an offset and a loading,
    and the penalty holds each item near them: an item that few models ran behaves like its
    benchmark until its own results say otherwise.

    Parameters
    ----------
    n_factors : int, default 8
        Length of the vectors; 0 leaves the biases alone.
    biases : bool, default True
        Whether models and items have a bias; without, ``logit p = m . x``.
    by : str or None, default "benchmark"
        Column of ``outcomes.items`` whose groups share an offset and a loading; None shares
        nothing.
    penalty : float, default 10
        Weight of the squared norms, halved: of each item's distance from its group's loading;
        half of it for models, four times for the groups' loadings.
    bias_penalty : float, default 0.3
        Weight of the squares of model and item biases, halved.
    max_iter : int, default 200
        Most steps of L-BFGS.
    tol : float, default 2e-5
        Relative improvement of the loss below which it stops.

    Attributes
    ----------
    model_factors_ : ndarray of shape (n_models, n_factors)
    item_factors_ : ndarray of shape (n_items, n_factors)
    model_bias_ : ndarray of shape (n_models,)
    item_bias_ : ndarray of shape (n_items,)
        Group offset and intercept included.
    loss_ : float
        The objective at the end.
    n_iter_ : int

    Notes
    -----
    A model without any result gets the average ability; an item without any, what its group
    has. If all scores are the same, predictions lie near that score but never at 0 or 1.

    References
    ----------
    Koren, Bell, Volinsky (2009), Matrix factorization techniques for recommender systems,
    doi:10.1109/MC.2009.263; with the cross-entropy of a logistic link.

    Examples
    --------
    >>> scores = np.array([[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, np.nan]])
    >>> predictor = MatrixFactorization(n_factors=1).fit(scores)
    >>> bool(predictor.predict()[2, 3] < predictor.predict()[0, 3])
    True
    """

    def __init__(
        self,
        n_factors: int = 8,
        *,
        biases: bool = True,
        by: str | None = "benchmark",
        penalty: float = 10.0,
        bias_penalty: float = 0.3,
        max_iter: int = 200,
        tol: float = 2e-5,
    ) -> None:
        self.n_factors = n_factors
        self.biases = biases
        self.by = by
        self.penalty = penalty
        self.bias_penalty = bias_penalty
        self.max_iter = max_iter
        self.tol = tol

    def _fit(self, scores: np.ndarray, outcomes: Outcomes | None) -> None:
        if self.n_factors < 0:
            raise InvalidInputError(f"n_factors is {self.n_factors}; give 0 or more")
        groups = item_groups(outcomes, self.by, scores.shape[1])
        objective = _Objective(self, scores, groups)
        result = minimize(
            objective,
            objective.start(scores),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": self.max_iter, "ftol": self.tol, "gtol": 0.0, "maxcor": 20},
        )
        parts = objective.unpack(result.x)
        self.loss_, self.n_iter_ = float(result.fun), int(result.nit)
        self.model_factors_ = parts["m"]
        self.item_factors_ = parts["x"] + parts["w"][groups]
        self.model_bias_ = parts["a"][:, 0]
        self.item_bias_ = parts["b"][:, 0] + parts["c"][groups, 0] + objective.intercept

    def decision_function(self) -> np.ndarray:
        """Return the logit of every cell; shape (n_models, n_items)."""
        product = self.model_factors_ @ self.item_factors_.T
        return np.asarray(product + self.model_bias_[:, None] + self.item_bias_)

    def _predict(self) -> np.ndarray:
        return np.asarray(expit(self.decision_function()))


def residual_of_means(scores: np.ndarray) -> np.ndarray:
    """Return the scores less their row and column means, 0 where not observed."""
    known = ~np.isnan(scores)
    residual = np.where(known, scores - np.nanmean(scores), np.float32(0))
    for axis in (1, 0):
        count = np.maximum(known.sum(axis=axis, keepdims=True), 1)
        residual -= residual.sum(axis=axis, keepdims=True, dtype=np.float32) / count
        residual *= known
    return residual


def leading_vectors(residual: np.ndarray, d: int) -> tuple[np.ndarray, np.ndarray]:
    """Return left and right singular vectors, unit length times 1/2 sqrt(rows of the other side).

    Found without random numbers, so that the order of rows and columns does not matter. Where
    the matrix has fewer than ``d`` dimensions, the rest are zero.
    """
    n, m = residual.shape
    left, right = np.zeros((n, d)), np.zeros((m, d))
    k = min(d, min(n, m) - 1)
    if k < 1 or not residual.any():
        return left, right
    if min(n, m) <= 64:
        u, _, vt = np.linalg.svd(residual.astype(np.float64), full_matrices=False)
    else:
        seed = np.square(residual).sum(axis=0 if m < n else 1)
        u, values, vt = svds(residual, k, v0=seed, tol=1e-2)
        order = np.argsort(-values)
        u, vt = u[:, order], vt[order]
    left[:, :k], right[:, :k] = u[:, :k] * np.sqrt(n) / 2, vt[:k].T * np.sqrt(m) / 2
    return left, right


class _Objective:
    """Loss and gradient over the flat vector of all parameters."""

    def __init__(self, settings: MatrixFactorization, scores: np.ndarray, groups: np.ndarray):
        n_models, n_items = scores.shape
        d, n_groups = settings.n_factors, int(groups.max()) + 1
        biased = int(settings.biases)
        shared = n_groups if settings.by is not None else 0
        self.settings, self.groups, self.shared = settings, groups, shared
        self.member = np.eye(n_groups)[groups] if n_groups > 1 else np.ones((n_items, 1))
        self.loss = log_loss(scores)
        mean = float(np.clip(np.nanmean(scores), 0.01, 0.99))
        self.intercept = np.log(mean / (1 - mean)) if settings.biases else 0.0
        self.shapes = {
            "m": (n_models, d),
            "x": (n_items, d),
            "w": (n_groups, d),
            "a": (n_models, 1),
            "b": (n_items, 1),
            "c": (n_groups, 1),
        }
        loose = settings.bias_penalty
        self.penalty = {
            "m": settings.penalty / 2,
            "x": settings.penalty,
            "w": settings.penalty * 4,
            "a": loose,
            "b": loose,
            "c": loose / 10,
        }
        self.free = {"m": 1, "x": 1, "w": int(shared > 0)} | dict.fromkeys("ab", biased)
        self.free["c"] = int(biased and shared > 0)

    def unpack(self, theta: np.ndarray) -> dict[str, np.ndarray]:
        parts, start = {}, 0
        for name, shape in self.shapes.items():
            size = shape[0] * shape[1]
            parts[name] = theta[start : start + size].reshape(shape)
            start += size
        return parts

    def start(self, scores: np.ndarray) -> np.ndarray:
        """Begin at the leading singular vectors of what the biases leave unexplained."""
        d = self.shapes["m"][1]
        parts = {name: np.zeros(shape) for name, shape in self.shapes.items()}
        if d:
            centred = residual_of_means(scores) if self.free["b"] else np.nan_to_num(scores - 0.5)
            parts["m"][:, :], parts["x"][:, :] = leading_vectors(centred, d)
        return np.concatenate([values.ravel() for values in parts.values()])

    def __call__(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        p = self.unpack(theta)
        ones = np.ones_like
        item_bias = p["b"] + p["c"][self.groups] + self.intercept
        A = np.hstack([p["m"], ones(p["a"]), p["a"]])
        B = np.hstack([p["x"] + p["w"][self.groups], item_bias, ones(p["b"])])
        loss, gradient_a, gradient_b = self.loss(A, B)
        d = p["m"].shape[1]
        gradient = {"m": gradient_a[:, :d], "a": gradient_a[:, d + 1 :]}
        gradient |= {"x": gradient_b[:, :d], "b": gradient_b[:, d : d + 1]}
        gradient["w"] = self.member.T @ gradient["x"]
        gradient["c"] = self.member.T @ gradient["b"]
        flat = []
        for name, values in p.items():
            weight = self.penalty[name]
            loss += 0.5 * weight * float(np.vdot(values, values))
            flat.append((self.free[name] * (gradient[name] + weight * values)).ravel())
        return loss, np.concatenate(flat)
