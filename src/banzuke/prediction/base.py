"""What all predictors share: scikit-learn's contract on a matrix with gaps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes

__all__ = ["Predictor", "check_names", "item_groups", "one_blas_thread", "score_matrix"]


class Predictor(BaseEstimator, ABC):  # type: ignore[misc]
    """Base of the predictors: `fit` on what was run, `predict` every cell.

    A subclass stores its parameters in ``__init__`` and fills in ``_fit`` and ``_predict``.
    What a predictor may see is what `fit` was given: a cell that is NaN there has no
    influence on anything.
    """

    n_models_: int
    n_items_: int

    def fit(self, outcomes: Outcomes | Any, y: None = None) -> Self:
        """Learn from the observed cells, on one thread of the linear algebra library.

        Parameters
        ----------
        outcomes : Outcomes or array-like of shape (n_models, n_items)
            Scores in [0, 1], NaN where not run.
        y : None
            Ignored; there for scikit-learn's signature.

        Returns
        -------
        self

        Raises
        ------
        InvalidInputError
            Where no cell is observed, or a score lies outside [0, 1].
        """
        for name in [name for name in vars(self) if name.endswith("_") or name.startswith("_")]:
            delattr(self, name)  # a fit that fails leaves nothing of the one before
        scores = score_matrix(outcomes)
        with one_blas_thread():
            self.n_models_, self.n_items_ = scores.shape
            self._fit(scores, outcomes if isinstance(outcomes, Outcomes) else None)
        return self

    def predict(self) -> np.ndarray:
        """Return the expected score of every cell.

        Returns
        -------
        ndarray of shape (n_models, n_items), float64
            In [0, 1], for observed cells too (the fitted value, not the score).

        Raises
        ------
        NotFittedError
            Before `fit`.
        """
        check_is_fitted(self, "n_models_")
        return np.clip(np.asarray(self._predict(), dtype=np.float64), 0.0, 1.0)

    def score(self, outcomes: Outcomes | Any, y: None = None) -> float:
        """Return minus the root mean squared error on the cells observed in ``outcomes``.

        Parameters
        ----------
        outcomes : Outcomes or array-like of shape (n_models, n_items)
            The cells to compare with, such as those held out; same shape as in `fit`.
        y : None
            Ignored.

        Returns
        -------
        float
            At most 0; higher is better.
        """
        truth = score_matrix(outcomes)
        predicted = self.predict()
        if truth.shape != predicted.shape:
            raise InvalidInputError(
                f"scores have shape {truth.shape}, but the predictor was fitted on "
                f"{predicted.shape}; give the same models and items"
            )
        known = ~np.isnan(truth)
        return -float(np.sqrt(np.mean((truth[known] - predicted[known]) ** 2)))

    @abstractmethod
    def _fit(self, scores: np.ndarray, outcomes: Outcomes | None) -> None:
        """Learn from a checked float32 matrix; ``outcomes`` is None for a plain array."""

    @abstractmethod
    def _predict(self) -> np.ndarray:
        """Return the expected score of every cell."""


def one_blas_thread() -> threadpool_limits:
    """Keep the linear algebra inside on one thread.

    A fit makes thousands of small products, by NumPy's BLAS and SciPy's in turn; the threads of
    both spin while they wait, which costs ten times the work itself on a busy machine.
    """
    return threadpool_limits(limits=1, user_api="blas")


def score_matrix(outcomes: Outcomes | Any) -> np.ndarray:
    """Return the scores as a checked float32 matrix, NaN where not run.

    Raises
    ------
    InvalidInputError
        Where it is not a matrix, holds a score outside [0, 1], or holds none at all.
    """
    if isinstance(outcomes, Outcomes):
        matrix = outcomes.scores
    else:
        try:
            matrix = np.asarray(outcomes, dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise InvalidInputError(f"scores must be a matrix of numbers: {error}") from None
        if matrix.ndim != 2:
            raise InvalidInputError(
                f"scores have {matrix.ndim} dimensions; give a matrix of models x items"
            )
        with np.errstate(invalid="ignore"):
            if ((matrix < 0) | (matrix > 1)).any():
                raise InvalidInputError(
                    "a score is outside [0, 1]; divide percentages by 100, "
                    "and use NaN for 'not run'"
                )
    if not matrix.size or np.isnan(matrix).all():
        raise InvalidInputError(
            f"none of the {matrix.shape[0]} x {matrix.shape[1]} cells holds a score; "
            "there is nothing to learn from"
        )
    return matrix


def check_names(frame: pl.DataFrame, key: str) -> None:
    """Check that a frame of new models or items names each of its rows.

    Raises
    ------
    InvalidInputError
        Where the column ``key`` is missing, is no text, or has a gap.
    """
    if key not in frame.columns:
        raise InvalidInputError(f"the frame has no column '{key}'; name each row in it")
    if frame.height and (frame.schema[key] != pl.String or frame[key].null_count()):
        raise InvalidInputError(
            f"column '{key}' of the frame holds {frame.schema[key]} with "
            f"{frame[key].null_count()} gaps; give a text for each row"
        )


def item_groups(outcomes: Outcomes | None, column: str | None, n_items: int) -> np.ndarray:
    """Return the group of each item as 0, 1, ... in order of appearance.

    All items are one group for a plain array, without a column, or where the items have no
    such column.
    """
    if outcomes is None or column is None or column not in outcomes.items.columns:
        return np.zeros(n_items, dtype=np.intp)
    labels = outcomes.items[column].cast(str).fill_null("").to_list()
    order = {label: position for position, label in enumerate(dict.fromkeys(labels))}
    return np.array([order[label] for label in labels], dtype=np.intp)
