"""All methods and aggregators over random splits into questions to choose on and to judge on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from banzuke import progress
from banzuke.ensembles.aggregation import log_loss, most_probable
from banzuke.ensembles.aggregators import make_aggregator
from banzuke.ensembles.information import label_entropy
from banzuke.ensembles.pool import Pool, check_pool
from banzuke.ensembles.rankings import RANKINGS
from banzuke.ensembles.selection import EnsembleSelector
from banzuke.exceptions import InvalidInputError

RIVALS = ("greedy-mi", "top-k", "best-single", "mrmr", "jmi", "cmim", "random")
"""Methods that `benchmark` compares with ``cross-fitted``."""
RIVAL_AGGREGATORS = (
    "majority",
    "accuracy-weighted",
    "naive-bayes",
    "map",
    "map-back-off",
    "logistic",
    "conditional-logit",
    "confusion-logit",
    "dawid-skene",
)
"""Aggregators under which the rivals are judged."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One method under one aggregator with one budget on one split, on held-out questions.

    Parameters
    ----------
    method, aggregator : str
    k : int
        Budget; ``models`` may be fewer.
    split : int
    models : tuple of str
    accuracy : float
    log_loss : float
        In nats.
    information : float
        In bits: entropy of the label less the cross-entropy.
    """

    method: str
    aggregator: str
    k: int
    split: int
    models: tuple[str, ...]
    accuracy: float
    log_loss: float
    information: float


def benchmark(
    pool: Pool,
    *,
    budgets: Sequence[int],
    n_splits: int = 20,
    n_train: int | None = None,
    seed: int = 0,
    n_jobs: int = 1,
    rivals: Sequence[str] = RIVALS,
) -> list[Row]:
    """Compare ways to choose and combine models.

    Parameters
    ----------
    pool : Pool
    budgets : sequence of int
        Each from 1 to the number of models.
    n_splits : int, default 20
    n_train : int, optional
        Questions to choose and fit on; half of them by default. The others are held out.
    seed : int, default 0
        Split number s is the same whatever the methods and budgets.
    n_jobs : int, default 1
        Processes.
    rivals : sequence of str
        Methods besides ``cross-fitted``.

    Returns
    -------
    list of Row
        In order of split, method, aggregator, budget.

    Raises
    ------
    InvalidInputError
        Where a budget or ``n_train`` is out of range.
    """
    n_train, budgets = _check_sizes(pool, budgets, n_train)
    calls = (
        delayed(benchmark_split)(
            pool,
            split,
            budgets=budgets,
            n_train=n_train,
            seed=seed,
            methods=("cross-fitted", *rivals),
        )
        for split in range(n_splits)
    )
    parts = Parallel(n_jobs=n_jobs, return_as="generator")(calls)
    return [row for part in progress.track(parts, "splits", n_splits) for row in part]


def benchmark_split(
    pool: Pool,
    split: int,
    *,
    budgets: Sequence[int],
    n_train: int | None = None,
    seed: int = 0,
    methods: Sequence[str] = ("cross-fitted", *RIVALS),
) -> list[Row]:
    """Return the rows of one split of `benchmark`, by some of the methods.

    Parameters
    ----------
    pool, budgets, n_train, seed
        As in `benchmark`.
    split : int
        Number of the split, from 0 on.
    methods : sequence of str
    """
    n_train, wanted = _check_sizes(pool, budgets, n_train)
    shuffle = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(split,)))
    order = shuffle.permutation(pool.n_items)
    train, test = pool.take(order[:n_train]), pool.take(order[n_train:])
    answering = (train.votes >= 0).any(axis=0)
    train, test = train.take(models=answering), test.take(models=answering)
    within = [k for k in wanted if k <= train.n_models]
    rows: list[Row] = []
    for method in methods:
        if method == "cross-fitted":
            rows += _ours(train, test, within, split)
        else:
            rows += _rival(train, test, within, split, method)
    return rows


def _check_sizes(pool: Pool, budgets: Sequence[int], n_train: int | None) -> tuple[int, list[int]]:
    size = pool.n_items // 2 if n_train is None else n_train
    if not 10 <= size <= pool.n_items - 10:
        raise InvalidInputError(
            f"{size} questions to train on of {pool.n_items}; leave at least 10 on either side"
        )
    wanted = sorted(set(budgets))
    outside = [k for k in wanted if not 1 <= k <= pool.n_models]
    if not wanted or outside:
        what = f"budget {outside[0]}" if outside else "no budget was given; each"
        more = f" (and {len(outside) - 1:,} more)" if len(outside) > 1 else ""
        raise InvalidInputError(f"{what}{more} must lie between 1 and the {pool.n_models} models")
    check_pool(pool, wanted[-1])
    return size, wanted


def _ours(train: Pool, test: Pool, budgets: list[int], split: int) -> Iterator[Row]:
    selector = EnsembleSelector(max(budgets, default=1), random_state=split).fit(train)
    for k in budgets:
        step = selector.within(k)
        proba = selector.at_step(step).predict_proba(test)
        yield _row(("cross-fitted", "auto", k, split), step.models, proba, test)


def _rival(train: Pool, test: Pool, budgets: list[int], split: int, method: str) -> Iterator[Row]:
    order = RANKINGS[method](train, max(budgets, default=1), split)
    for k in budgets:
        columns = order[:k]
        names = tuple(train.models[column] for column in columns)
        for name in RIVAL_AGGREGATORS:
            aggregator = make_aggregator(name)
            aggregator.fit(train.votes[:, columns], train.labels, train.n_classes)
            proba = aggregator.predict_proba(test.votes[:, columns])
            yield _row((method, name, k, split), names, proba, test)


def _row(
    chosen: tuple[str, str, int, int], models: tuple[str, ...], proba: np.ndarray, test: Pool
) -> Row:
    method, aggregator, k, split = chosen
    votes = test.votes[:, [test.models.index(name) for name in models]]
    loss = float(log_loss(proba, test.labels).mean())
    return Row(
        method=method,
        aggregator=aggregator,
        k=k,
        split=split,
        models=models,
        accuracy=float((most_probable(proba, votes) == test.labels).mean()),
        log_loss=loss,
        information=label_entropy(test.labels) - loss / float(np.log(2)),
    )


def compare(rows: Sequence[Row], *, test_share: float) -> list[dict[str, Any]]:
    """Compare ``cross-fitted`` with the best rival at each budget, over splits.

    The best rival is the method and aggregator with the highest mean accuracy *on the
    held-out questions themselves*, which flatters it. The test is Nadeau and Bengio's
    corrected t test for overlapping random splits, two-sided, at 5 %.

    Parameters
    ----------
    rows : sequence of Row
        From `benchmark`.
    test_share : float
        Held-out questions by training questions.

    Returns
    -------
    list of dict
        ``k, accuracy, rival, rival_accuracy, difference, standard_error, p, verdict``
        (``win``, ``tie`` or ``loss``). Where a budget has a single split (models that answered
        nothing in training left too few on the others), ``standard_error`` and ``p`` are NaN
        and the verdict is ``tie``: nothing was tested.

    References
    ----------
    Nadeau, Bengio (2003), Inference for the generalization error.
    """
    table: dict[int, dict[tuple[str, str], dict[int, float]]] = {}
    for row in rows:
        name = (row.method, "" if row.method == "cross-fitted" else row.aggregator)
        table.setdefault(row.k, {}).setdefault(name, {})[row.split] = row.accuracy
    result = []
    for k, by_name in sorted(table.items()):
        ours = by_name.pop(("cross-fitted", ""))
        rival = max(by_name, key=lambda name: np.mean(list(by_name[name].values())))
        theirs = by_name[rival]
        gaps = np.array([ours[split] - theirs[split] for split in sorted(ours)])
        mean = float(gaps.mean())
        error, p = _corrected_t_test(gaps, test_share)
        verdict = ("win" if mean > 0 else "loss") if p < 0.05 else "tie"
        result.append(
            {
                "k": k,
                "accuracy": float(np.mean(list(ours.values()))),
                "rival": " + ".join(rival),
                "rival_accuracy": float(np.mean(list(theirs.values()))),
                "difference": mean,
                "standard_error": error,
                "p": p,
                "verdict": verdict,
            }
        )
    return result


def _corrected_t_test(gaps: np.ndarray, test_share: float) -> tuple[float, float]:
    """Return the standard error of the mean gap over splits and p; NaN from a single split."""
    from scipy.stats import t as student

    if len(gaps) < 2:
        return float("nan"), float("nan")
    error = float(np.sqrt(gaps.var(ddof=1) * (1 / len(gaps) + test_share)))
    if error == 0:
        return 0.0, 1.0
    return error, float(2 * student.sf(abs(float(gaps.mean())) / error, len(gaps) - 1))
