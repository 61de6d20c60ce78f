"""Forward search with swaps for the set of models with the least cross-fitted loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from banzuke.ensembles.aggregation import Aggregator, log_loss, most_probable
from banzuke.ensembles.conditional_logit import ConditionalLogit
from banzuke.ensembles.pool import Pool

Models = tuple[int, ...]
_MAX_SWAPS = 4
_N_KEPT = 64


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """How an aggregator does on items that it was not fitted on.

    Parameters
    ----------
    losses : numpy.ndarray of shape (n_items,)
        Log-loss of each item in nats.
    n_right : int
        Number of items whose most probable class is right.
    """

    losses: np.ndarray
    n_right: int


@dataclass
class CrossFitted:
    """Held-out losses of sets of models under one aggregator, each set computed once.

    Parameters
    ----------
    pool : Pool
    aggregator : Aggregator
    folds : numpy.ndarray of int, shape (n_items,)
    """

    pool: Pool
    aggregator: Aggregator
    folds: np.ndarray
    known: dict[Models, float] = field(default_factory=dict)
    _kept: dict[Models, HeldOut] = field(default_factory=dict)

    def posterior(self, models: Sequence[int]) -> np.ndarray:
        """Return the posterior of each item by a fit on the other folds, (n_items, n_classes)."""
        pool = self.pool
        votes = pool.votes[:, sorted(models)]
        return self.aggregator.cross_fit(votes, pool.labels, pool.n_classes, self.folds)

    def held_out(self, models: Sequence[int]) -> HeldOut:
        """Return the held-out figures of a set; those of the last sets are kept."""
        key = tuple(sorted(models))
        if key not in self._kept:
            proba, labels = self.posterior(key), self.pool.labels
            right = most_probable(proba, self.pool.votes[:, key]) == labels
            found = HeldOut(losses=log_loss(proba, labels), n_right=int(right.sum()))
            if len(self._kept) >= _N_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = found
        return self._kept[key]

    def __call__(self, models: Sequence[int]) -> float:
        """Return the mean held-out log-loss in nats."""
        key = tuple(sorted(models))
        if key not in self.known:
            self.known[key] = float(self._losses(key).mean())
        return self.known[key]

    def _losses(self, key: Models) -> np.ndarray:
        pool, aggregator = self.pool, self.aggregator
        if key not in self._kept and isinstance(aggregator, ConditionalLogit):
            votes = pool.votes[:, key]
            return aggregator.cross_fitted_loss(votes, pool.labels, pool.n_classes, self.folds)
        return self.held_out(key).losses


def forward_search(
    evaluate: CrossFitted, budget: int, *, n_screen: int, accept: Callable[[Models], bool]
) -> Iterator[Models]:
    """Yield the best set found of each size 1 to budget.

    Each step tries the models that promise most (`promise`) on the held-out loss, keeps the
    best, and then swaps single models while that lowers the loss.

    Parameters
    ----------
    evaluate : CrossFitted
    budget : int
        Largest size.
    n_screen : int
        How many models are tried at a step.
    accept : callable
        False for a set that is not allowed, such as one that costs too much. The search
        ends where no allowed set is left.
    """
    chosen: Models = ()
    for _ in range(budget):
        allowed = [
            j for j in range(evaluate.pool.n_models) if j not in chosen and accept((*chosen, j))
        ]
        if not allowed:
            return
        shortlist = _most_promising(evaluate, chosen, allowed, 2 * n_screen)
        wider = _best_of(evaluate, [(*chosen, j) for j in shortlist[:n_screen]])
        chosen = _swap(evaluate, wider, shortlist, n_screen=n_screen, accept=accept)
        yield chosen


def _most_promising(
    evaluate: CrossFitted, chosen: Models, candidates: list[int], most: int
) -> list[int]:
    """Return the candidates that promise most, best first; all in order where they are few."""
    if len(candidates) <= most // 2:
        return candidates
    gains = promise(evaluate.pool, chosen, _current(evaluate, chosen), candidates)
    return [candidates[i] for i in np.argsort(-gains, kind="stable")[:most]]


def _best_of(evaluate: CrossFitted, sets: list[Models]) -> Models:
    return min(sets, key=lambda models: (evaluate(models), models))


def _swap(
    evaluate: CrossFitted,
    chosen: Models,
    shortlist: list[int],
    *,
    n_screen: int,
    accept: Callable[[Models], bool],
) -> Models:
    """Replace single models by ones of the shortlist while that lowers the loss."""
    for _ in range(_MAX_SWAPS):
        trials = []
        for out in chosen[:-1]:
            kept = tuple(j for j in chosen if j != out)
            others = [j for j in shortlist if j not in chosen and accept((*kept, j))]
            likely = _most_promising(evaluate, kept, others, max(4, n_screen // 2))
            trials += [(*kept, j) for j in likely[: max(2, n_screen // 4)]]
        if not trials:
            return chosen
        best = _best_of(evaluate, trials)
        if evaluate(best) >= evaluate(chosen) - 1e-12:
            return chosen
        chosen = best
    return chosen


def _current(evaluate: CrossFitted, chosen: Models) -> np.ndarray:
    pool = evaluate.pool
    if not chosen:
        return np.full((pool.n_items, pool.n_classes), 1 / pool.n_classes)
    return evaluate.posterior(chosen)


def promise(
    pool: Pool, chosen: Sequence[int], proba: np.ndarray, candidates: Sequence[int]
) -> np.ndarray:
    """Return how much log-loss each candidate promises to save: Rao's score test.

    The gradient and curvature of the loss in the weight of a new vote, given the posterior
    of the chosen models, cost one look-up a cell. So a thousand models can be ranked for
    the price of a few fits.

    Parameters
    ----------
    pool : Pool
    chosen : sequence of int
        Models already in.
    proba : numpy.ndarray of shape (n_items, n_classes)
        Posterior of the chosen models.
    candidates : sequence of int

    Returns
    -------
    numpy.ndarray of shape (n_candidates,)
        Promised gain in nats, summed over the items; 0 or more.
    """
    flat = np.ascontiguousarray(proba, dtype=np.float32).ravel()
    rows = np.arange(pool.n_items) * pool.n_classes
    held_votes = np.ascontiguousarray(pool.votes[:, list(chosen)].T)
    held = np.array([_at(flat, rows, votes) for votes in held_votes]).reshape(-1, pool.n_items)
    variance = np.array(
        [
            _covariances(p, votes, held, held_votes)
            for p, votes in zip(held, held_votes, strict=True)
        ]
    ).reshape(len(held), len(held))
    inverse = np.linalg.pinv(variance) if len(held) else variance
    gains = []
    for candidate in candidates:
        votes = np.ascontiguousarray(pool.votes[:, candidate])
        p = _at(flat, rows, votes)
        gradient = float((votes == pool.labels).sum() - p.sum(dtype=float))
        cross = _covariances(p, votes, held, held_votes)
        curvature = float(p.sum(dtype=float) - p @ p - cross @ inverse @ cross)
        gains.append(gradient**2 / (2 * max(curvature, 0.0) + 2.0))
    return np.asarray(gains)


def _at(flat: np.ndarray, rows: np.ndarray, votes: np.ndarray) -> np.ndarray:
    """Return the probability of the option voted for; 0 where there is no vote."""
    found = flat.take(rows + np.maximum(votes, 0))
    found[votes < 0] = 0
    return np.asarray(found)


def _covariances(
    p: np.ndarray, votes: np.ndarray, held: np.ndarray, held_votes: np.ndarray
) -> np.ndarray:
    """Return the covariance of one vote being right with that of each chosen model."""
    same = (held_votes == votes).astype(np.float32)
    return np.asarray((same @ p - held @ p).astype(float))
