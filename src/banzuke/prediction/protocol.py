"""Every method on the same draws: known and new models, known and new items."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
from joblib import delayed
from sklearn.base import clone

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction.base import Predictor
from banzuke.prediction.baselines import MeanScore
from banzuke.prediction.boosting import BoostedTrees
from banzuke.prediction.clusters import in_parallel
from banzuke.prediction.curves import Curves, curves
from banzuke.prediction.factorization import MatrixFactorization
from banzuke.prediction.irt import ItemResponse, Rasch
from banzuke.prediction.kernel import ExtrapolationWarning, InductiveKernel
from banzuke.prediction.lrmf import LaplacianFactorization
from banzuke.prediction.measures import Measures, measure
from banzuke.prediction.memory import peak_megabytes, reset_peak
from banzuke.prediction.routing import KNearestItems
from banzuke.prediction.similarity import TextEmbeddings
from banzuke.prediction.simrmf import ScaledSimRMF, SimRMF
from banzuke.prediction.splits import TESTS, Split, make_split

__all__ = ["METHODS", "ProtocolRow", "run_protocol", "unfitted"]

METHODS: dict[str, Callable[[], Predictor]] = {
    "mean": lambda: MeanScore(by=None),
    "mean-per-benchmark": MeanScore,
    "mf": lambda: MatrixFactorization(16),
    "mf-unbiased": lambda: MatrixFactorization(16, biases=False, by=None, penalty=1.0),
    "simrmf": SimRMF,
    "simrmf-scaled": ScaledSimRMF,
    "lrmf": LaplacianFactorization,
    "irt-2pl": ItemResponse,
    "rasch": Rasch,
    "nearest-items": KNearestItems,
    "boosting": BoostedTrees,
    "inductive": InductiveKernel,
}
"""Methods by the name the command line uses; each call gives an unfitted predictor."""


@dataclass(frozen=True)
class ProtocolRow:
    """One method on one test of one draw.

    Parameters
    ----------
    method, test : str
    seed : int
    observed : int
        Items that each known model showed.
    measures : Measures
    coverage_90 : float
        Share of means of new models (tests C and D) or of new items (B) inside their 90 %
        interval; NaN where the method gives none.
    fit_s, predict_s : float
        Wall time in seconds, of the fit and of all predictions.
    peak_mb : float
        Largest resident memory during the fit and all predictions, the data and the interpreter
        included, in megabytes; where the system cannot tell (not Linux), of the process so far.
    curves : Curves
        What plots of this row need.
    """

    method: str
    test: str
    seed: int
    observed: int
    measures: Measures
    coverage_90: float
    fit_s: float
    predict_s: float
    peak_mb: float
    curves: Curves = field(compare=False)

    def flat(self) -> dict[str, Any]:
        """Return one level of plain values."""
        return {
            **{k: getattr(self, k) for k in ("method", "test", "seed", "observed")},
            **asdict(self.measures),
            **{k: getattr(self, k) for k in ("coverage_90", "fit_s", "predict_s", "peak_mb")},
        }


def run_protocol(
    outcomes: Outcomes,
    *,
    methods: Sequence[str] | Mapping[str, Predictor] = (
        "mean",
        "mean-per-benchmark",
        "mf",
        "inductive",
    ),
    observed: Sequence[int | float] = (0.9,),
    known_models: int | None = None,
    known_items: int | None = None,
    seeds: Sequence[int] = (0, 1, 2),
    hold_out: str = "random",
    n_jobs: int | None = None,
) -> list[ProtocolRow]:
    """Fit each method on the cells that a draw shows, and test it on four kinds of others.

    Tests: A known model and item, B new item, C new model, D both new. A method is given the
    outcomes with every other score removed, so nothing is tuned on what is reported.

    Parameters
    ----------
    outcomes : Outcomes
    methods : sequence of str, or dict of str to Predictor
        Keys of `METHODS`, or unfitted predictors by any name.
    observed : sequence of int or float
        T, the items each known model shows: a number, or a share of the known items if above 0
        and below 1.
    known_models, known_items : int, optional
        Default: half of the models and 70 % of the items.
    seeds : sequence of int
    hold_out : {"random", "organisations", "strongest"}
        How the new models are chosen, see `make_split`. With whole organisations the number of
        known models is only near ``known_models``.
    n_jobs : int, optional
        Draws at a time, for joblib; ``joblib.parallel_config`` chooses where they run.

    Returns
    -------
    list of ProtocolRow

    Raises
    ------
    InvalidInputError
        For an unknown method, sizes larger than the matrix, a T that is no number of known
        items or share of them, or what else `make_split` refuses.
    """
    predictors = methods if isinstance(methods, Mapping) else unfitted(methods)
    models = outcomes.n_models // 2 if known_models is None else known_models
    items = round(0.7 * outcomes.n_items) if known_items is None else known_items
    draws = [
        make_split(
            outcomes,
            known_models=models,
            known_items=items,
            observed=None if 0 < t < 1 else t,
            fraction=t if 0 < t < 1 else None,
            hold_out=hold_out,
            seed=seed,
        )
        for t in observed
        for seed in seeds
    ]
    at = [seed for _ in observed for seed in seeds]
    tasks = [
        delayed(_run)(clone(predictor), name, split, seed, outcomes.scores)
        for split, seed in zip(draws, at, strict=True)
        for name, predictor in predictors.items()
    ]
    return [row for rows in in_parallel(tasks, "protocol", n_jobs) for row in rows]


def unfitted(
    names: Sequence[str],
    encoder: Any = None,
    columns: tuple[str, ...] = (),
    probe: Any = None,
) -> dict[str, Predictor]:
    """Return a predictor of each name in `METHODS`.

    Parameters
    ----------
    names : sequence of str
    encoder : transformer of texts, optional
        Given to the methods that take one, such as `TextEmbeddings`.
    columns : tuple of str, default ()
        Further columns of the models' metadata, given to the methods that take them.
    probe : transformer of frames of items, optional
        Given to the methods that take one, such as `AnswerLikelihoods`.

    Raises
    ------
    InvalidInputError
        For an unknown name.
    """
    settings = {"encoder": encoder, "columns": columns, "probe": probe}
    predictors = {}
    for name in names:
        if name not in METHODS:
            raise InvalidInputError(f"there is no method {name!r}; use {', '.join(METHODS)}")
        predictor = METHODS[name]()
        taken = predictor.get_params(deep=False)
        predictor.set_params(**{k: v for k, v in settings.items() if v and k in taken})
        if isinstance(predictor, SimRMF) and isinstance(encoder, TextEmbeddings):
            predictor.set_params(encoder=clone(encoder).set_params(centred=False))  # as published
        predictors[name] = predictor
    return predictors


def _run(
    predictor: Predictor, name: str, split: Split, seed: int, truth: np.ndarray
) -> list[ProtocolRow]:
    reset_peak()
    started = perf_counter()
    predictor.fit(split.train)
    fitted = perf_counter()
    with warnings.catch_warnings():  # what it warns of is measured here
        warnings.simplefilter("ignore", ExtrapolationWarning)
        predicted = predictor.predict()
    ended = perf_counter()
    peak = peak_megabytes()  # before the errors of the predictions are computed
    shown = split.train.observed[split.known_models].sum(axis=1)
    rows = []
    for test in TESTS:
        cells = split.cells(test, truth)
        rows.append(
            ProtocolRow(
                method=name,
                test=test,
                seed=seed,
                observed=int(shown.max()),
                measures=measure(predicted, truth, cells),
                coverage_90=_coverage(predictor, test, predicted, truth, cells),
                fit_s=fitted - started,
                predict_s=ended - fitted,
                peak_mb=peak,
                curves=curves(predicted, truth, cells),
            )
        )
    return rows


def _coverage(
    predictor: Predictor, test: str, predicted: np.ndarray, truth: np.ndarray, cells: np.ndarray
) -> float:
    if not isinstance(predictor, InductiveKernel) or test == "A" or not cells.any():
        return float("nan")
    axis = 0 if test == "B" else 1
    count = cells.sum(axis=axis)
    there = np.flatnonzero(count)
    error = np.where(cells, predicted - truth, 0.0).sum(axis=axis)[there] / count[there]
    if test == "B":
        return float(np.mean(np.abs(error) <= predictor.item_radius(0.9)))
    radius = predictor.model_radius(predictor.models_[there], cells=cells[there])
    return float(np.mean(np.abs(error) <= radius))
