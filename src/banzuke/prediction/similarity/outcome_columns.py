"""Columns of a model frame that hold results, and so can be no feature."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
from scipy.stats import spearmanr

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Outcomes

__all__ = ["numbers_of", "refuse_outcomes"]

_RESULT = re.compile(
    "scores?|accuracy|acc|average|avg|mean|rank|ranking|elo|raw|correct|outcomes?|results?|em|f1"
    "|winrate|win|pass|perplexity|ppl|mmlu|arc|hellaswag|winogrande|truthfulqa|gsm8k|bbh|gpqa|musr"
    "|ifeval|humaneval|mbpp|jcommonsenseqa|jsquad|jnli|niilc|jemhopqa"
)
_NOT_RESULTS = frozenset({"lora"})  # the rank of an adapter is known before it is run
_TOO_ALIKE = 0.97
_FEWEST = 20


def refuse_outcomes(
    models: pl.DataFrame, columns: tuple[str, ...], outcomes: Outcomes | None = None
) -> None:
    """Raise where a column cannot be a feature of models that were not run.

    A column holds outcomes if its name says so, is the name of a benchmark or task, or if its
    values order the models as their mean scores do (rank correlation of at least .97 in absolute
    value, over 20 models or more).

    Parameters
    ----------
    models : polars.DataFrame
    columns : tuple of str
    outcomes : Outcomes, optional
        The results to compare with, of the same models in the same order.

    Raises
    ------
    InvalidInputError
        For a column that is missing, not numeric, or holds outcomes.
    """
    names = set() if outcomes is None else _known_names(outcomes)
    for column in columns:
        if column not in models.columns:
            raise InvalidInputError(
                f"the model frame has no column '{column}'; it has {', '.join(models.columns)}"
            )
        words = set(re.findall(r"[a-z]+\d*[a-z]*", column.lower()))
        told = any(_RESULT.fullmatch(word) for word in words) and not words & _NOT_RESULTS
        if told or column.lower() in names:
            raise _refusal(column, "its name says so")
        if not models.schema[column].is_numeric():
            raise InvalidInputError(
                f"column '{column}' holds {models.schema[column]}; a feature column must be numeric"
            )
        if outcomes is not None and _orders_like_scores(numbers_of(models, column), outcomes):
            raise _refusal(column, "it orders the models as their scores do")


def numbers_of(models: pl.DataFrame, column: str) -> np.ndarray:
    """Return a column as float64, NaN where it is missing, not a number or infinite."""
    if column not in models.columns:
        return np.full(models.height, np.nan)
    values = models[column].cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
    return np.where(np.isfinite(values), values, np.nan)


def _refusal(column: str, why: str) -> InvalidInputError:
    return InvalidInputError(
        f"column '{column}' holds outcomes ({why}); a feature must be known before a model is run"
    )


def _known_names(outcomes: Outcomes) -> set[str]:
    names = set(outcomes.benchmarks)
    if "task" in outcomes.items.columns:
        names |= set(outcomes.items["task"].cast(pl.String).drop_nulls().to_list())
    return {name.lower() for name in names}


def _orders_like_scores(values: np.ndarray, outcomes: Outcomes) -> bool:
    count = outcomes.observed.sum(axis=1)
    total = np.nansum(outcomes.scores, axis=1)
    both = (count > 0) & ~np.isnan(values)
    if both.sum() < _FEWEST:
        return False
    mean, values = total[both] / count[both], values[both]
    if np.ptp(mean) == 0 or np.ptp(values) == 0:
        return False
    return bool(abs(spearmanr(values, mean)[0]) >= _TOO_ALIKE)
