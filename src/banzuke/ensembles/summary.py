"""The document about a collection's best sets, for the command line and the pages."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from banzuke.ensembles.aggregation import Aggregator, log_loss
from banzuke.ensembles.copula import GaussianCopula, check_all_wrong
from banzuke.ensembles.costs import Costs
from banzuke.ensembles.diversity import cluster_order
from banzuke.ensembles.exhaustive import greedy_ratios
from banzuke.ensembles.information import label_entropy
from banzuke.ensembles.pool import Pool, as_pool, check_pool
from banzuke.ensembles.rankings import top_accuracy
from banzuke.ensembles.saturation import mistake_agreement, saturation_curve
from banzuke.ensembles.selection import EnsembleSelector, PathStep
from banzuke.exceptions import InvalidInputError
from banzuke.stats.paired import compare_paired
from banzuke.stats.proportion import wilson_interval

_MIN_ITEMS = 20
_MAX_SHOWN = 40
_MAX_SATURATION = 12
_MOST_LISTED = 10_000


def summarise(
    outcomes: Any,
    *,
    budget: int | None = None,
    seed: int = 0,
    collection: str = "",
    method: str = "cross-fitted",
    aggregator: str | Aggregator = "auto",
    costs: Costs | None = None,
    train_share: float = 0.6,
) -> dict[str, Any]:
    """Choose sets on some questions and judge them on the others.

    Parameters
    ----------
    outcomes : Outcomes or Pool
        With a layer ``answer`` and items ``label``; see `pool_of` for what is left out.
    budget : int, optional
        Largest set; by default 5, or all models where there are fewer.
    seed : int, default 0
        Seed of the split into questions and of the folds.
    collection : str
        Name of the collection, for the document.
    method, aggregator, costs
        As in `EnsembleSelector`.
    train_share : float, default 0.6
        Share of the questions used to choose and fit.

    Returns
    -------
    dict
        Plain JSON values. ``collection, n_train, n_test, method, aggregator``; ``chosen``,
        the models at the size that the one-standard-error rule picks; ``best_single``
        (``model``, ``accuracy``), the asked model that is best on the training questions;
        ``path``, for each k the ``models``, their ``aggregator`` and ``cost``, the
        ``accuracy`` with ``lower`` and ``upper`` (95 %) and the ``information`` (bits), and
        how that compares with ``best_single`` and with ``top_k``, the most accurate models
        within the limits, under the same aggregator
        (``difference, lower, upper, p``: McNemar), all on the held-out questions;
        ``frontier``, the same for the sets that no cheaper set beats in training;
        ``members``, each model of these sets with its own held-out ``accuracy`` (``lower``,
        ``upper``), its ``price`` and whether it is ``predicted``; ``predicted``, the models of the
        pool that were only predicted: their answers are drawn, and so is what depends on them;
        ``all_wrong``, how often all of the k most accurate models are wrong, observed and by
        a Gaussian copula; ``error_correlations`` (``models``, ``matrix``), similar models
        side by side; ``saturation`` (``n_models, accuracy``), what the copula expects from the
        most accurate models; ``greedy_ratio`` (``k, greedy, best, ratio``), how near adding
        one model at a time comes to the best set, where all sets of a size can be listed. The
        last four describe all questions and the models that were asked.

    Raises
    ------
    InvalidInputError
        Where there are fewer than 20 usable questions, or nothing to choose from.
    """
    pool = as_pool(outcomes)
    if pool.n_items < _MIN_ITEMS:
        raise InvalidInputError(
            f"{pool.n_items} questions have answers and a label; at least {_MIN_ITEMS} are needed"
        )
    budget = min(5, pool.n_models) if budget is None else budget
    check_pool(pool, budget)
    train, test = answering(*split_questions(pool, train_share, seed))
    selector = EnsembleSelector(
        min(budget, train.n_models),
        method=method,
        aggregator=aggregator,
        costs=costs,
        random_state=seed,
    ).fit(train)
    single, steps = _single(train), [*selector.path_, *selector.frontier_]
    measured = pool.measured
    return {
        "collection": collection,
        "n_train": train.n_items,
        "n_test": test.n_items,
        "method": method,
        "aggregator": selector.chosen_.aggregator,
        "chosen": list(selector.selected_),
        "best_single": {"model": single, "accuracy": float(_right_alone(test, single).mean())},
        "path": [_held_out(selector, step, train, test) for step in selector.path_],
        "frontier": [_held_out(selector, step, train, test) for step in selector.frontier_],
        "members": _members(steps, test, costs),
        "predicted": sorted(pool.predicted),
        "all_wrong": _all_wrong(measured),
        "saturation": _saturation(measured),
        "greedy_ratio": [
            asdict(one)
            for one in greedy_ratios(measured, min(budget, measured.n_models), most=_MOST_LISTED)
        ],
        "error_correlations": _correlations(measured),
    }


def split_questions(pool: Pool, train_share: float, seed: int) -> tuple[Pool, Pool]:
    """Split the items of a pool at random into a training and a test part."""
    order = np.random.default_rng(seed).permutation(pool.n_items)
    n_train = round(train_share * pool.n_items)
    return pool.take(np.sort(order[:n_train])), pool.take(np.sort(order[n_train:]))


def answering(train: Pool, test: Pool) -> tuple[Pool, Pool]:
    """Leave out models without a single usable answer in the training part."""
    kept = (train.votes >= 0).any(axis=0)
    return train.take(models=kept), test.take(models=kept)


def _held_out(
    selector: EnsembleSelector, step: PathStep, train: Pool, test: Pool
) -> dict[str, Any]:
    fitted = selector.at_step(step)
    names = np.array([*test.classes, ""], dtype=object)
    truth = names[test.labels]
    proba, right = fitted.predict_proba(test), fitted.predict(test) == truth
    lower, upper = wilson_interval(int(right.sum()), test.n_items)
    loss = float(log_loss(proba, test.labels).mean())
    rival = selector.at_step(step.with_models(_top(selector, train, step.k))).predict(test)
    return {
        "k": step.k,
        "models": list(step.models),
        "predicted": list(step.predicted),
        "aggregator": step.aggregator,
        "cost": step.cost,
        "accuracy": float(right.mean()),
        "lower": lower,
        "upper": upper,
        "information": label_entropy(test.labels) - loss / float(np.log(2)),
        "best_single": asdict(compare_paired(right, _right_alone(test, _single(train)))),
        "top_k": asdict(compare_paired(right, rival == truth)),
    }


def _top(selector: EnsembleSelector, train: Pool, k: int) -> list[str]:
    """Return the k most accurate models that the limits allow together."""
    kept: list[str] = []
    for column in top_accuracy(train, train.n_models):
        wider = [*kept, train.models[column]]
        if len(kept) < k and (selector.costs is None or selector.costs.allows(wider)):
            kept = wider
    return kept


def _single(train: Pool) -> str:
    """Return the best model of those that were really asked."""
    asked = train.measured
    return asked.models[top_accuracy(asked, 1)[0]]


def _members(steps: list[PathStep], test: Pool, costs: Costs | None) -> list[dict[str, Any]]:
    """Describe each model of the sets alone, the most accurate first."""
    rows = []
    for model in sorted({model for step in steps for model in step.models}):
        n_right = int(_right_alone(test, model).sum())
        lower, upper = wilson_interval(n_right, test.n_items)
        rows.append(
            {
                "model": model,
                "accuracy": n_right / test.n_items,
                "lower": lower,
                "upper": upper,
                "price": None if costs is None or costs.prices is None else costs.prices[model],
                "predicted": model in test.predicted,
            }
        )
    return sorted(rows, key=lambda row: -row["accuracy"])


def _right_alone(pool: Pool, model: str) -> np.ndarray:
    return np.asarray(pool.votes[:, pool.models.index(model)] == pool.labels)


def _all_wrong(pool: Pool) -> list[dict[str, Any]]:
    copula = GaussianCopula().fit(pool)
    order = top_accuracy(pool, pool.n_models)
    sizes = sorted({k for k in (1, 2, 3, 5, 8, 13, 21, pool.n_models) if k <= pool.n_models})
    checks = [check_all_wrong(copula, pool, order[:k], n_draws=40_000) for k in sizes]
    return [asdict(check) for check in checks]


def _saturation(pool: Pool) -> list[dict[str, Any]]:
    order = top_accuracy(pool, min(pool.n_models, _MAX_SATURATION))
    copula = GaussianCopula().fit(pool.take(models=order))
    agreement = mistake_agreement(pool, order) if len(order) > 1 else 1.0
    agreement = min(max(agreement, 1 / (pool.n_classes - 1)), 1.0)
    curve = saturation_curve(
        copula,
        range(len(order)),
        n_classes=pool.n_classes,
        same_mistake=agreement,
        n_draws=20_000,
    )
    return [{"n_models": k, "accuracy": float(value)} for k, value in enumerate(curve, 1)]


def _correlations(pool: Pool) -> dict[str, Any]:
    """Return latent error correlations of the most accurate models, ordered by cluster."""
    shown = pool.take(models=sorted(top_accuracy(pool, _MAX_SHOWN)))
    matrix = GaussianCopula().fit(shown).correlations_[0]
    order = cluster_order(matrix)
    return {
        "models": [shown.models[column] for column in order],
        "matrix": np.round(matrix[np.ix_(order, order)], 4).tolist(),
    }
