"""From a pool to one set for each budget, by any method and under any aggregator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from banzuke import progress
from banzuke.ensembles._priced_search import largest_size, priced_search
from banzuke.ensembles._search import CrossFitted, Models, forward_search
from banzuke.ensembles.aggregators import AUTO, make_aggregator
from banzuke.ensembles.costs import Costs, acceptor, frontier
from banzuke.ensembles.exhaustive import MAX_SETS, best_sets, rank_all_sets
from banzuke.ensembles.pool import Pool
from banzuke.ensembles.rankings import RANKINGS, top_accuracy
from banzuke.exceptions import InvalidInputError

METHODS = ("cross-fitted", "exhaustive", *RANKINGS)
"""Names of the methods; ``cross-fitted`` is the one that this package stands for."""

_LARGE = 20_000
_N_REFINED = 30
_N_JUDGED = 10
"""Sets that the other aggregators look at too, where items are many."""
_N_PACKED = 300
_CLEAR = 1.5
"""Standard errors by which a searched set must beat the most accurate models."""


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A set of models, with the judge that measured it.

    Parameters
    ----------
    models : tuple of int
        Columns of the pool, in the order in which they were chosen.
    aggregator : str
        Name under which the aggregator is known, or its class.
    judge : CrossFitted
        Holds the aggregator and the folds.
    """

    models: Models
    aggregator: str
    judge: CrossFitted

    @property
    def loss(self) -> float:
        """Mean held-out log-loss in nats."""
        return self.judge(self.models)

    @property
    def losses(self) -> np.ndarray:
        """Held-out log-loss of each item in nats."""
        return self.judge.held_out(self.models).losses


@dataclass(frozen=True, kw_only=True)
class Search:
    """How to look for sets.

    Parameters
    ----------
    method : str
        One of `METHODS`.
    budget : int
        Largest set.
    n_screen : int
        Models tried at a step of the forward search.
    seed : int
        For random sets.
    accept : callable
        False for a set that is not allowed.
    prices : tuple of float, optional
        Of each model, where there is a limit on what a set may cost: the search then
        minds what it spends, and all sets are judged where they are few.
    """

    method: str
    budget: int
    n_screen: int
    seed: int
    accept: Callable[[Models], bool]
    prices: tuple[float, ...] | None = None


def judges(pool: Pool, aggregator: object, folds: np.ndarray) -> dict[str, CrossFitted]:
    """Return the judge of each aggregator that may be used; several for ``auto``."""
    if aggregator == "auto":
        names = AUTO[:2] if pool.n_items * pool.n_classes > _LARGE else AUTO
        return {name: CrossFitted(pool, make_aggregator(name), folds) for name in names}
    made = make_aggregator(aggregator)  # type: ignore[arg-type]
    name = aggregator if isinstance(aggregator, str) else type(aggregator).__name__
    return {name: CrossFitted(pool, made, folds)}


def find_path(pool: Pool, by_name: dict[str, CrossFitted], search: Search) -> list[Chosen]:
    """Return the chosen set for each budget from 1 on (fewer where no set is allowed).

    Parameters
    ----------
    pool : Pool
    by_name : dict of str to CrossFitted
        From `judges`; where there are several, each set gets the one with the least loss.
    search : Search

    Raises
    ------
    InvalidInputError
        Where there is no such method, or no set is allowed.
    """
    if search.method not in METHODS:
        raise InvalidInputError(
            f"there is no method {search.method!r}; there are {', '.join(METHODS)}"
        )
    if search.method == "cross-fitted":
        path = _cross_fitted(pool, by_name, search)
    elif search.method == "exhaustive":
        most = search.budget
        if search.prices is not None:
            most = largest_size(pool.n_models, most, search.accept, search.prices)
        path = [_exhaustive(pool, k, by_name, search) for k in range(1, most + 1)]
    else:
        order = RANKINGS[search.method](pool, search.budget, search.seed)
        order = _affordable(order, search)
        path = [_best_judge(tuple(order[:k]), by_name) for k in range(1, len(order) + 1)]
    if not path:
        raise InvalidInputError("no set of models is within the limits; raise them")
    return path


def cheapest_sets(by_name: dict[str, CrossFitted], costs: Costs) -> list[Chosen]:
    """Return the sets on the frontier of price and held-out loss, cheapest first.

    Looked at are all sets that the search judged, and each model alone.

    Parameters
    ----------
    by_name : dict of str to CrossFitted
        From `judges`, after `find_path`.
    costs : Costs
        With prices.
    """
    pool = next(iter(by_name.values())).pool
    allowed = acceptor(costs, pool.models)
    alone = {(model,) for model in range(pool.n_models)}
    seen = alone.union(*(judge.known for judge in by_name.values()))
    sets = sorted(models for models in seen if allowed(models))
    chosen = [_best_known(models, by_name) for models in sets]
    prices = [costs.total([pool.models[j] for j in models]) for models in sets]
    return [chosen[i] for i in frontier(prices, [one.loss for one in chosen])]


