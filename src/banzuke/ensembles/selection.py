"""Choose which models to ask, and combine their answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from banzuke.ensembles._search import CrossFitted
from banzuke.ensembles.aggregation import Aggregator
from banzuke.ensembles.aggregators import make_aggregator
from banzuke.ensembles.costs import Costs, acceptor
from banzuke.ensembles.information import group_folds, label_entropy
from banzuke.ensembles.new_answers import votes_of
from banzuke.ensembles.paths import Chosen, Search, cheapest_sets, find_path, is_clear, judges
from banzuke.ensembles.pool import Pool, as_pool, check_pool
from banzuke.exceptions import InvalidInputError, NotFoundError
from banzuke.stats.proportion import wilson_interval

_OURS = ("cross-fitted", "exhaustive")


@dataclass(frozen=True, kw_only=True)
class PathStep:
    """The set chosen for one budget, judged by cross-fitting on the training items.

    Parameters
    ----------
    k : int
        Number of models.
    models : tuple of str
        In the order in which they were chosen.
    aggregator : str
        Name of the aggregator with the least held-out loss.
    information : float
        Bits about the label: its entropy minus the held-out cross-entropy. Can be negative.
    information_se : float
        Standard error of ``information`` over items.
    accuracy, lower, upper : float
        Held-out accuracy and its 95 % interval (Wilson). The set was chosen on the same
        items, so expect slightly less on new ones.
    log_loss : float
        Held-out log-loss in nats.
    cost : float or None
        Price of one answer from each model; None without prices.
    predicted : tuple of str
        Those of ``models`` that were only predicted.
    """

    k: int
    models: tuple[str, ...]
    aggregator: str
    information: float
    information_se: float
    accuracy: float
    lower: float
    upper: float
    log_loss: float
    cost: float | None = None
    predicted: tuple[str, ...] = ()

    def with_models(self, models: Sequence[str]) -> PathStep:
        """Return a step with other models, for `EnsembleSelector.at_step`; figures stay."""
        return replace(self, k=len(models), models=tuple(models))


class EnsembleSelector(BaseEstimator):  # type: ignore[misc]
    """Choose up to `budget` models and combine their answers into a posterior.

    By default the set of each size is the one with the least cross-fitted log-loss of the
    aggregator that will be used, found by forward search with swaps, where that beats the
    most accurate models by 1.5 standard errors; the size is the smallest within one
    standard error of the best.

    Parameters
    ----------
    budget : int, default 5
        Most models to ask for an item.
    method : str, default "cross-fitted"
        How sets are chosen; also ``exhaustive``, and for comparison ``greedy-mi``,
        ``top-k``, ``best-single``, ``random``, ``mrmr``, ``jmi``, ``cmim``.
    aggregator : str or Aggregator, default "auto"
        How answers are combined: ``auto`` takes ``conditional-logit`` (all classes
        alike), ``confusion-logit`` or, for fewer items, ``logistic``, by held-out loss; or
        a key of `AGGREGATORS`, or an unfitted aggregator.
    costs : Costs, optional
        Prices, latencies, and what one item may cost and take.
    n_folds : int, default 5
        Folds of the cross-fitting.
    n_screen : int, default 10
        Models that are tried at each step of the search, the most promising first.
    random_state : int, default 0
        Seed of the folds.

    Attributes
    ----------
    selected_ : tuple of str
        Models to ask, in the order in which they were chosen.
    path_ : tuple of PathStep
        The set for each budget from 1 on.
    frontier_ : tuple of PathStep
        With prices: of the sets looked at, those that none beats in both price and
        held-out loss, cheapest first. Otherwise empty.
    chosen_ : PathStep
        The step that ``selected_`` comes from.
    aggregator_ : Aggregator
        Fitted on all training items for ``selected_``.
    models_, classes_ : tuple of str
        Models and labels seen in fit.

    References
    ----------
    Turkmen, Buyukates, Bastopcu (2026), arXiv:2602.08003, for the problem and ``greedy-mi``.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> labels = random.integers(0, 3, 300)
    >>> noise = random.integers(0, 3, (4, 300))
    >>> answers = np.where(random.random((4, 300)) < [[0.8], [0.7], [0.6], [0.1]], labels, noise)
    >>> selector = EnsembleSelector(3).fit(answers, labels)
    >>> selector.selected_
    ('0', '1', '2')
    """

    def __init__(
        self,
        budget: int = 5,
        *,
        method: str = "cross-fitted",
        aggregator: str | Aggregator = "auto",
        costs: Costs | None = None,
        n_folds: int = 5,
        n_screen: int = 10,
        random_state: int = 0,
    ) -> None:
        self.budget = budget
        self.method = method
        self.aggregator = aggregator
        self.costs = costs
        self.n_folds = n_folds
        self.n_screen = n_screen
        self.random_state = random_state

    def fit(self, answers: Any, labels: Any = None, groups: Any = None) -> Self:
        """Choose models.

        Parameters
        ----------
        answers : Outcomes, Pool, or array-like of shape (n_models, n_items)
            An Outcomes has a layer ``answer``; for arrays see `encode`.
        labels : array-like of shape (n_items,), optional
            The right answers; by default the items' ``label``.
        groups : array-like of shape (n_items,), optional
            Items of one group, such as statements about one question, stay in one fold.

        Returns
        -------
        self

        Raises
        ------
        InvalidInputError
            Where a label is never answered, a model never answers, all models agree
            everywhere, the budget exceeds the models, there is a single class, a price is
            missing or negative, or ``n_screen`` is no whole number from 1 on.
        """
        _check_whole("n_screen", self.n_screen)
        given = as_pool(answers, labels)
        check_pool(given, self.budget)
        if self.costs is not None:
            self.costs.check(given.models)
        order = np.argsort(np.asarray(given.models, dtype=object), kind="stable")
        pool = given.take(models=order)
        folds = group_folds(groups, pool.n_items, self.n_folds, self.random_state)
        search = Search(
            method=self.method,
            budget=self.budget,
            n_screen=self.n_screen,
            seed=self.random_state,
            accept=acceptor(self.costs, pool.models),
            prices=_limited_prices(self.costs, pool.models),
        )
        by_name = judges(pool, self.aggregator, folds)
        path = find_path(pool, by_name, search)
        self.models_, self.classes_ = given.models, given.classes
        self._pool = pool
        self.path_ = tuple(_judge(chosen, self.costs) for chosen in path)
        self._losses = np.array([chosen.losses for chosen in path])
        self.frontier_ = self._frontier(by_name)
        self._use(self.path_[self._stop()])
        return self

    def at_step(self, step: PathStep) -> Self:
        """Return a fitted copy that asks the models of one step of the path.

        Parameters
        ----------
        step : PathStep
        """
        check_is_fitted(self, "path_")
        copy: Self = clone(self)
        copy.__dict__.update(vars(self))
        copy._use(step)
        return copy

    def within(self, k: int) -> PathStep:
        """Return the step of k models, or a smaller one where that is clearly better.

        Clearly: the held-out loss is lower by two standard errors, item by item.

        Parameters
        ----------
        k : int
            From 1 on.

        Raises
        ------
        InvalidInputError
            Where k is below 1, or no step of the path is that small.
        """
        check_is_fitted(self, "path_")
        _check_whole("k", k)
        allowed = [place for place, step in enumerate(self.path_) if step.k <= k]
        if not allowed:
            raise InvalidInputError(f"the smallest set of the path has {self.path_[0].k} models")
        last = allowed[-1]
        if self.method not in _OURS:
            return self.path_[last]
        best = min(allowed, key=lambda place: self.path_[place].log_loss)
        gain = self._losses[last] - self._losses[best]
        return self.path_[best if is_clear(gain, 2.0) else last]

    def predict_proba(self, answers: Any) -> np.ndarray:
        """Return the posterior, shape (n_items, n_classes), columns as ``classes_``.

        Parameters
        ----------
        answers : Outcomes, Pool, or array-like of shape (n_models, n_items)
            Rows of an array are the models seen in fit, in the same order; only those of
            ``selected_`` are read. An Outcomes or a Pool may hold just the selected models,
            and a Pool other classes: answers that fit did not know count as unparsed.
        """
        check_is_fitted(self, "path_")
        votes = votes_of(answers, self._asked, self.models_, self.classes_)
        return self.aggregator_.predict_proba(votes)

    def predict(self, answers: Any) -> np.ndarray:
        """Return the most probable label of each item, ``""`` where no model gave an answer."""
        check_is_fitted(self, "path_")
        votes = votes_of(answers, self._asked, self.models_, self.classes_)
        best = self.aggregator_.predict(votes)
        return np.asarray(np.array([*self.classes_, ""], dtype=object)[best])

    def _stop(self) -> int:
        """Return the step to use: one standard error for ours, the last for plain rankings."""
        if self.method not in _OURS:
            return len(self.path_) - 1
        return one_standard_error(self._losses)

    def _frontier(self, by_name: dict[str, CrossFitted]) -> tuple[PathStep, ...]:
        costs = self.costs
        if costs is None or costs.prices is None:
            return ()
        return tuple(_judge(chosen, costs) for chosen in cheapest_sets(by_name, costs))

    def _use(self, step: PathStep) -> None:
        """Fit the aggregator on all training items for a set."""
        pool = self._pool
        columns = sorted(_position(pool, name) for name in step.models)
        self.chosen_ = step
        self.selected_ = step.models
        self._asked = [pool.models[column] for column in columns]
        by_name = isinstance(self.aggregator, str)
        self.aggregator_ = make_aggregator(step.aggregator if by_name else self.aggregator)
        self.aggregator_.fit(pool.votes[:, columns], pool.labels, pool.n_classes)


def one_standard_error(losses: np.ndarray) -> int:
    """Return the first row whose mean loss is within one standard error of the best row's.

    The standard error is that of the paired difference, item by item.

    Parameters
    ----------
    losses : numpy.ndarray of shape (n_steps, n_items)

    Examples
    --------
    >>> one_standard_error(np.array([[0.9, 1.1], [0.4, 0.6], [0.4, 0.61]]))
    1
    """
    best = int(losses.mean(axis=1).argmin())
    excess = losses - losses[best]
    allowed = excess.std(axis=1) / np.sqrt(losses.shape[1])
    return int(np.flatnonzero(excess.mean(axis=1) <= allowed)[0])


def _limited_prices(costs: Costs | None, models: Sequence[str]) -> tuple[float, ...] | None:
    """Return the price of each model where there is a limit on money."""
    if costs is None or costs.prices is None or costs.money is None:
        return None
    return tuple(float(costs.prices[name]) for name in models)


def _check_whole(name: str, value: object) -> None:
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or int(value) < 1:  # type: ignore[call-overload]
        raise InvalidInputError(f"{name} is {value!r}; give a whole number from 1 on")


def _position(pool: Pool, name: str) -> int:
    if name not in pool.models:
        raise NotFoundError(f"there is no model {name!r} in the pool")
    return pool.models.index(name)


def _names(pool: Pool, models: Sequence[int]) -> tuple[str, ...]:
    return tuple(pool.models[column] for column in models)


def _judge(chosen: Chosen, costs: Costs | None) -> PathStep:
    pool = chosen.judge.pool
    held_out = chosen.judge.held_out(chosen.models)
    losses, n_right = held_out.losses, held_out.n_right
    lower, upper = wilson_interval(n_right, pool.n_items)
    names = _names(pool, chosen.models)
    return PathStep(
        k=len(names),
        models=names,
        aggregator=chosen.aggregator,
        information=label_entropy(pool.labels) - float(losses.mean() / np.log(2)),
        information_se=float(losses.std() / np.sqrt(pool.n_items) / np.log(2)),
        accuracy=n_right / pool.n_items,
        lower=lower,
        upper=upper,
        log_loss=float(losses.mean()),
        cost=None if costs is None or costs.prices is None else costs.total(names),
        predicted=tuple(name for name in names if name in pool.predicted),
    )
