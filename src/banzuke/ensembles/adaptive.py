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
from banzuke.ensembles.aggregation import Aggregator, draw_folds, log_loss, most_probable
from banzuke.ensembles.aggregators import make_aggregator
from banzuke.ensembles.costs import Costs
from banzuke.ensembles.new_answers import recode
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
    """Ask next the model whose answer is expected to save most errors for its price.

    What each further model saves, and those that may be asked after it, is learned from the
    training items by backward induction, as a function of how sure the posterior is already.
    Asking stops where nothing saves `rate` errors per unit of money. With `in_order` models
    are asked in that order only, which is a cascade. Without prices every answer costs 1.

    Parameters
    ----------
    models : sequence of str
        Models that may be asked; 1 to 8. All subsets get an aggregator of their own.
    costs : Costs, optional
        With prices of these models, above 0.
    rate : float, default 0.02
        Errors that a unit of money must save: 0.02 spends a unit to mend two errors in 100.
    reject : float, optional
        Chow's rule: abstain where the chance of an error exceeds this, 0 to 1. To abstain
        then counts as that share of an error.
    in_order : bool, default False
        Ask in the order of ``models``.
    aggregator : str or Aggregator, default "confusion-logit"
    random_state : int, default 0

    Attributes
    ----------
    aggregators_ : dict of tuple of int to Aggregator
        By the positions of the models asked.
    losses_ : dict of tuple of int to float
        Cross-fitted log-loss in nats of asking exactly these models.

    References
    ----------
    Chow (1970), On optimum recognition error and reject tradeoff. Longstaff, Schwartz
    (2001), Valuing American options by simulation, for the backward induction.
    """

    def __init__(
        self,
        models: Sequence[str],
        *,
        costs: Costs | None = None,
        rate: float = 0.02,
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
        """Learn an aggregator for each subset of models, and how sure each makes.

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
        self.losses_: dict[tuple[int, ...], float] = {}
        self._doubts: dict[tuple[int, ...], np.ndarray] = {}
        self._doubts[()] = np.full(pool.n_items, 1 - float(self.prior_.max()))
        subsets = self._subsets()
        for subset in progress.track(subsets, "fitting subsets"):
            votes = pool.votes[:, subset]
            made = make_aggregator(self.aggregator)
            held_out = made.cross_fit(votes, pool.labels, pool.n_classes, folds)
            self._doubts[subset] = _doubt(held_out, votes)
            self.losses_[subset] = float(log_loss(held_out, pool.labels).mean())
            self.aggregators_[subset] = made.fit(votes, pool.labels, pool.n_classes)
        return self

    def answer(self, pool: Pool) -> Answered:
        """Run the policy on items whose answers are known, revealing only those asked for.

        Parameters
        ----------
        pool : Pool
            Must hold all ``models``; its classes are matched with those of fit by name.
        """
        check_is_fitted(self, "aggregators_")
        pool = pool.take(models=[_column(pool, name) for name in self.models])
        pool = recode(pool, self.classes_)
        asked = np.zeros((pool.n_items, len(self.models)), dtype=bool)
        proba = np.repeat(self.prior_[None], pool.n_items, axis=0)
        plan = self._plan()
        self._proceed(plan, (), np.arange(pool.n_items), pool, asked, proba)
        predicted = most_probable(proba, np.where(asked, pool.votes, NOT_ASKED))
        if self.reject is not None:
            predicted[proba.max(axis=1) < 1 - self.reject] = UNPARSED
        return Answered(asked=asked, proba=proba, predicted=predicted, cost=asked @ self.prices_)

    def typical_rates(self, n_rates: int = 10) -> list[float]:
        """Return rates that take the policy from asking one model to asking all, dear first.

        Parameters
        ----------
        n_rates : int, default 10
        """
        check_is_fitted(self, "aggregators_")
        mean = {subset: float(doubt.mean()) for subset, doubt in self._doubts.items()}
        saved = max(mean.values()) - min(mean.values())
        middle = max(saved, 1e-6) / float(self.prices_.sum())
        return [float(rate) for rate in np.geomspace(10 * middle, middle / 30, n_rates)]

    def expected_risks(self) -> dict[tuple[int, ...], float]:
        """Return for each set of models the loss expected of asking exactly these.

        The mean over the training items, by aggregators fitted on the others, of the chance
        that the answer is wrong, or of ``reject`` where that is less.
        """
        check_is_fitted(self, "aggregators_")
        return {subset: float(self._risk(self._doubts[subset]).mean()) for subset in self.losses_}

    def _plan(self) -> dict[tuple[int, ...], _Step]:
        """Return what to do after each subset, from all models asked back to none."""
        values: dict[tuple[int, ...], np.ndarray] = {}
        plan: dict[tuple[int, ...], _Step] = {}
        for subset in sorted(self._doubts, key=len, reverse=True):
            doubt = self._doubts[subset]
            stop = self._risk(doubt)
            following = self._following(subset)
            wider = [
                values[tuple(sorted((*subset, j)))] + self.rate * self.prices_[j] for j in following
            ]
            step = _Step.learn(following, doubt, [stop - after for after in wider])
            choice = step.choose(doubt, always=not subset)
            values[subset] = stop
            if following:
                going = np.array(wider)[choice, np.arange(len(stop))]
                values[subset] = np.where(choice >= 0, going, stop)
            plan[subset] = step
        return plan

    def _risk(self, doubt: np.ndarray) -> np.ndarray:
        """Return the loss of stopping: the chance of an error, or of abstaining."""
        return doubt if self.reject is None else np.minimum(doubt, self.reject)

    def _proceed(
        self,
        plan: dict[tuple[int, ...], _Step],
        subset: tuple[int, ...],
        items: np.ndarray,
        pool: Pool,
        asked: np.ndarray,
        proba: np.ndarray,
    ) -> None:
        """Ask the next model for each of the items that have had the same models so far."""
        step = plan[subset]
        if not step.following or not items.size:
            return
        doubt = _doubt(proba[items], pool.votes[items][:, subset]) if subset else None
        known = np.full(items.size, self._doubts[()][0]) if doubt is None else doubt
        choice = step.choose(known, always=not subset)
        for position, j in enumerate(step.following):
            group = items[choice == position]
            if group.size:
                wider = tuple(sorted((*subset, j)))
                asked[group, j] = True
                proba[group] = self.aggregators_[wider].predict_proba(pool.votes[group][:, wider])
                self._proceed(plan, wider, group, pool, asked, proba)

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
class _Step:
    """Mean loss that each further model saves, less its price, by bins of the doubt before.

    Parameters
    ----------
    following : list of int
        Models that may be asked next.
    edges : numpy.ndarray of shape (n_bins - 1,)
    gains : numpy.ndarray of shape (n_bins, n_following)
    """

    following: list[int]
    edges: np.ndarray
    gains: np.ndarray

    @classmethod
    def learn(cls, following: list[int], doubt: np.ndarray, saved: list[np.ndarray]) -> _Step:
        edges = np.unique(np.quantile(doubt, np.linspace(0, 1, _N_BINS + 1)[1:-1]))
        bins = np.searchsorted(edges, doubt)
        n_bins = len(edges) + 1
        count = np.bincount(bins, minlength=n_bins)
        # a bin of few items leans on the mean of all
        columns = [
            (np.bincount(bins, weights=one, minlength=n_bins) + _SHRINK * one.mean())
            / (count + _SHRINK)
            for one in saved
        ]
        gains = np.column_stack(columns) if columns else np.empty((n_bins, 0))
        return cls(following=following, edges=edges, gains=gains)

    def choose(self, doubt: np.ndarray, *, always: bool) -> np.ndarray:
        """Return the position in ``following`` to ask next, -1 to stop; shape of doubt."""
        if not self.following:
            return np.full(len(doubt), -1)
        gains = self.gains[np.searchsorted(self.edges, doubt)]
        # an answer without asking anyone would be a guess
        going = (gains.max(axis=1) > 0) | always
        return np.asarray(np.where(going, gains.argmax(axis=1), -1))


def _doubt(proba: np.ndarray, votes: np.ndarray) -> np.ndarray:
    """Return the chance that the most probable class is wrong; 1 where no model answered."""
    return np.asarray(np.where((votes < 0).all(axis=1), 1.0, 1 - proba.max(axis=1)))


def _column(pool: Pool, name: str) -> int:
    if name not in pool.models:
        raise InvalidInputError(f"there is no model {name!r} in the pool")
    return pool.models.index(name)
