"""Correlated errors in families of models, exactly: no sampling, no estimation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy.special import gammaln, ndtr, ndtri

from banzuke.ensembles.branch_and_bound import (
    branch_and_bound,
    monotone_bound,
    submodular_bound,
)
from banzuke.exceptions import InvalidInputError

_N_NODES = 48


def error_floor(accuracy: float, correlation: float) -> float:
    """Return the error that no number of *exchangeable* models falls below.

    It holds for pools in which every model has the same accuracy and every pair the same
    latent correlation, and for no other: two levels of accuracy with the same common factor
    already let the error tend to 0.

    Parameters
    ----------
    accuracy : float
        Of each model, above 1/2 and below 1.
    correlation : float
        Latent (tetrachoric) correlation of the errors of each pair, above 0, at most 1.

    Returns
    -------
    float
        Phi(Phi^-1(1 - accuracy) / sqrt(correlation)).

    References
    ----------
    Turkmen, Buyukates, Bastopcu (2026), arXiv:2602.08003.

    Examples
    --------
    >>> round(error_floor(0.8, 0.45), 4)
    0.1048
    """
    if not 0.5 < accuracy < 1 or not 0 < correlation <= 1:
        raise InvalidInputError(
            f"accuracy {accuracy} and correlation {correlation}: the floor is for an accuracy "
            "between 1/2 and 1 and a correlation above 0 up to 1"
        )
    return float(ndtr(ndtri(1 - accuracy) / np.sqrt(correlation)))


def exchangeable_error(accuracy: float, correlation: float, n_models: int) -> float:
    """Return the error of the best decision from an exchangeable pool, binary labels.

    Parameters
    ----------
    accuracy, correlation : float
        As in `error_floor`.
    n_models : int
        1 or more.

    Examples
    --------
    >>> [round(exchangeable_error(0.8, 0.45, m), 4) for m in (15, 101, 1001)]
    [0.1184, 0.107, 0.105]
    """
    error_floor(accuracy, correlation)  # refuses what is out of range
    # the common factor is nearly decisive for large pools, so integrate it finely
    factor = np.linspace(-9, 9, 4001)
    weight = np.exp(-(factor**2) / 2)
    weight /= weight.sum()
    wrong = ndtr((ndtri(1 - accuracy) - np.sqrt(correlation) * factor) / np.sqrt(1 - correlation))
    wrong = np.clip(wrong, 1e-300, 1 - 1e-16)
    count = np.arange(n_models + 1)
    log_ways = gammaln(n_models + 1) - gammaln(count + 1) - gammaln(n_models - count + 1)
    log_p = log_ways[:, None] + count[:, None] * np.log(wrong)
    log_p += (n_models - count[:, None]) * np.log1p(-wrong)
    share = np.exp(log_p) @ weight
    return float(np.minimum(share, share[::-1]).sum() / 2)


@dataclass(frozen=True, kw_only=True)
class FamilyModel:
    """Binary errors with one latent factor for all models and one for each family.

    Model j errs where ``sqrt(across) U + sqrt(within - across) F_family + sqrt(1 - within) V_j``
    is at most ``Phi^-1(1 - accuracy_j)``: pairs of one family correlate by ``within``, others
    by ``across``. Labels are two equally frequent classes.

    Parameters
    ----------
    accuracies : tuple of float, length n_models
        Each between 0 and 1.
    families : tuple of int, length n_models
    across, within : float
        0 <= across <= within < 1.

    Examples
    --------
    >>> model = FamilyModel(accuracies=(0.8, 0.8), families=(0, 1), across=0.45, within=0.75)
    >>> round(model.map_error([0, 1]), 4)
    0.2
    """

    accuracies: tuple[float, ...]
    families: tuple[int, ...]
    across: float
    within: float

    def __post_init__(self) -> None:
        if len(self.accuracies) != len(self.families):
            raise InvalidInputError(
                f"{len(self.accuracies)} accuracies, but {len(self.families)} families"
            )
        if not all(0 < accuracy < 1 for accuracy in self.accuracies):
            raise InvalidInputError("accuracies must lie between 0 and 1")
        if not 0 <= self.across <= self.within < 1:
            raise InvalidInputError(
                f"across {self.across}, within {self.within}: need 0 <= across <= within < 1"
            )

    @property
    def n_models(self) -> int:
        """Number of models."""
        return len(self.accuracies)

    @cached_property
    def _wrong(self) -> np.ndarray:
        """Chance of an error given both factors, (n_models, n_nodes, n_nodes)."""
        nodes, _ = _gauss()
        latent = np.sqrt(self.across) * nodes[:, None]
        latent = latent + np.sqrt(self.within - self.across) * nodes[None, :]
        threshold = ndtri(1 - np.asarray(self.accuracies))
        return np.asarray(ndtr((threshold[:, None, None] - latent) / np.sqrt(1 - self.within)))

    def error_patterns(self, models: Sequence[int]) -> np.ndarray:
        """Return the probability of each pattern of errors, shape (2 ** k,).

        Bit j of the position (lowest first) is 1 where the j-th named model errs.
        """
        _, weight = _gauss()
        joint = np.ones((len(weight), 1))
        order: list[int] = []
        for family in sorted({self.families[j] for j in models}):
            members = [i for i, j in enumerate(models) if self.families[j] == family]
            inner = np.ones((len(weight), len(weight), 1))
            for member in members:
                wrong = self._wrong[models[member]][:, :, None]
                inner = np.concatenate([inner * (1 - wrong), inner * wrong], axis=2)
            by_factor = np.einsum("ufp,f->up", inner, weight)
            joint = (by_factor[:, :, None] * joint[:, None, :]).reshape(len(weight), -1)
            order = [*order, *members]
        patterns = weight @ joint
        return _reorder_bits(patterns, order)

    def information(self, models: Sequence[int]) -> float:
        """Return I(Y; X_S) in bits: H(X_S) - H(E_S)."""
        errors = self.error_patterns(models)
        answers = (errors + errors[::-1]) / 2
        return _entropy(answers) - _entropy(errors)

    def map_error(self, models: Sequence[int]) -> float:
        """Return the error of the best decision from the answers of some models."""
        errors = self.error_patterns(models)
        return float(np.minimum(errors, errors[::-1]).sum() / 2)

    def greedy(self, k: int) -> tuple[int, ...]:
        """Return k models, each the one that adds most information to those before."""
        chosen: tuple[int, ...] = ()
        for _ in range(k):
            rest = [j for j in range(self.n_models) if j not in chosen]
            best = max(rest, key=lambda j: self.information((*chosen, j)))
            chosen = (*chosen, best)
        return chosen

    def exhaustive(self, k: int) -> tuple[int, ...]:
        """Return the k models with the most information together, of all sets.

        Sets that cannot win are cut: where errors are independent by the largest gains, and
        where they are correlated by what all models left would add.
        """
        start = tuple(sorted(self.greedy(k)))
        accuracies = np.asarray(self.accuracies)
        order = [int(j) for j in np.argsort(-np.maximum(accuracies, 1 - accuracies), kind="stable")]
        make = submodular_bound if self.within == 0 else monotone_bound
        bound = make(lru_cache(maxsize=None)(self.information))
        ((best, _),) = branch_and_bound(self.information, order, k, bound, start=[start])
        return best

    def sample(self, n_items: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw labels (n_items,) and answers (n_models, n_items), both 0 or 1."""
        random = np.random.default_rng(seed)
        labels = random.integers(0, 2, n_items)
        known = sorted(set(self.families))
        family = np.array([known.index(name) for name in self.families])
        latent = np.sqrt(self.across) * random.standard_normal(n_items)
        latent = (
            latent
            + np.sqrt(self.within - self.across)
            * random.standard_normal((len(known), n_items))[family]
        )
        latent += np.sqrt(1 - self.within) * random.standard_normal((self.n_models, n_items))
        wrong = latent <= ndtri(1 - np.asarray(self.accuracies))[:, None]
        return labels, np.where(wrong, 1 - labels, labels)


def _gauss() -> tuple[np.ndarray, np.ndarray]:
    """Return nodes and weights that integrate against the standard normal density."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(_N_NODES)
    return nodes, weights / weights.sum()


def _reorder_bits(patterns: np.ndarray, order: Sequence[int]) -> np.ndarray:
    """Move the bits of positions so that bit i belongs to the i-th model asked for.

    ``patterns`` has the bit of ``order[0]`` lowest.
    """
    k = len(order)
    cube = patterns.reshape((2,) * k)  # axis 0 is the highest bit
    axes = [k - 1 - order.index(k - 1 - axis) for axis in range(k)]
    return np.ascontiguousarray(cube.transpose(axes)).ravel()


def _entropy(probabilities: np.ndarray) -> float:
    positive = probabilities[probabilities > 0]
    return float(-(positive * np.log2(positive)).sum())
