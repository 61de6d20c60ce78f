"""Predicted scores of whole benchmarks where they were not run, with intervals."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from joblib import delayed
from scipy.stats import spearmanr

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction.base import score_matrix
from banzuke.prediction.baselines import MeanScore
from banzuke.prediction.clusters import in_parallel
from banzuke.prediction.conformal import check_level, coverage_between, interval_radius
from banzuke.prediction.factorization import MatrixFactorization
from banzuke.prediction.holdout import Fold, hidden_folds
from banzuke.prediction.kernel import ExtrapolationWarning, InductiveKernel
from banzuke.prediction.levels import complete_means

__all__ = ["METHODS", "fill"]

COVERAGE = 0.95
"""Share of a benchmark's items from which on its mean counts as measured."""


def fill(
    outcomes: Outcomes,
    *,
    method: str = "levels",
    level: float = 0.9,
    n_folds: int = 10,
    seed: int = 0,
    encoder: Any = None,
    probe: Any = None,
) -> Outcomes:
    """Predict the full-benchmark mean of every model on every benchmark it lacks.

    The prediction is (sum of the observed scores + predictions of the items not run) / number
    of items, where less than 95 % of the benchmark was run. Intervals are cross-conformal:
    models that have a benchmark lose the cells that a randomly drawn incomplete model lacks,
    whole organisations at a time, and the absolute error of the mean over the hidden items
    gives the radius. They hold at the nominal level as far as the models that lack a benchmark
    resemble those that have it.

    Parameters
    ----------
    outcomes : Outcomes
        Items with a column ``benchmark``; without it, each item is a benchmark.
    method : str, default "levels"
        ``levels`` (the means of other benchmarks, items by matrix factorisation where a
        benchmark was run in part), ``factorization``, ``inductive`` (`InductiveKernel` on every
        item, which also reads metadata and texts) or ``mean`` (per benchmark).
    level : float, default 0.9
        Coverage of the intervals, above 0 and below 1.
    n_folds : int, default 10
    seed : int, default 0
    encoder : transformer of texts, optional
        For ``inductive``, such as `TextEmbeddings`.
    probe : transformer of frames of items, optional
        For ``inductive``, such as `AnswerLikelihoods`.

    Returns
    -------
    Outcomes
        Models x benchmarks: scores are predicted means, NaN where measured, where no model ran
        the benchmark, or where the model has no result at all. Layers ``lower`` and ``upper``;
        [0, 1] where too few models have the benchmark to say more. ``provenance`` is of
        kind "prediction"; its ``held_out`` gives for each benchmark ``n`` models, ``rmse`` and
        ``baseline_rmse`` (per-benchmark mean) of the hidden means, ``rank_correlation`` and
        ``coverage`` (share of held-out means inside an interval made from the other folds).

    Raises
    ------
    InvalidInputError
        For an unknown method, a level outside (0, 1), outcomes without a score, or an encoder
        or a probe with a method that reads no text.
    """
    if method not in METHODS:
        raise InvalidInputError(f"there is no method {method!r}; use {', '.join(METHODS)}")
    check_level(level)
    if method != "inductive" and not (encoder is None and probe is None):
        raise InvalidInputError(
            f"method {method!r} reads no text; embeddings and probes need 'inductive'"
        )
    scores = score_matrix(outcomes)
    layout = _Layout.of(outcomes)
    estimate = METHODS[method]
    if method == "inductive":
        estimate = partial(_by_kernel, encoder=encoder, probe=probe)
    predicted = estimate(outcomes, layout)
    held_out = _Errors(scores, layout)
    folds = hidden_folds(outcomes, n_folds=n_folds, seed=seed)
    telling = [fold for fold in folds if held_out.hidden(fold).any()]
    tasks = [delayed(_both)(outcomes, fold, layout, estimate) for fold in telling]
    done = in_parallel(tasks, "held-out benchmarks")
    for number, (fold, (means, baseline)) in enumerate(zip(telling, done, strict=True)):
        held_out.add(number, fold, means, baseline)
    return _result(outcomes, layout, predicted, held_out, method=method, level=level)


