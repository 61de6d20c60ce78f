"""Exact errors of the sets that simple rules choose, when accuracies are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from banzuke.ensembles.factor_model import FamilyModel
from banzuke.exceptions import InvalidInputError


@dataclass(frozen=True, kw_only=True)
class ExactErrors:
    """Sets of k models by three rules, and the exact error of the best decision from each.

    Parameters
    ----------
    k : int
    top_k, greedy, exhaustive : float
        Error of the most accurate models, of greedy information, and of the set with the most
        information of all.
    top_k_models, greedy_models, exhaustive_models : tuple of int
        Positions among the accuracies; the greedy ones in the order in which they were added.
    ratio : float
        Information of the greedy set by that of the best set, 0 to 1.
    """

    k: int
    top_k: float
    greedy: float
    exhaustive: float
    top_k_models: tuple[int, ...]
    greedy_models: tuple[int, ...]
    exhaustive_models: tuple[int, ...]
    ratio: float


def exact_errors(
    accuracies: Sequence[float],
    families: Sequence[int],
    *,
    across: float = 0.45,
    within: float = 0.75,
    sizes: Sequence[int] = (3, 5),
) -> list[ExactErrors]:
    """Return the exact errors of top-k, greedy information and exhaustive search.

    Nothing is sampled or estimated: errors follow `FamilyModel`, labels are two equally
    frequent classes, and decisions are the most probable label given the answers.

    Parameters
    ----------
    accuracies : sequence of float, length n_models
        Between 0 and 1.
    families : sequence of int, length n_models
        Models with the same number are of one family.
    across, within : float
        Latent correlation of errors across and within families, 0 <= across <= within < 1.
    sizes : sequence of int
        Sizes of the sets, 1 to n_models; up to about 10.

    Raises
    ------
    InvalidInputError
        Where a parameter is outside its range.

    References
    ----------
    Turkmen, Buyukates, Bastopcu (2026), arXiv:2602.08003.

    Examples
    --------
    >>> (found,) = exact_errors([0.8, 0.78, 0.75, 0.74], [0, 0, 1, 1], sizes=[3])
    >>> round(found.top_k, 4), round(found.greedy, 4), found.greedy_models
    (0.1886, 0.1886, (0, 2, 1))
    """
    model = FamilyModel(
        accuracies=tuple(float(one) for one in accuracies),
        families=tuple(int(one) for one in families),
        across=across,
        within=within,
    )
    wrong = [k for k in sizes if not 1 <= k <= model.n_models]
    if wrong:
        raise InvalidInputError(
            f"a set of {wrong[0]} models from {model.n_models}; sizes must be 1 to {model.n_models}"
        )
    ranked = np.argsort(-np.asarray(model.accuracies), kind="stable")
    return [_errors(model, tuple(int(j) for j in ranked[:k]), k) for k in sizes]


def _errors(model: FamilyModel, top: tuple[int, ...], k: int) -> ExactErrors:
    greedy, best = model.greedy(k), model.exhaustive(k)
    most = model.information(best)
    return ExactErrors(
        k=k,
        top_k=model.map_error(top),
        greedy=model.map_error(greedy),
        exhaustive=model.map_error(best),
        top_k_models=top,
        greedy_models=greedy,
        exhaustive_models=best,
        ratio=min(model.information(greedy) / most, 1.0) if most > 0 else 1.0,
    )
