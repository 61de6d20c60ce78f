"""Known models predicted by fits that never saw them, beside their own results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from joblib import delayed

from banzuke.outcomes import Outcomes
from banzuke.prediction._model_side import ModelSide
from banzuke.prediction._true_errors import TrueErrors, noise_within, sampled
from banzuke.prediction._variational import BayesianFactors
from banzuke.prediction.base import item_groups, one_blas_thread
from banzuke.prediction.clusters import in_parallel
from banzuke.prediction.similarity.models import organizations

__all__ = ["HeldOut", "HeldOutModels"]

_FOLDS = 5
_FEW = 100  # models below which a fifth is much to lose, and a fit costs little
_FEWEST = 50  # cases of a kind from which its errors are taken
_USUAL = 0.2  # share of strangers from which on a stranger is one of many with few models
_ITEMS, _RESULTS = 1000, 300  # items, or as many as show this many results of a model


@dataclass(frozen=True)
class HeldOut:
    """Errors of the means of models that a fit never saw.

    Parameters
    ----------
    errors : TrueErrors
        Over benchmarks.
    noise : ndarray of shape (n_benchmarks,)
        Variance of a result around its prediction, within a model.
    """

    errors: TrueErrors
    noise: np.ndarray


class HeldOutModels:
    """Cross-validation of the model side, made when it is first asked for.

    Closed-form leave-one-out is too hopeful for intervals: weights and corrections are tuned on the
    model that is left out, and its results have shaped what the factors say of its relatives,
    the more so the fewer results there are.

    Parameters
    ----------
    block : Outcomes
        Known models and items. Only a part of the items is kept, where these tell enough.
    n_factors : int
    settings : dict
        Passed to `ModelSide`.
    """

    def __init__(self, block: Outcomes, n_factors: int, settings: dict[str, Any]) -> None:
        groups = item_groups(block, "benchmark", block.n_items)
        self.sizes = np.bincount(groups).astype(np.float64)
        some = _enough(block, groups)
        self._block = block if len(some) == block.n_items else block.select(items=some)
        self._groups = groups[some]
        self._n_factors, self._settings = n_factors, settings

    def __len__(self) -> int:
        return self._block.n_models

    @cached_property
    def familiar(self) -> HeldOut:
        """Models of which the fit saw another of the same organisation; all, if these are few."""
        errors, known = self._by_model
        return self._summary(errors[known] if known.sum() >= _FEWEST else errors)

    @cached_property
    def strangers(self) -> HeldOut:
        """Models of organisations that the fit never saw.

        Where these are rare, whole organisations are left out.
        """
        errors, known = self._by_model
        if (~known).sum() >= max(_FEWEST, _USUAL * len(known)):
            return self._summary(errors[~known])
        labels = organizations(self._block.models)
        own = np.array([f"#{row}" for row in range(len(labels))], dtype=object)
        names, groups = np.unique(np.where(labels == "", own, labels), return_inverse=True)
        return self._summary(self._left_out(groups)[0]) if len(names) > 1 else self.familiar

    @cached_property
    def _by_model(self) -> tuple[np.ndarray, np.ndarray]:
        return self._left_out(np.arange(self._block.n_models))

    def _summary(self, errors: np.ndarray) -> HeldOut:
        parts = [sampled(errors[:, self._groups == g]) for g in range(len(self.sizes))]
        mean, count, squares = (np.stack(part, axis=1) for part in zip(*parts, strict=True))
        usual = noise_within(squares, count)
        each = zip(squares.T, count.T, strict=True)
        noise = np.array([noise_within(*benchmark, usual) for benchmark in each])
        return HeldOut(TrueErrors(mean, count, self.sizes, noise), noise)

    def _left_out(self, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return results less predictions, and which models' organisation was seen."""
        parts = list(_folds(groups, self._settings["random_state"]))
        tasks = [
            delayed(_predict)(self._block, part, self._n_factors, self._settings) for part in parts
        ]
        errors, familiar = np.empty_like(self._block.scores), np.empty(len(groups), dtype=bool)
        for part, (rows, known) in zip(parts, in_parallel(tasks, "held-out models"), strict=True):
            errors[part] = self._block.scores[part] - rows
            familiar[part] = known
        return errors, familiar


def _predict(
    block: Outcomes, part: np.ndarray, n_factors: int, settings: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of some models from the others, and which are of a known organisation."""
    rest = block.select(models=np.setdiff1d(np.arange(block.n_models), part))
    new = block.models[part]
    with one_blas_thread():
        factors = BayesianFactors(
            rest.scores, item_groups(block, "benchmark", block.n_items), n_factors
        )
        factors.fit()
        side = ModelSide(rest.models, factors, rest.scores, **settings)
        return np.clip(side.rows(new).full, 0.0, 1.0), side.is_familiar(new)


def _enough(block: Outcomes, groups: np.ndarray) -> np.ndarray:
    """Return columns, evenly from each benchmark."""
    share = max(float(block.observed.mean()), 1e-9)
    wanted = max(_ITEMS, int(np.ceil(_RESULTS / share)))
    if wanted >= len(groups):
        return np.arange(len(groups))
    order = np.argsort(groups, kind="stable")
    return np.sort(order[np.linspace(0, len(order) - 1, wanted).astype(np.intp)])


def _folds(groups: np.ndarray, random_state: int) -> Iterator[np.ndarray]:
    """Cut cases at random into parts of about one size, each group in one part."""
    names, sizes = np.unique(groups, return_counts=True)
    n_folds = min(_FOLDS if len(groups) >= _FEW else 2 * _FOLDS, len(names))
    order = np.random.default_rng(random_state).permutation(len(names))
    middle = np.cumsum(sizes[order]) - sizes[order] / 2
    fold = np.empty(len(names), dtype=np.intp)
    fold[order] = (middle * n_folds / len(groups)).astype(np.intp)
    for k in np.unique(fold):
        yield np.flatnonzero(fold[np.searchsorted(names, groups)] == k)
