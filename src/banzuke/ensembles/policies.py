"""Asking one model after another beside asking a fixed set, at the same mean price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from banzuke.ensembles.adaptive import AdaptiveEnsemble
from banzuke.ensembles.aggregation import Aggregator, most_probable
from banzuke.ensembles.costs import Costs, lower_hull
from banzuke.ensembles.new_answers import recode
from banzuke.ensembles.pool import UNPARSED, Pool, as_pool, check_pool
from banzuke.ensembles.selection import EnsembleSelector
from banzuke.ensembles.summary import answering, split_questions


@dataclass(frozen=True, kw_only=True)
class PolicyPoint:
    """An adaptive policy and the static sets that cost as much, on held-out items.

    Parameters
    ----------
    rate : float
        As in `AdaptiveEnsemble`.
    cost : float
        Mean price of an item, of both; the static sets may cost less.
    n_asked : float
        Mean number of models that the policy asks.
    coverage, static_coverage : float
        Share of the items answered; 1 without Chow's rule.
    accuracy, static_accuracy : float
        Among the items answered.
    risk, static_risk : float
        Mean loss: 1 for a wrong answer, ``reject`` for none.
    difference, standard_error : float
        ``static_risk - risk`` with its standard error over items: above 0 where asking one
        after another is better.
    static : tuple of tuple of str
        The static sets, one or two. Two are mixed at random so that the mean price is ``cost``.
    """

    rate: float
    cost: float
    n_asked: float
    coverage: float
    static_coverage: float
    accuracy: float
    static_accuracy: float
    risk: float
    static_risk: float
    difference: float
    standard_error: float
    static: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    """Chance that each item is answered, and answered right; arrays of shape (n_items,)."""

    answered: np.ndarray
    right: np.ndarray

    def losses(self, reject: float | None) -> np.ndarray:
        abstained = (1 - self.answered) * (1.0 if reject is None else reject)
        return np.asarray(self.answered - self.right + abstained)


def compare_policies(
    policy: AdaptiveEnsemble, test: Pool, rates: Sequence[float] | None = None
) -> list[PolicyPoint]:
    """Compare an adaptive policy with the best static sets of the same models at equal cost.

    The static sets are those subsets that no other, and no mix of two others, beats in the
    loss expected on the training items (`AdaptiveEnsemble.expected_risks`), with the same
    aggregators and the same rule for abstaining. Where none costs exactly what the policy
    spends, the two next to it are mixed; where the policy spends more than the best of
    them costs, that one is taken.

    Parameters
    ----------
    policy : AdaptiveEnsemble
        Fitted.
    test : Pool
        Items that were not used to fit.
    rates : sequence of float, optional
        By default `AdaptiveEnsemble.typical_rates`.

    Returns
    -------
    list of PolicyPoint
        One for each rate; rates that spend the same are kept once.
    """
    test = recode(test, policy.classes_)
    risks = policy.expected_risks()
    subsets = sorted(risks)
    prices = [float(policy.prices_[list(subset)].sum()) for subset in subsets]
    kept = lower_hull(prices, [risks[subset] for subset in subsets])
    static = [(prices[i], subsets[i]) for i in kept]
    points: dict[float, PolicyPoint] = {}
    original = policy.rate
    for rate in policy.typical_rates() if rates is None else rates:
        policy.set_params(rate=rate)
        point = _point(policy, test, rate, static)
        points.setdefault(round(point.cost, 12), point)
    policy.set_params(rate=original)
    return [points[cost] for cost in sorted(points)]


def summarise_policies(
    outcomes: Any,
    *,
    budget: int | None = None,
    costs: Costs | None = None,
    aggregator: str | Aggregator = "auto",
    reject: float | None = None,
    seed: int = 0,
    collection: str = "",
    train_share: float = 0.6,
) -> dict[str, Any]:
    """Choose models, learn policies on some questions, and judge them on the others.

    Parameters
    ----------
    outcomes : Outcomes or Pool
    budget : int, optional
        Most models that may be asked, up to 8; by default 5, or all where there are fewer.
    costs : Costs, optional
        With prices above 0; each answer costs 1 otherwise. With prices the models are those
        of the sets that no cheaper set beats.
    aggregator : str or Aggregator, default "auto"
        ``auto`` takes the one that is best for the chosen set.
    reject : float, optional
        As in `AdaptiveEnsemble`.
    seed : int
    collection : str
    train_share : float, default 0.6

    Returns
    -------
    dict
        Plain JSON values: ``collection, n_train, n_test, models, aggregator, reject`` and
        ``points``, each a `PolicyPoint`.
    """
    pool = as_pool(outcomes)
    budget = min(5, pool.n_models) if budget is None else budget
    check_pool(pool, budget)
    train, test = answering(*split_questions(pool, train_share, seed))
    selector = EnsembleSelector(
        min(budget, train.n_models), aggregator=aggregator, costs=costs, random_state=seed
    ).fit(train)
    steps = [*reversed(selector.frontier_), selector.path_[-1]]
    names = list(dict.fromkeys(model for step in steps for model in step.models))[:budget]
    best = steps[0].aggregator if aggregator == "auto" else aggregator
    policy = AdaptiveEnsemble(
        names, costs=costs, reject=reject, aggregator=best, random_state=seed
    ).fit(train)
    return {
        "collection": collection,
        "n_train": train.n_items,
        "n_test": test.n_items,
        "models": names,
        "aggregator": best if isinstance(best, str) else type(best).__name__,
        "reject": reject,
        "points": [asdict(point) for point in compare_policies(policy, test)],
    }


def _point(
    policy: AdaptiveEnsemble,
    test: Pool,
    rate: float,
    static: list[tuple[float, tuple[int, ...]]],
) -> PolicyPoint:
    found = policy.answer(test)
    labels = test.labels
    ours = _outcome(found.predicted, labels)
    cost = float(found.cost.mean())
    theirs, named = _mixed(policy, test, cost, static)
    gap = theirs.losses(policy.reject) - ours.losses(policy.reject)
    return PolicyPoint(
        rate=float(rate),
        cost=cost,
        n_asked=float(found.asked.sum(axis=1).mean()),
        coverage=float(ours.answered.mean()),
        static_coverage=float(theirs.answered.mean()),
        accuracy=_share(ours),
        static_accuracy=_share(theirs),
        risk=float(ours.losses(policy.reject).mean()),
        static_risk=float(theirs.losses(policy.reject).mean()),
        difference=float(gap.mean()),
        standard_error=float(gap.std() / np.sqrt(len(gap))),
        static=named,
    )


def _mixed(
    policy: AdaptiveEnsemble,
    test: Pool,
    cost: float,
    static: list[tuple[float, tuple[int, ...]]],
) -> tuple[_Outcome, tuple[tuple[str, ...], ...]]:
    """Mix the dearest static set within the cost with the cheapest above it."""
    below = max((i for i, (price, _) in enumerate(static) if price <= cost + 1e-12), default=0)
    above = min(below + 1, len(static) - 1)
    low, high = static[below][0], static[above][0]
    share = 0.0 if high <= low else float(np.clip((cost - low) / (high - low), 0, 1))
    parts = [(1 - share, static[below][1]), (share, static[above][1])]
    used = [(weight, subset) for weight, subset in parts if weight > 1e-9]
    outcomes = [(weight, _static_outcome(policy, test, subset)) for weight, subset in used]
    mixed = _Outcome(
        answered=np.sum([weight * one.answered for weight, one in outcomes], axis=0),
        right=np.sum([weight * one.right for weight, one in outcomes], axis=0),
    )
    return mixed, tuple(tuple(policy.models[j] for j in subset) for _, subset in used)


def _static_outcome(policy: AdaptiveEnsemble, test: Pool, subset: tuple[int, ...]) -> _Outcome:
    columns = [test.models.index(policy.models[j]) for j in subset]
    votes = test.votes[:, columns]
    proba = policy.aggregators_[subset].predict_proba(votes)
    predicted = most_probable(proba, votes)
    if policy.reject is not None:
        predicted[proba.max(axis=1) < 1 - policy.reject] = UNPARSED
    return _outcome(predicted, test.labels)


def _outcome(predicted: np.ndarray, labels: np.ndarray) -> _Outcome:
    return _Outcome(
        answered=(predicted >= 0).astype(float), right=(predicted == labels).astype(float)
    )


def _share(outcome: _Outcome) -> float:
    answered = float(outcome.answered.sum())
    return float(outcome.right.sum()) / answered if answered else float("nan")
