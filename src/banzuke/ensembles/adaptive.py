"""Ask one model after another, and stop when more answers are not worth their price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from banzuke import progress
from banzuke.ensembles.aggregation import Aggregator, draw_folds, most_probable
from banzuke.ensembles.aggregators import make_aggregator
from banzuke.ensembles.costs import Costs
from banzuke.ensembles.pool import NOT_ASKED, UNPARSED, Pool, check_pool
from banzuke.exceptions import InvalidInputError

_MAX_MODELS = 8
_N_BINS = 12
_SHRINK = 30.0


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What an adaptive policy did on some items.

    Parameters
    ----------
    asked : numpy.ndarray of bool, shape (n_items, n_models)
    proba : numpy.ndarray of shape (n_items, n_classes)
        Posterior from the answers asked for.
    predicted : numpy.ndarray of int, shape (n_items,)
        Position of the class; -1 where the policy abstains.
    cost : numpy.ndarray of shape (n_items,)
        Money spent.
    """

    asked: np.ndarray
    proba: np.ndarray
    predicted: np.ndarray
    cost: np.ndarray


class AdaptiveEnsemble(BaseEstimator):  # type: ignore[misc]
    """Ask next the model with the largest expected loss reduction per price.

    The reduction of the posterior's entropy that each further model brings is learned from
    the training items, as a function of how sure the posterior is already. Asking stops
    where no model brings `rate` nats per unit of money. With `order` models are asked in
    that order only, which is a cascade. Without prices every answer costs 1.

    Parameters
    ----------
    models : sequence of str
        Models that may be asked; 1 to 8. All subsets get an aggregator of their own.
    costs : Costs, optional
        With prices of these models, above 0.
    rate : float, default 0.05
        Least entropy, in nats, that a unit of money must save.
    reject : float, optional
        Chow's rule: abstain where the chance of an error exceeds this, 0 to 1.
    in_order : bool, default False
        Ask in the order of ``models``.
    aggregator : str or Aggregator, default "confusion-logit"
    random_state : int, default 0

    Attributes
    ----------
    aggregators_ : dict of tuple of int to Aggregator
        By the positions of the models asked.

    References
    ----------
    Chow (1970), On optimum recognition error and reject tradeoff.
    """

    def __init__(
        self,
        models: Sequence[str],
        *,
        costs: Costs | None = None,
        rate: float = 0.05,
        reject: float | None = None,
        in_order: bool = False,
        aggregator: str | Aggregator = "confusion-logit",
        random_state: int = 0,
    ) -> None:
        self.models = models
        self.costs = costs
        self.rate = rate
        self.reject = reject
        self.in_order = in_order
        self.aggregator = aggregator
        self.random_state = random_state

    def fit(self, pool: Pool) -> Self:
        """Learn an aggregator for each subset of models, and what each further model brings.

        Parameters
        ----------
        pool : Pool
            Training items.

        Returns
        -------
        self

        Raises
        ------
        InvalidInputError
            Where a model is unknown, there are more than 8, or a price is missing or 0.
        """
        pool = pool.take(models=[_column(pool, name) for name in self.models])
        check_pool(pool, 1)
        self.prices_ = self._prices()
        self.classes_ = pool.classes
        share = np.bincount(pool.labels, minlength=pool.n_classes) + 1.0
        self.prior_ = share / share.sum()
        folds = draw_folds(pool.n_items, min(5, pool.n_items), self.random_state)
        self.aggregators_: dict[tuple[int, ...], Aggregator] = {}
        entropies: dict[tuple[int, ...], np.ndarray] = {}
        entropies[()] = np.full(pool.n_items, float(_entropy(self.prior_[None])[0]))
        subsets = self._subsets()
        for subset in progress.track(subsets, "fitting subsets"):
            votes = pool.votes[:, subset]
            made = make_aggregator(self.aggregator)
            held_out = made.cross_fit(votes, pool.labels, pool.n_classes, folds)
            entropies[subset] = _entropy(held_out)
            self.aggregators_[subset] = made.fit(votes, pool.labels, pool.n_classes)
        self._gains = {
            (subset, j): _Gain.learn(before, entropies[wider])
            for subset, before in entropies.items()
            for j in self._following(subset)
            for wider in [tuple(sorted((*subset, j)))]
        }
        return self

    def answer(self, pool: Pool) -> Answered:
        """Run the policy on items whose answers are known, revealing only those asked for.

        Parameters
        ----------
        pool : Pool
            Must hold all ``models``.
        """
        check_is_fitted(self, "aggregators_")
        pool = pool.take(models=[_column(pool, name) for name in self.models])
        asked = np.zeros((pool.n_items, len(self.models)), dtype=bool)
        proba = np.repeat(self.prior_[None], pool.n_items, axis=0)
        self._proceed((), np.arange(pool.n_items), pool, asked, proba)
        predicted = most_probable(proba, np.where(asked, pool.votes, NOT_ASKED))
        if self.reject is not None:
            predicted[proba.max(axis=1) < 1 - self.reject] = UNPARSED
        return Answered(asked=asked, proba=proba, predicted=predicted, cost=asked @ self.prices_)

    def _proceed(
        self,
        subset: tuple[int, ...],
        items: np.ndarray,
        pool: Pool,
        asked: np.ndarray,
        proba: np.ndarray,
    ) -> None:
        """Ask the next model for each of the items that have had the same models so far."""
        following = self._following(subset)
        if not following or not items.size:
            return
        before = _entropy(proba[items])
        per_price = np.column_stack(
            [self._gains[subset, j](before) / self.prices_[j] for j in following]
        )
        best = per_price.argmax(axis=1)
        going_on = per_price.max(axis=1) >= self.rate
        if not subset:  # an answer without asking anyone would be a guess
            going_on[:] = True
        for position, j in enumerate(following):
            group = items[going_on & (best == position)]
            if group.size:
                wider = tuple(sorted((*subset, j)))
                asked[group, j] = True
                proba[group] = self.aggregators_[wider].predict_proba(pool.votes[group][:, wider])
                self._proceed(wider, group, pool, asked, proba)

    def _following(self, subset: tuple[int, ...]) -> list[int]:
        rest = [j for j in range(len(self.models)) if j not in subset]
        return rest[:1] if self.in_order else rest

    def _subsets(self) -> list[tuple[int, ...]]:
        n_models = len(self.models)
        if self.in_order:
            return [tuple(range(k)) for k in range(1, n_models + 1)]
        sizes = range(1, n_models + 1)
        return [subset for k in sizes for subset in combinations(range(n_models), k)]

    def _prices(self) -> np.ndarray:
        if not 1 <= len(self.models) <= _MAX_MODELS:
            raise InvalidInputError(
                f"{len(self.models)} models were given; an adaptive ensemble takes 1 to "
                f"{_MAX_MODELS}, choose them with EnsembleSelector first"
            )
        if self.costs is None or self.costs.prices is None:
            return np.ones(len(self.models))
        self.costs.check(self.models)
        prices = np.array([float(self.costs.prices[name]) for name in self.models])
        if (prices <= 0).any():
            name = self.models[int(np.flatnonzero(prices <= 0)[0])]
            raise InvalidInputError(
                f"model {name!r} is free; always ask it, or give it a price above 0"
            )
        return prices


@dataclass(frozen=True, kw_only=True)
class _Gain:
    """Mean entropy that a further answer saves, by bins of the entropy before."""

    edges: np.ndarray
    means: np.ndarray

    @classmethod
    def learn(cls, before: np.ndarray, after: np.ndarray) -> _Gain:
        edges = np.unique(np.quantile(before, np.linspace(0, 1, _N_BINS + 1)[1:-1]))
        bins = np.searchsorted(edges, before)
        count = np.bincount(bins, minlength=len(edges) + 1)
        total = np.bincount(bins, weights=before - after, minlength=len(edges) + 1)
        mean = float((before - after).mean())
        return cls(edges=edges, means=(total + _SHRINK * mean) / (count + _SHRINK))

    def __call__(self, before: np.ndarray) -> np.ndarray:
        return np.asarray(self.means[np.searchsorted(self.edges, before)])


def _entropy(proba: np.ndarray) -> np.ndarray:
    """Return the entropy of each row in nats."""
    return np.asarray(-(proba * np.log(np.clip(proba, 1e-12, None))).sum(axis=1))


def _column(pool: Pool, name: str) -> int:
    if name not in pool.models:
        raise InvalidInputError(f"there is no model {name!r} in the pool")
    return pool.models.index(name)
