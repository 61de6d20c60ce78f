"""Search for sets of models where each has a price and there is a limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from banzuke.ensembles._search import (
    CrossFitted,
    Models,
    _current,
    _swap,
    forward_search,
    promise,
)

Accept = Callable[[Models], bool]


def priced_search(
    evaluate: CrossFitted,
    budget: int,
    *,
    n_screen: int,
    accept: Accept,
    prices: Sequence[float],
) -> list[Models]:
    """Return the best set found of each size, from 1 to as many models as the limits allow.

    For each size two searches grow a set that can still be filled up to that size with the
    cheapest models: one takes the model that lowers the loss most, the other the one that
    lowers it most for its price. So no first model eats up what the others need. The best
    set of each size is then bettered by exchanging models.

    Parameters
    ----------
    evaluate : CrossFitted
    budget : int
        Largest size.
    n_screen : int
        How many models are tried at a step.
    accept : callable
        False for a set that is not allowed.
    prices : sequence of float, one for each model
    """
    cheapest = _cheapest_first(evaluate.pool.n_models, accept, prices)
    largest = _largest(cheapest, budget, accept)
    found: dict[int, list[Models]] = {k: [] for k in range(1, largest + 1)}
    for size in range(1, largest + 1):
        spares = _spares(cheapest, size, accept)
        by_loss = forward_search(evaluate, size, n_screen=n_screen, accept=spares)
        by_price = _by_price(evaluate, size, n_screen=n_screen, accept=spares, prices=prices)
        for models in (*by_loss, *by_price):
            found[len(models)].append(models)
    best = [min(sets, key=lambda models: (evaluate(models), models)) for sets in found.values()]
    return [_exchange(evaluate, models, n_screen=n_screen, accept=accept) for models in best]


def largest_size(n_models: int, budget: int, accept: Accept, prices: Sequence[float]) -> int:
    """Return how many models the limits allow together, at most ``budget``."""
    return _largest(_cheapest_first(n_models, accept, prices), budget, accept)


def _cheapest_first(n_models: int, accept: Accept, prices: Sequence[float]) -> list[int]:
    allowed = [j for j in range(n_models) if accept((j,))]
    return sorted(allowed, key=lambda j: (prices[j], j))


def _largest(cheapest: list[int], budget: int, accept: Accept) -> int:
    sizes = range(1, min(budget, len(cheapest)) + 1)
    return max((k for k in sizes if accept(tuple(cheapest[:k]))), default=0)


def _spares(cheapest: list[int], size: int, accept: Accept) -> Accept:
    """Allow the sets that the cheapest other models can fill up to a size."""

    def allowed(models: Models) -> bool:
        rest = [j for j in cheapest if j not in models][: max(size - len(models), 0)]
        return accept((*models, *rest))

    return allowed


def _by_price(
    evaluate: CrossFitted, size: int, *, n_screen: int, accept: Accept, prices: Sequence[float]
) -> Iterator[Models]:
    """Grow a set by the model that saves most loss for its price; the last by loss alone."""
    pool = evaluate.pool
    # a free model is worth asking first, but not without end
    weights = np.asarray(prices, dtype=float)
    weights = np.maximum(weights, 0.01 * float(weights.max(initial=0.0)) or 1.0)
    chosen: Models = ()
    loss = _loss_without(evaluate)
    while len(chosen) < size:
        rest = [j for j in range(pool.n_models) if j not in chosen and accept((*chosen, j))]
        last = len(chosen) == size - 1
        cost = np.ones(len(rest)) if last else weights[rest]
        gains = promise(pool, chosen, _current(evaluate, chosen), rest) / cost
        tried = np.argsort(-gains, kind="stable")[:n_screen]
        saved = [(loss - evaluate((*chosen, rest[i]))) / cost[i] for i in tried]
        chosen = (*chosen, rest[tried[int(np.argmax(saved))]])
        loss = evaluate(chosen)
        yield chosen


def _loss_without(evaluate: CrossFitted) -> float:
    """Return the log-loss of naming the classes by how frequent they are, in nats."""
    share = np.bincount(evaluate.pool.labels) / evaluate.pool.n_items
    share = share[share > 0]
    return -float(share @ np.log(share))


def _exchange(evaluate: CrossFitted, models: Models, *, n_screen: int, accept: Accept) -> Models:
    """Exchange single models, each in its turn, while that lowers the loss."""
    everyone = list(range(evaluate.pool.n_models))
    models = _swap(evaluate, models, everyone, n_screen=n_screen, accept=accept)
    # a swap leaves the last model in
    return _swap(evaluate, models[::-1], everyone, n_screen=n_screen, accept=accept)
