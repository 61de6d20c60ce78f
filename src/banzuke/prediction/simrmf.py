"""SimRMF: factors tied to the similarities of models and items, as published."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from scipy.optimize import minimize
from scipy.sparse import identity, issparse
from scipy.special import expit
from sklearn.base import clone

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction._device import log_loss
from banzuke.prediction.base import Predictor
from banzuke.prediction.similarity import TextFeatures, lineage_similarity
from banzuke.prediction.similarity.outcome_columns import numbers_of

__all__ = [
    "OracleSimRMF",
    "ScaledSimRMF",
    "SimRMF",
    "model_similarity",
    "root_factor",
    "unit_vectors",
]


class SimRMF(Predictor):
    r"""Factorise P(right) with factors whose products resemble given similarities.

    Minimises the cross-entropy of the observed cells of :math:`\sigma(m_i \cdot x_k)` plus

    .. math:: \lambda (|M|^2 + |X|^2) + \lambda_X |X X^T - \sqrt{S_X}|^2
              + \lambda_M |M M^T - \sqrt{S_M}|^2

    with principal matrix square roots. The last three terms cover all models and items, so that
    those without results get factors too. The square roots are kept as thin factors:
    :math:`|X X^T - Q Q^T|^2 = |X^T X|^2 - 2 |X^T Q|^2 + |Q^T Q|^2` needs no n x n matrix.

    Parameters
    ----------
    n_factors : int, default 16
    penalty : float, default 0.1
        Weight of the squared norms.
    model_tie, item_tie : float, default 0.1
        Weights of the two similarity terms.
    encoder : transformer of texts, optional
        Gives the vectors whose cosines are the items' similarities; default `TextFeatures`. The
        published method has the cosines of sentence embeddings: ``TextEmbeddings(centred=False)``.
    max_iter : int, default 200
    random_state : int, default 0
        Seed of the starting factors.

    Attributes
    ----------
    model_factors_ : ndarray of shape (n_models, n_factors)
    item_factors_ : ndarray of shape (n_items, n_factors)
    loss_ : float
    n_iter_ : int

    Notes
    -----
    Similarities come from the metadata of the Outcomes: ``text`` of the items, sizes,
    architectures, types and lineage of the models (see `model_similarity`). A plain array has
    none; each model and item is then like itself alone.

    Similarities are at most 1, so factors have length about 1 and, by construction, predictions
    of models or items without results stay near 1/2; `ScaledSimRMF` lifts that.
    """

    def __init__(
        self,
        n_factors: int = 16,
        *,
        penalty: float = 0.1,
        model_tie: float = 0.1,
        item_tie: float = 0.1,
        encoder: Any = None,
        max_iter: int = 200,
        random_state: int = 0,
    ) -> None:
        self.n_factors = n_factors
        self.penalty = penalty
        self.model_tie = model_tie
        self.item_tie = item_tie
        self.encoder = encoder
        self.max_iter = max_iter
        self.random_state = random_state

    def _fit(self, scores: np.ndarray, outcomes: Outcomes | None) -> None:
        if self.n_factors < 1:
            raise InvalidInputError(f"n_factors is {self.n_factors}; give 1 or more")
        roots = self._roots(scores, outcomes)
        objective = _Objective(self, scores, *roots)
        random = np.random.default_rng(self.random_state)
        start = random.normal(scale=0.1, size=sum(scores.shape) * self.n_factors)
        options = {"maxiter": self.max_iter, "ftol": 1e-7}
        found = minimize(objective, start, jac=True, method="L-BFGS-B", options=options)
        self.model_factors_, self.item_factors_ = objective.unpack(found.x)
        self.loss_, self.n_iter_ = float(found.fun), int(found.nit)

    def _roots(self, scores: np.ndarray, outcomes: Outcomes | None) -> tuple[Any, Any]:
        """Thin factors Q with Q Q^T the square root of each similarity."""
        if outcomes is None:
            return identity(scores.shape[0]), identity(scores.shape[1])
        models = root_factor(model_similarity(outcomes.models))
        return models, _item_root(outcomes.items, self.encoder)

    def _predict(self) -> np.ndarray:
        return np.asarray(expit(self.model_factors_ @ self.item_factors_.T))


class ScaledSimRMF(SimRMF):
    """SimRMF with the square roots multiplied by a constant; not the published method.

    Parameters
    ----------
    scale : float, default 100.0
        Factor of both square roots, so that models and items without results can leave 1/2.
    n_factors, encoder, max_iter, random_state
        As in `SimRMF`.
    penalty, model_tie, item_tie
        As in `SimRMF`, with defaults that suit the scale.
    """

    def __init__(
        self,
        scale: float = 100.0,
        *,
        n_factors: int = 16,
        penalty: float = 1.0,
        model_tie: float = 0.01,
        item_tie: float = 0.01,
        encoder: Any = None,
        max_iter: int = 200,
        random_state: int = 0,
    ) -> None:
        super().__init__(
            n_factors,
            penalty=penalty,
            model_tie=model_tie,
            item_tie=item_tie,
            encoder=encoder,
            max_iter=max_iter,
            random_state=random_state,
        )
        self.scale = scale

    def _roots(self, scores: np.ndarray, outcomes: Outcomes | None) -> tuple[Any, Any]:
        models, items = super()._roots(scores, outcomes)
        return models * np.sqrt(self.scale), items * np.sqrt(self.scale)


class OracleSimRMF(SimRMF):
    """SimRMF with the similarities that the true scores imply: a bound, not a predictor.

    Its similarities :math:`Z Z^T` and :math:`Z^T Z` read every cell of ``truth``, the cells to
    predict included.

    Parameters
    ----------
    truth : array-like of shape (n_models, n_items)
        Scores in [0, 1] without a gap.
    n_factors, penalty, model_tie, item_tie, max_iter, random_state
        As in `SimRMF`.
    """

    def __init__(
        self,
        truth: Any,
        *,
        n_factors: int = 16,
        penalty: float = 0.1,
        model_tie: float = 0.1,
        item_tie: float = 0.1,
        max_iter: int = 200,
        random_state: int = 0,
    ) -> None:
        super().__init__(
            n_factors,
            penalty=penalty,
            model_tie=model_tie,
            item_tie=item_tie,
            max_iter=max_iter,
            random_state=random_state,
        )
        self.truth = truth

    def _roots(self, scores: np.ndarray, outcomes: Outcomes | None) -> tuple[Any, Any]:
        truth = np.asarray(self.truth, dtype=np.float64)
        if truth.shape != scores.shape or np.isnan(truth).any():
            raise InvalidInputError(
                f"truth has shape {truth.shape} and {int(np.isnan(truth).sum())} gaps; "
                f"the oracle needs all {scores.shape[0]} x {scores.shape[1]} scores"
            )
        signs = 2 * truth - 1  # logits are symmetric around 0, scores around 1/2
        left, values, right = np.linalg.svd(signs, full_matrices=False)
        return left * np.sqrt(values), right.T * np.sqrt(values)


class _Objective:
    """Loss and gradient over the flat vector of both factors."""

    def __init__(self, settings: SimRMF, scores: np.ndarray, models: Any, items: Any):
        self.settings, self.shape = settings, scores.shape
        self.loss = log_loss(scores)
        self.ties = _Tie(models, settings.model_tie), _Tie(items, settings.item_tie)

    def unpack(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        d = self.settings.n_factors
        cut = self.shape[0] * d
        return theta[:cut].reshape(-1, d), theta[cut:].reshape(-1, d)

    def __call__(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        M, X = self.unpack(theta)
        loss, gradient_m, gradient_x = self.loss(M, X)
        loss += self.settings.penalty * float(theta @ theta)
        gradients = np.empty_like(theta)
        for factor, gradient, tie, total in zip(
            (M, X), (gradient_m, gradient_x), self.ties, self.unpack(gradients), strict=True
        ):
            distance, pull = tie(factor)
            loss += distance
            total[:] = gradient + pull + 2 * self.settings.penalty * factor
        return loss, gradients


class _Tie:
    """Weighted squared distance of F F' from a square root Q Q', and its gradient.

    Products are made with the thin Q; where it is not thin, with Q Q' itself, which is less work.
    """

    def __init__(self, root: Any, weight: float) -> None:
        self.weight, self.constant = weight, _square_norm(root)
        self.thin = issparse(root) or 2 * root.shape[1] <= root.shape[0]
        self.matrix = root if self.thin else root @ root.T
        if not issparse(root):
            self.matrix = self.matrix.astype(np.float32)

    def __call__(self, factor: np.ndarray) -> tuple[float, np.ndarray]:
        single, gram = factor.astype(np.float32), factor.T @ factor
        pulled = self.matrix @ (self.matrix.T @ single if self.thin else single)
        overlap = float(np.vdot(factor, pulled))
        distance = float(np.square(gram).sum()) - 2 * overlap + self.constant
        return self.weight * distance, 4 * self.weight * (factor @ gram - pulled)


def _square_norm(root: Any) -> float:
    """Squared Frobenius norm of ``root root^T``."""
    gram = root.T @ root
    return float((gram.multiply(gram) if issparse(gram) else np.square(gram)).sum())


def root_factor(similarity: np.ndarray) -> np.ndarray:
    """Return Q with ``Q Q^T`` the principal square root of a symmetric matrix.

    Negative eigenvalues, which the lineage table can have, have no real square root and count
    as 0.

    Examples
    --------
    >>> q = root_factor(np.array([[2.0, 1.0], [1.0, 2.0]]))
    >>> root = q @ q.T
    >>> np.round(root @ root, 6).tolist()
    [[2.0, 1.0], [1.0, 2.0]]
    """
    values, vectors = np.linalg.eigh(similarity)
    kept = values > 1e-10 * max(float(values[-1]), 1e-300)
    return np.asarray(vectors[:, kept] * values[kept] ** 0.25)


def model_similarity(models: pl.DataFrame, *, alpha: float = 0.5) -> np.ndarray:
    """Return ``alpha S_feature + (1 - alpha) S_lineage`` of the published method.

    Parameters
    ----------
    models : polars.DataFrame
        ``params_b``, ``architecture``, ``type``, ``tags`` (list of text) and the columns of
        `lineage_similarity`, as far as there.
    alpha : float, default 0.5

    Returns
    -------
    ndarray of shape (n_models, n_models)
        S_feature is the cosine of log10(max(parameters, 1)) / 12, one-hot architecture, one-hot
        type and tags.
    """
    columns = [_log_parameters(models)]
    for name in ("architecture", "type"):
        if name in models.columns:
            columns.append(_one_hot([[value] for value in models[name].to_list()]))
    if "tags" in models.columns and models.schema["tags"] == pl.List(pl.String):
        columns.append(_one_hot(models["tags"].to_list()))
    features = np.hstack(columns)
    length = np.linalg.norm(features, axis=1, keepdims=True)
    unit = features / np.where(length > 0, length, 1.0)
    return np.asarray(alpha * (unit @ unit.T) + (1 - alpha) * lineage_similarity(models, models))


def _log_parameters(models: pl.DataFrame) -> np.ndarray:
    counts = np.nan_to_num(numbers_of(models, "params_b")) * 1e9
    return np.asarray(np.log10(np.maximum(counts, 1.0))[:, None] / 12)


def _one_hot(values: list[Any]) -> np.ndarray:
    known = sorted({str(v) for row in values for v in row or [] if v is not None})
    place = {name: column for column, name in enumerate(known)}
    matrix = np.zeros((len(values), len(known)))
    for row, names in enumerate(values):
        for name in names or []:
            if name is not None:
                matrix[row, place[str(name)]] = 1.0
    return matrix


def _item_root(items: pl.DataFrame, encoder: Any) -> Any:
    """Square root of the cosine of text vectors, as a thin factor."""
    unit = unit_vectors(items, encoder or TextFeatures(256))
    if unit is None:
        return identity(items.height)
    left, values, _ = np.linalg.svd(unit, full_matrices=False)
    return np.asarray(left * np.sqrt(values))


def unit_vectors(items: pl.DataFrame, encoder: Any) -> np.ndarray | None:
    """Return vectors of the items' texts of unit length (or 0); None without texts."""
    if "text" not in items.columns:
        return None
    texts = items["text"].cast(pl.String).fill_null("").to_list()
    vectors = np.asarray(clone(encoder).fit_transform(texts), dtype=np.float64)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(length > 1e-12, length, 1.0))