def _both(
    outcomes: Outcomes, fold: Fold, layout: _Layout, estimate: Estimate
) -> tuple[np.ndarray, np.ndarray]:
    """Predict what a fold hides by a method and by the mean."""
    visible = outcomes.replace(scores=fold.visible, layers={})
    return estimate(visible, layout), METHODS["mean"](visible, layout)


@dataclass(frozen=True)
class _Layout:
    """Which items belong to which benchmark."""

    names: list[str]
    member: np.ndarray  # (n_items, n_benchmarks), 0 or 1

    @classmethod
    def of(cls, outcomes: Outcomes) -> _Layout:
        if "benchmark" not in outcomes.items.columns:
            return cls(outcomes.item_ids, np.eye(outcomes.n_items))
        labels = outcomes.items["benchmark"].fill_null("(none)").to_list()
        names = list(dict.fromkeys(labels))
        place = {name: column for column, name in enumerate(names)}
        return cls(names, np.eye(len(names))[[place[label] for label in labels]])

    @property
    def sizes(self) -> np.ndarray:
        return np.asarray(self.member.sum(axis=0))

    def coverage(self, scores: np.ndarray) -> np.ndarray:
        return np.asarray(~np.isnan(scores) @ self.member / self.sizes)

    def means(self, scores: np.ndarray, cells: np.ndarray) -> np.ndarray:
        """Observed scores where there are, ``cells`` elsewhere, averaged by benchmark."""
        return np.asarray(np.where(np.isnan(scores), cells, scores) @ self.member / self.sizes)


def _by_mean(outcomes: Outcomes, layout: _Layout) -> np.ndarray:
    return layout.means(outcomes.scores, MeanScore().fit(outcomes).predict())


def _by_factorization(outcomes: Outcomes, layout: _Layout) -> np.ndarray:
    return layout.means(outcomes.scores, MatrixFactorization().fit(outcomes).predict())


def _by_kernel(
    outcomes: Outcomes, layout: _Layout, encoder: Any = None, probe: Any = None
) -> np.ndarray:
    with warnings.catch_warnings():  # intervals come from hidden results, of strong models too
        warnings.simplefilter("ignore", ExtrapolationWarning)
        cells = InductiveKernel(encoder=encoder, probe=probe).fit(outcomes).predict()
    return layout.means(outcomes.scores, cells)


def _by_levels(outcomes: Outcomes, layout: _Layout) -> np.ndarray:
    segments = _segments(outcomes, layout)
    member = np.eye(segments.max() + 1)[segments]
    known = ~np.isnan(outcomes.scores)
    count, sizes = known @ member, member.sum(axis=0)
    total = np.where(known, outcomes.scores, 0.0) @ member
    if ((count > 0) & (count < sizes)).any():
        # part of a segment was run: its other items follow from the model's results on it
        cells = MatrixFactorization().fit(outcomes).predict()
        total += np.where(known, 0.0, cells) @ member
    means = np.where(count > 0, total / sizes, np.nan)
    filled = complete_means(means, sizes) * sizes
    owner = np.zeros((len(sizes), len(layout.names)))
    owner[segments] = layout.member
    never_run = np.isnan(filled).all(axis=0)
    result = np.asarray(np.nan_to_num(filled) @ owner / layout.sizes)
    result[:, (never_run @ owner) > 0] = np.nan
    return result


def _segments(outcomes: Outcomes, layout: _Layout) -> np.ndarray:
    """Give a number to the sets of items of one benchmark that were always run together.

    Where cells are missing at random there are no such sets: each benchmark is one segment.
    """
    benchmark = layout.member.argmax(axis=1)
    packed = np.packbits(outcomes.observed, axis=0).T
    _, pattern = np.unique(packed, axis=0, return_inverse=True)
    both = np.column_stack([benchmark, pattern.ravel()])
    found, segments = np.unique(both, axis=0, return_inverse=True)
    too_many = len(found) > 4 * len(layout.names)
    return benchmark if too_many else segments.ravel()


Estimate = Callable[[Outcomes, _Layout], np.ndarray]

METHODS: dict[str, Estimate] = {
    "levels": _by_levels,
    "factorization": _by_factorization,
    "inductive": _by_kernel,
    "mean": _by_mean,
}
"""Name of a method and the function that gives means of shape (n_models, n_benchmarks)."""


