"""The checks that every Outcomes passes once, at birth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import polars as pl

from banzuke.exceptions import InvalidOutcomesError

MODEL = "model"
ITEM = "item_id"
LABELS = ("benchmark", "task")


def quoted(names: Sequence[object], most: int = 3) -> str:
    """List a few names for an error message: ``'a', 'b', 'c' and 7 more``."""
    shown = ", ".join(repr(str(name)[:80]) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def frame(given: pl.DataFrame | Sequence[str], key: str, what: str) -> pl.DataFrame:
    """Turn names or a metadata frame into a frame whose first column is the unique key."""
    table = given if isinstance(given, pl.DataFrame) else pl.DataFrame({key: list(given)})
    if key not in table.columns:
        raise InvalidOutcomesError(
            f"the {what} frame has no column '{key}' (it has {quoted(table.columns, 8)}); "
            f"name the column that identifies a {what} '{key}'"
        )
    if table.height == 0:
        table = table.with_columns(pl.col(key).cast(pl.String))
    if table[key].dtype != pl.String:
        raise InvalidOutcomesError(
            f"column '{key}' must hold text, but holds {table[key].dtype}; convert it to strings"
        )
    names = table[key]
    if names.null_count() or (names.str.len_chars() == 0).any():
        row = int(np.flatnonzero((names.is_null() | (names == "")).to_numpy())[0])
        raise InvalidOutcomesError(f"row {row} of the {what} frame has no '{key}'; give it a name")
    if names.n_unique() != names.len():
        twice = names.filter(names.is_duplicated()).unique(maintain_order=True).to_list()
        raise InvalidOutcomesError(
            f"{what} {quoted(twice)} appears more than once; each {what} must be there once"
        )
    return table.select(key, pl.exclude(key)).with_columns(*_labels_as_text(table))


def _labels_as_text(table: pl.DataFrame) -> list[pl.Expr]:
    """Return the columns that name groups of items, such as numbered benchmarks, as text."""
    named = [name for name in LABELS if name in table.columns]
    for name in named:
        if table.schema[name].is_nested():
            raise InvalidOutcomesError(
                f"column '{name}' holds {table.schema[name]}; give one text for each row"
            )
    return [pl.col(name).cast(pl.String) for name in named if table.schema[name] != pl.String]


def scores(given: Any, models: pl.DataFrame, items: pl.DataFrame) -> np.ndarray:
    """Return the scores as a read-only float32 matrix in [0, 1], NaN where not evaluated."""
    try:
        matrix = np.asarray(given, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise InvalidOutcomesError(f"scores must be numbers: {error}") from None
    expected = (models.height, items.height)
    if matrix.shape != expected:
        raise InvalidOutcomesError(
            f"scores have shape {matrix.shape}, but there are {expected[0]} models and "
            f"{expected[1]} items; scores must be models x items"
        )
    with np.errstate(invalid="ignore"):
        bad = (matrix < 0) | (matrix > 1)
    if bad.any():
        row, column = (int(axis[0]) for axis in np.nonzero(bad))
        raise InvalidOutcomesError(
            f"score {matrix[row, column]:g} of model {models[MODEL][row]!r} on item "
            f"{items[ITEM][column]!r} is outside [0, 1] ({int(bad.sum())} such cells); "
            "divide percentages by 100, and use NaN for 'not evaluated'"
        )
    return read_only(matrix)


def layers(given: Mapping[str, Any], shape: tuple[int, int]) -> dict[str, np.ndarray]:
    """Return the layers as read-only float32 (NaN missing) or object (None missing) matrices."""
    return {name: _layer(name, values, shape) for name, values in given.items()}


def _layer(name: str, given: Any, shape: tuple[int, int]) -> np.ndarray:
    matrix = np.asarray(given)
    if matrix.shape != shape:
        raise InvalidOutcomesError(
            f"layer '{name}' has shape {matrix.shape}, but the scores have {shape}; "
            "a layer must be models x items"
        )
    if matrix.dtype.kind in "fiub":
        return read_only(np.asarray(matrix, dtype=np.float32))
    if matrix.dtype.kind in "UT":
        matrix = matrix.astype(object)
    if matrix.dtype.kind != "O":
        raise InvalidOutcomesError(
            f"layer '{name}' holds {matrix.dtype}; a layer holds numbers or text"
        )
    for value in matrix.flat:
        if value is not None and not isinstance(value, str):
            raise InvalidOutcomesError(
                f"layer '{name}' mixes text with {type(value).__name__} {value!r}; "
                "use text throughout, and None for 'not evaluated'"
            )
    return read_only(matrix)


def present(layer: np.ndarray) -> np.ndarray:
    """Return where a layer holds a value; bool, of the layer's shape."""
    if layer.dtype == object:
        return np.asarray(np.not_equal(layer, cast(Any, None)), dtype=bool)
    return np.asarray(~np.isnan(layer))


def read_only(array: np.ndarray) -> np.ndarray:
    """Return a view that cannot be written through."""
    view: np.ndarray = array.view()
    view.flags.writeable = False
    return view
