"""What a board can be filtered by: values of metadata, yes or no, size bins."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

UNKNOWN = "unknown"
"""Value of a filter where the metadata is missing."""

YES, NO = "yes", "no"

SIZE_EDGES = (3.0, 7.0, 13.0, 35.0, 60.0)
SIZE_BINS = ("-3", "3-7", "7-13", "13-35", "35-60", "60-")
"""Bins of billions of parameters; a size on an edge belongs to the upper bin."""

_VALUES: Mapping[str, tuple[str, ...]] = {
    "type": ("type",),
    "architecture": ("architecture",),
    "precision": ("precision",),
    "license": ("license",),
    "shots": ("n_shots", "n_shot", "num_few_shot", "num_fewshot", "shots"),
}
_FLAGS = {"merged": "is_merged", "moe": "is_moe", "flagged": "is_flagged"}


ABSENT: Mapping[str, str] = dict.fromkeys((*_VALUES, *_FLAGS, "size"), UNKNOWN) | {"flagged": NO}
"""Value that each filter has for every model of a board without it."""


def filter_values(models: pl.DataFrame, params_b: np.ndarray) -> dict[str, pl.Series]:
    """Return the value of each model for each filter that at least one model has.

    Parameters
    ----------
    models : polars.DataFrame
    params_b : numpy.ndarray of shape (n_models,)
        Sizes in billions; NaN where unknown.

    Returns
    -------
    dict of str to polars.Series of str
    """
    found: dict[str, pl.Series] = {}
    for name, columns in _VALUES.items():
        column = next((one for one in columns if _has_values(models, one)), None)
        if column is not None:
            found[name] = models[column].cast(pl.String).fill_null(UNKNOWN)
    for name, column in _FLAGS.items():
        if _has_values(models, column) and models.schema[column] == pl.Boolean:
            values = [{True: YES, False: NO}.get(one, UNKNOWN) for one in models[column].to_list()]
            found[name] = pl.Series(name, values, dtype=pl.String)
    if not np.isnan(params_b).all():
        found["size"] = pl.Series("size", [_bin(one) for one in params_b.tolist()], dtype=pl.String)
    return found


def count_values(name: str, values: pl.Series) -> list[tuple[str, int]]:
    """Return each value and its number of models: sizes in order, others by frequency."""
    counts = values.alias("value").value_counts(name="n")
    if name == "size":
        known: dict[str, int] = dict(counts.rows())
        return [(one, known[one]) for one in (*SIZE_BINS, UNKNOWN) if one in known]
    return counts.sort(["n", "value"], descending=[True, False]).rows()


def _has_values(models: pl.DataFrame, column: str) -> bool:
    return (
        column in models.columns
        and not models.schema[column].is_nested()
        and models[column].null_count() < models.height
    )


def _bin(params_b: float) -> str:
    if np.isnan(params_b):
        return UNKNOWN
    return SIZE_BINS[int(np.searchsorted(SIZE_EDGES, params_b, side="right"))]