class _Errors:
    """Errors of the means over hidden items, by benchmark, in units of the hidden share."""

    def __init__(self, scores: np.ndarray, layout: _Layout) -> None:
        self.scores, self.layout = scores, layout
        self.coverage = layout.coverage(scores)
        self.truth = layout.means(scores, np.zeros_like(scores))
        self.rows: list[list[tuple[float, ...]]] = [[] for _ in layout.names]

    def hidden(self, fold: Fold) -> np.ndarray:
        """Return which benchmark means a fold hides from models that keep something else."""
        after = self.layout.coverage(fold.visible)
        lost = (self.coverage >= COVERAGE) & (after < COVERAGE)
        return np.asarray(lost & (after > 0).any(axis=1, keepdims=True))

    def add(self, number: int, fold: Fold, predicted: np.ndarray, baseline: np.ndarray) -> None:
        after = self.layout.coverage(fold.visible)
        for row, column in np.argwhere(self.hidden(fold) & ~np.isnan(predicted)):
            self.rows[column].append(
                (
                    float(predicted[row, column]),
                    float(baseline[row, column]),
                    float(self.truth[row, column]),
                    float(1 - after[row, column]),
                    float(number),
                )
            )

    def relative(self, column: int) -> np.ndarray:
        """Absolute errors of the mean over the hidden items."""
        values = np.array(self.rows[column]).reshape(-1, 5)
        return np.asarray(np.abs(values[:, 0] - values[:, 2]) / values[:, 3])

    def summary(self, column: int, level: float) -> dict[str, float | int | None]:
        values = np.array(self.rows[column]).reshape(-1, 5)
        if not len(values):
            nothing = ("rmse", "baseline_rmse", "rank_correlation", "coverage")
            return {"n": 0, **dict.fromkeys(nothing)}
        predicted, baseline, truth, _, folds = values.T
        rank = _rank_correlation(predicted, truth)
        return {
            "n": len(values),
            "rmse": _rounded(np.sqrt(np.mean((predicted - truth) ** 2))),
            "baseline_rmse": _rounded(np.sqrt(np.mean((baseline - truth) ** 2))),
            "rank_correlation": rank,
            "coverage": _rounded(coverage_between(self.relative(column), folds, level)),
        }


def _rank_correlation(predicted: np.ndarray, truth: np.ndarray) -> float | None:
    if len(truth) < 3 or np.ptp(predicted) == 0 or np.ptp(truth) == 0:
        return None
    return _rounded(spearmanr(predicted, truth)[0])


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 5)


def _result(
    outcomes: Outcomes,
    layout: _Layout,
    predicted: np.ndarray,
    held_out: _Errors,
    *,
    method: str,
    level: float,
) -> Outcomes:
    coverage = layout.coverage(outcomes.scores)
    something = coverage > 0
    wanted = (coverage < COVERAGE) & something.any(axis=1, keepdims=True)
    wanted &= something.any(axis=0)
    columns = range(len(layout.names))
    radius = np.array([interval_radius(held_out.relative(column), level) for column in columns])
    observed = layout.means(outcomes.scores, np.zeros_like(outcomes.scores))
    with np.errstate(invalid="ignore"):  # an infinite radius on a fully run benchmark
        reach = np.where(coverage < 1, radius * (1 - coverage), 0.0)
    # what was run is certain: the mean cannot leave the range that the rest allows
    lower = np.clip(predicted - reach, observed, observed + 1 - coverage)
    upper = np.clip(predicted + reach, observed, observed + 1 - coverage)
    hide = np.where(wanted, 0.0, np.nan)
    items = pl.DataFrame(
        {"item_id": layout.names, "benchmark": layout.names, "n_items": layout.sizes.astype(int)}
    )
    provenance = {
        "kind": "prediction",
        "method": method,
        "level": level,
        "held_out": {
            name: held_out.summary(column, level)
            for column, name in enumerate(layout.names)
            if wanted[:, column].any()
        },
    }
    return Outcomes(
        np.clip(predicted, 0, 1) + hide,
        outcomes.models,
        items,
        layers={"lower": np.clip(lower, 0, 1) + hide, "upper": np.clip(upper, 0, 1) + hide},
        provenance=provenance,
    )
