"""The inductive kernel predictor: known cells, new models and new items from one fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from sklearn.utils.validation import check_is_fitted

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes
from banzuke.prediction._few_results import after_results, with_new_items
from banzuke.prediction._held_out import HeldOutModels
from banzuke.prediction._item_side import ItemSide, benchmark_labels
from banzuke.prediction._item_vectors import ItemVectors
from banzuke.prediction._model_ranges import MeansOver, ModelRanges
from banzuke.prediction._model_side import ModelSide, NewRows
from banzuke.prediction._run_items import RunItems
from banzuke.prediction._true_errors import VALUES
from banzuke.prediction._variational import BayesianFactors
from banzuke.prediction.base import Predictor, check_names, item_groups, one_blas_thread
from banzuke.prediction.conformal import check_level, interval_radius
from banzuke.prediction.extrapolation import ExtrapolationWarning, warn_beyond
from banzuke.prediction.neighbours import neighbour_residual
from banzuke.prediction.response_space import ResponseSpace, one_row
from banzuke.prediction.similarity.outcome_columns import refuse_outcomes

__all__ = ["ExtrapolationWarning", "InductiveKernel"]

_UNNAMED = "no benchmark"


class InductiveKernel(Predictor):
    """Predict cells of known and new models and items by factors, kernels and neighbours.

    1. The known block is denoised by logistic factors with their uncertainty, the models' prior
       being what their relatives say; models with correlated residuals add what the factors
       cannot hold.
    2. A new model's row is a kernel smoother of the known rows over `ModelKernels`. What that
       misses of the scores is regressed, item by item, on the leading components of what the
       smoother says of each known model from the others. A sharper smoother passes on residuals
       within a lineage, as far as the data supports it.
    3. A new item's column is each model's mean on the benchmark plus a ridge regression of the
       deviations on `ItemFeatures`, averaged with the expected score over all vectors that the
       item may have by its features; where models leave out some kinds of items, it is taken to be
       of a kind that they run.
    4. A new model on a new item is 3 applied to 2.

    All weights are tuned by closed-form leave-one-out error on what `fit` was given.

    Parameters
    ----------
    n_factors : int, default 16
        Factors of the denoising.
    n_components : int, default 12
        Leading components of the block on which kernel weights are tuned.
    encoder : transformer of texts, optional
    probe : transformer of frames of items, optional
        Passed to `ItemFeatures`.
    columns : tuple of str, default ()
        Further numeric columns of the model frame to use; outcomes are refused.
    random_state : int, default 0

    Attributes
    ----------
    known_models_, known_items_ : ndarray of int
        Rows and columns with a result; the others are new.
    model_weights_, residual_weights_, item_weights_ : dict of str to float
        Logarithm of the weight of each kernel or group of features; noise has weight 1.

    Notes
    -----
    Rows without any result are predicted from the metadata in ``outcomes.models``, columns
    from ``outcomes.items``; a plain array has none, so they get the mean row or column.

    Examples
    --------
    >>> from banzuke.testing import make_outcomes
    >>> outcomes = make_outcomes(40, 30)
    >>> predictor = InductiveKernel().fit(outcomes)
    >>> predictor.predict(models=pl.DataFrame({"model": ["new"], "params_b": [5.0]})).shape
    (1, 30)
    """

    def __init__(
        self,
        n_factors: int = 16,
        *,
        n_components: int = 12,
        encoder: Any = None,
        probe: Any = None,
        columns: tuple[str, ...] = (),
        random_state: int = 0,
    ) -> None:
        self.n_factors = n_factors
        self.n_components = n_components
        self.encoder = encoder
        self.probe = probe
        self.columns = columns
        self.random_state = random_state

    def _fit(self, scores: np.ndarray, outcomes: Outcomes | None) -> None:
        whole = outcomes if outcomes is not None else _anonymous(scores)
        observed = ~np.isnan(scores)
        self.known_models_ = np.flatnonzero(observed.any(axis=1))
        self.known_items_ = np.flatnonzero(observed.any(axis=0))
        del observed  # as large as a quarter of the scores
        self.models_, self.items_ = whole.models, whole.items
        block = whole
        if (len(self.known_models_), len(self.known_items_)) != scores.shape:
            block = whole.select(models=self.known_models_, items=self.known_items_)
        refuse_outcomes(block.models, self.columns, block)
        groups = item_groups(block, "benchmark", block.n_items)
        factors = BayesianFactors(block.scores, groups, self.n_factors)
        factors.fit()
        settings = {"n_components": self.n_components, "random_state": self.random_state}
        self._models = ModelSide(
            block.models, factors, block.scores, columns=self.columns, **settings
        )
        self.cells_, self.residual_ = self._models.cells, self._models.residual
        self.neighbours_ = neighbour_residual(self.residual_, factors.observed)
        if not self.neighbours_.any():
            self.neighbours_ = self._models.relatives()
        self.space_ = self._models.space(self.n_components)
        self._items = ItemSide(
            block.items, self.cells_, encoder=self.encoder, probe=self.probe, **settings
        )
        self._vectors = ItemVectors(self._items, factors, block.scores)
        self._run = RunItems(self._items, factors.observed)
        self._ranges = ModelRanges(
            self._models,
            HeldOutModels(block, self.n_factors, {"columns": self.columns, **settings}),
            self._items.benchmarks,
            self._items.members,
            self._vectors.noise,
        )
        self.model_weights_ = self._models.weights
        self.residual_weights_ = self._models.residual_weights
        self.item_weights_ = self._items.weights

    def predict(
        self, models: pl.DataFrame | None = None, items: pl.DataFrame | None = None
    ) -> np.ndarray:
        """Return expected scores, of new models and items from their metadata alone.

        Parameters
        ----------
        models : polars.DataFrame, optional
            New models: ``model`` and the metadata columns of the training frame, as far as
            known. None: the models of `fit`.
        items : polars.DataFrame, optional
            New items: ``item_id``, ``benchmark``, ``text`` and so on. None: the items of `fit`.

        Returns
        -------
        ndarray of shape (n_models, n_items), float64
            In [0, 1].

        Warns
        -----
        ExtrapolationWarning
            Where a new model is larger than every known one, or predicted to be stronger (see
            `outside_known_range`): predictions do not go beyond what was seen, so expect such a
            model to be underrated.

        Raises
        ------
        NotFittedError
            Before `fit`.
        InvalidInputError
            Where a frame has no column that names its rows.
        """
        check_is_fitted(self, "n_models_")
        if items is not None:
            check_names(items, "item_id")
        with one_blas_thread():
            rows = self._checked_rows(models) if models is not None else self._training_rows()
            cells = self._spread(rows) if items is None else self._new_columns(rows, items)
        return np.asarray(np.clip(cells, 0.0, 1.0, out=cells))

    def positions(self, models: pl.DataFrame) -> np.ndarray:
        """Return where new models are expected in ``space_``, from their metadata alone.

        Parameters
        ----------
        models : polars.DataFrame
            As in `predict`.

        Returns
        -------
        ndarray of shape (n_models, n_components)
        """
        smooth = self._rows(models).smooth
        return np.asarray((smooth - self.space_.mean) @ self.space_.loadings)

    def update(self, models: pl.DataFrame, scores: Any) -> np.ndarray:
        """Predict new models that have a few results, without another fit.

        Parameters
        ----------
        models : polars.DataFrame
            As in `predict`.
        scores : array-like of shape (n_models, n_items)
            Their results on the items of `fit`, NaN where not run.

        Returns
        -------
        ndarray of shape (n_models, n_items)
            Expected scores in [0, 1] of every item; with no results, those of `predict`.

        Raises
        ------
        InvalidInputError
            For another shape, or scores outside [0, 1].
        """
        rows = self._rows(models)
        results = np.asarray(scores, dtype=np.float64)
        if results.shape != (models.height, self.n_items_):
            raise InvalidInputError(
                f"scores have shape {results.shape}, but there are {models.height} new models and "
                f"{self.n_items_} items; give a row for each model, NaN where not run"
            )
        for result in results:
            one_row(result, self.n_items_)
        new = np.setdiff1d(np.flatnonzero(~np.isnan(results).all(axis=0)), self.known_items_)
        space, expected = self.space_, rows.full
        if new.size:
            space = self._space_with(self.items_[new])
            expected = np.hstack([expected, self._new_columns(rows, self.items_[new])])
        seen = results[:, np.concatenate([self.known_items_, new])]
        return np.asarray(self._spread(after_results(rows, expected, seen, space)).clip(0.0, 1.0))

    def model_radius(
        self,
        models: pl.DataFrame,
        *,
        benchmark: str | None = None,
        level: float = 0.9,
        cells: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return the radii of intervals for the means of new models.

        From known models that were held out (a fifth at a time) and compared with their own
        results, less what the sampling of these adds. A model whose organisation is not among
        the known ones is compared with held-out models of which that is true as well. For a model
        outside the known range, or larger than all known, the strongest are left out: the same
        share as such models of the frame are of all, or half, whichever errs more; errors are
        scaled by the spread of the models that remain.

        The first call makes five fits on at most some thousand items (ten fits below 100 models).

        Parameters
        ----------
        models : polars.DataFrame
            As in `predict`.
        benchmark : str, optional
            The mean over one benchmark's items; None: over all items.
        level : float, default 0.9
        cells : ndarray of shape (n_models, n_items), bool, optional
            Which items of `fit` each model's mean is over; items without a result count as new.
            None: all that had one.

        Returns
        -------
        ndarray of shape (n_models,)
            Infinity where there are too few known models.

        Raises
        ------
        InvalidInputError
            For a benchmark that `fit` did not see, or cells of another shape.
        """
        check_level(level)
        smooth, names = self._rows(models).smooth, self._items.benchmarks
        if benchmark is not None and benchmark not in names:
            raise InvalidInputError(f"no benchmark {benchmark!r} was fitted, only {names}")
        over = None if cells is None else self._means_over(models, cells)
        return self._ranges.radii(models, smooth, benchmark, level, over)

    def outside_known_range(self, models: pl.DataFrame) -> np.ndarray:
        """Return which new models seem stronger than all known ones; bool, (n_models,).

        A model is where its predicted mean is above every known one's, and all models of a frame
        are where they are, as a group, predicted stronger than known models from the others.
        Their predictions are too low, and their intervals wider.

        Parameters
        ----------
        models : polars.DataFrame
            As in `predict`.
        """
        smooth = self._rows(models).smooth
        return self._ranges.outside(smooth)

    def item_radius(self, level: float = 0.9) -> float:
        """Return the radius of a conformal interval for the mean of a new item over models."""
        check_is_fitted(self, "n_models_")
        check_level(level)
        return interval_radius(np.abs(self._vectors.mean_errors), level, copies=VALUES)

    def expected_scores(self, models: pl.DataFrame, *, level: float = 0.9) -> Outcomes:
        """Return what new models will score on each benchmark, with conformal intervals.

        Parameters
        ----------
        models : polars.DataFrame
            As in `predict`.
        level : float, default 0.9

        Returns
        -------
        Outcomes
            Models x benchmarks: mean over the items of `fit`, layers ``lower`` and ``upper``.
            Items without a benchmark are one of their own.
        """
        check_level(level)
        rows, names = self._checked_rows(models), self._items.benchmarks
        cells = np.clip(rows.full, 0.0, 1.0)
        means = np.stack([cells[:, self._items.members(name)].mean(axis=1) for name in names], 1)
        radius = np.stack(
            [self._ranges.radii(models, rows.smooth, name, level) for name in names], 1
        )
        layers = {"lower": np.clip(means - radius, 0, 1), "upper": np.clip(means + radius, 0, 1)}
        shown = [name or (_UNNAMED if len(names) > 1 else "all items") for name in names]
        items = pl.DataFrame({"item_id": shown, "benchmark": shown})
        return Outcomes(means, models, items, layers=layers)

    def _means_over(self, models: pl.DataFrame, cells: np.ndarray) -> MeansOver:
        shape = (models.height, self.n_items_)
        if cells.shape != shape:
            raise InvalidInputError(f"cells have shape {cells.shape}, not {shape}: models x items")
        labels = benchmark_labels(self.items_)
        return MeansOver.of_cells(cells, self.known_items_, labels, self._items.benchmarks)

    def _predict(self) -> np.ndarray:
        return self._spread(self._training_rows())

    def _training_rows(self) -> NewRows:
        """Rows of all training models over the known items; new ones are checked."""
        known, with_residual = self.cells_, self.cells_ + self.neighbours_
        new = np.setdiff1d(np.arange(self.n_models_), self.known_models_)
        if not new.size:
            return NewRows(known, with_residual, np.zeros((0, len(known))))
        rows = self._checked_rows(self.models_[new])
        shape = (self.n_models_, len(self.known_items_))
        smooth, full = np.empty(shape, dtype=np.float32), np.empty(shape, dtype=np.float32)
        smooth[self.known_models_], full[self.known_models_] = known, with_residual
        smooth[new], full[new] = rows.smooth, rows.full
        return NewRows(smooth, full, rows.pull)

    def _spread(self, rows: NewRows) -> np.ndarray:
        """Put known columns in place and predict the others from their metadata."""
        result = np.empty((len(rows.smooth), self.n_items_))
        result[:, self.known_items_] = rows.full
        new = np.setdiff1d(np.arange(self.n_items_), self.known_items_)
        if new.size:
            result[:, new] = self._new_columns(rows, self.items_[new])
        return result

    def _new_columns(self, rows: NewRows, items: pl.DataFrame) -> np.ndarray:
        """Predict new items; what bends the columns of known models is smoothed over to new ones.

        ``rows`` are of new models, or of all models of `fit`, where only new ones have a pull.
        """
        described = self._items.describe(items)
        result = self._items.columns(rows.smooth, described)
        bend = self._vectors.bend(described)
        new = np.arange(len(result))
        if len(rows.pull) < len(rows.smooth):
            result[self.known_models_] += bend + self._run.known_models(described)
            new = np.setdiff1d(new, self.known_models_)
        result[new] += self._models.spread(rows.pull, bend)
        result[new] += self._run.new_models(rows.smooth[new], described)
        return result

    def _space_with(self, items: pl.DataFrame) -> ResponseSpace:
        described, space = self._items.describe(items), self.space_
        noise = dict(zip(self._items.benchmarks, self._vectors.noise.tolist(), strict=True))
        of_items = np.array([noise.get(str(label), np.nan) for label in described.labels])
        return with_new_items(space, self._items.columns(space.loadings.T, described).T, of_items)

    def _rows(self, models: pl.DataFrame) -> NewRows:
        check_is_fitted(self, "n_models_")
        check_names(models, "model")
        return self._models.rows(models)

    def _checked_rows(self, models: pl.DataFrame) -> NewRows:
        """Return rows of new models, and warn of those outside the known range."""
        rows = self._rows(models)
        larger, stronger = self._models.kernels.beyond(models), self._ranges.outside(rows.smooth)
        warn_beyond(models, larger, "larger than every known model", stacklevel=3)
        warn_beyond(models, stronger, "predicted stronger than the known models", stacklevel=3)
        return rows


def _anonymous(scores: np.ndarray) -> Outcomes:
    """Name rows and columns of a plain array so that names say nothing."""
    rows, columns = scores.shape
    return Outcomes(scores, [f"#{row}" for row in range(rows)], [f"#{i}" for i in range(columns)])