def _cross_fitted(pool: Pool, by_name: dict[str, CrossFitted], search: Search) -> list[Chosen]:
    """Search with the first two aggregators; where items are many, with the cheapest only.

    A single model is the one that is right most often: with one answer there is nothing to
    combine.
    """
    names = list(by_name)[: 1 if pool.n_items * pool.n_classes > _LARGE else 2]
    paths = []
    for name in names:
        paths.append(_searched(by_name[name], search, name))
    n_steps = min(len(path) for path in paths)
    best = [
        min((_best_judge(path[step], by_name) for path in paths), key=lambda chosen: chosen.loss)
        for step in range(n_steps)
    ]
    alone = [model for model in range(pool.n_models) if search.accept((model,))]
    if alone:
        accuracies = pool.accuracies
        single = max(alone, key=lambda model: (accuracies[model], -model))
        best = [_best_judge((single,), by_name), *best[1:]]
    return best if search.prices is not None else _where_clearly_better(pool, by_name, search, best)


def _searched(judge: CrossFitted, search: Search, name: str) -> list[Models]:
    """Return the set of each size that the search finds under one aggregator."""
    if search.prices is None:
        sets = forward_search(judge, search.budget, n_screen=search.n_screen, accept=search.accept)
        return list(progress.track(sets, f"choosing models ({name})", search.budget))
    found = priced_search(
        judge, search.budget, n_screen=search.n_screen, accept=search.accept, prices=search.prices
    )
    return _pack(judge, found, search)


def _where_clearly_better(
    pool: Pool, by_name: dict[str, CrossFitted], search: Search, path: list[Chosen]
) -> list[Chosen]:
    """Keep a searched set where it clearly beats the most accurate models.

    The search looks at many sets, and from few items the best of them is often so by luck;
    the most accurate models were chosen without a look at how they combine.
    """
    order = _affordable(top_accuracy(pool, pool.n_models), search)
    kept = []
    for k, found in enumerate(path, 1):
        plain = _steady_judge(tuple(order[:k]), by_name)
        steady = _steady_judge(found.models, by_name)
        gain = plain.losses - steady.losses
        kept.append(steady if is_clear(gain, _CLEAR) else plain)
    return kept


def _steady_judge(models: Models, by_name: dict[str, CrossFitted]) -> Chosen:
    """Return the second of the judges, or another that beats it by a standard error."""
    best = _best_judge(models, by_name)
    names = list(by_name)
    usual = names[min(1, len(names) - 1)]
    steady = Chosen(models=models, aggregator=usual, judge=by_name[usual])
    return best if is_clear(steady.losses - best.losses, 1.0) else steady


def is_clear(gains: np.ndarray, times: float) -> bool:
    """Return whether the mean of paired gains exceeds its standard error so many times."""
    return bool(gains.mean() > times * gains.std() / np.sqrt(len(gains)))


def _pack(judge: CrossFitted, path: list[Models], search: Search) -> list[Models]:
    """Return the best allowed set of each size, from all sets where they are few."""
    n_models, packed = judge.pool.n_models, []
    for k, found in enumerate(path, 1):
        sets = [found]
        if comb(n_models, k) <= _N_PACKED:
            sets = [s for s in combinations(range(n_models), k) if search.accept(s)]
        packed.append(min(sets, key=lambda models: (judge(models), models)))
    return packed


def _exhaustive(pool: Pool, k: int, by_name: dict[str, CrossFitted], search: Search) -> Chosen:
    """Judge the sets that carry most information by the held-out loss, and take the best."""
    n_sets = comb(pool.n_models, k)
    if n_sets > MAX_SETS:
        scored = best_sets(pool, k, keep=_N_REFINED, accept=search.accept)
    else:
        scored = rank_all_sets(pool, k, keep=n_sets)
    ranked = [models for models, _ in scored]
    allowed = [models for models in ranked if search.accept(models)][:_N_REFINED]
    if not allowed:
        raise InvalidInputError(f"no set of {k} models is within the limits; raise them")
    if pool.n_items * pool.n_classes > _LARGE:
        allowed = sorted(allowed, key=next(iter(by_name.values())))[:_N_JUDGED]
    return min((_best_judge(models, by_name) for models in allowed), key=lambda found: found.loss)


def _affordable(order: Sequence[int], search: Search) -> list[int]:
    kept: list[int] = []
    for model in order:
        if search.accept((*kept, model)):
            kept.append(model)
    return kept


def _best_judge(models: Models, by_name: dict[str, CrossFitted]) -> Chosen:
    name = min(by_name, key=lambda name: by_name[name](models))
    return Chosen(models=models, aggregator=name, judge=by_name[name])


def _best_known(models: Models, by_name: dict[str, CrossFitted]) -> Chosen:
    """Return the best of the judges that have looked at a set; the first where none has."""
    looked = {name: judge for name, judge in by_name.items() if models in judge.known}
    return _best_judge(models, looked or dict(list(by_name.items())[:1]))
