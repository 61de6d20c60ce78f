"""Joining two Outcomes: more models, more items, or cells that were missing."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from banzuke.exceptions import ConflictError
from banzuke.outcomes import _check
from banzuke.outcomes._check import ITEM, MODEL
from banzuke.outcomes._outcomes import Outcomes

_SAME_ITEM = ("benchmark", "task", "text", "label")
"""Item columns that make two items of one name different items when they disagree."""


def merge(old: Outcomes, new: Outcomes, *, replace: bool = False) -> Outcomes:
    """Unite two Outcomes; models and items of `old` keep their places.

    Parameters
    ----------
    old, new : Outcomes
        Metadata that `new` holds wins; metadata that it lacks stays.
    replace : bool, default False
        Let scores of `new` overwrite different scores of `old`; what the layers of `old` say
        of such a cell goes with its score.

    Returns
    -------
    Outcomes

    Raises
    ------
    ConflictError
        Where the same model and item have different scores and `replace` is False, or
        where items of one name have different text, benchmark, task or label.
    """
    _check_same_items(old, new)
    models = _merge_frames(old.models, new.models, MODEL)
    items = _merge_frames(old.items, new.items, ITEM)
    blank = Outcomes(np.full((models.height, items.height), np.nan, np.float32), models, items)
    old_grid, new_grid = (_grid(blank, part) for part in (old, new))
    scores = np.array(blank.scores)
    scores[old_grid] = old.scores
    if not replace:
        _check_same_scores(scores[new_grid], new)
    replaced = np.zeros(blank.shape, bool)
    replaced[new_grid] = _differ(scores[new_grid], new.scores)
    scores[new_grid] = np.where(new.observed, new.scores, scores[new_grid])
    layers = {
        name: _merge_layer(name, old, new, old_grid, new_grid, replaced)
        for name in [*old.layers, *(name for name in new.layers if name not in old.layers)]
    }
    return Outcomes(
        scores,
        models,
        items,
        layers=layers,
        provenance=_merge_provenance(old.provenance, new.provenance),
    )


def _grid(whole: Outcomes, part: Outcomes) -> tuple[np.ndarray, ...]:
    rows = [whole.model_index[name] for name in part.model_names]
    columns = [whole.item_index[name] for name in part.item_ids]
    return np.ix_(np.asarray(rows, dtype=np.intp), np.asarray(columns, dtype=np.intp))


def _merge_frames(old: pl.DataFrame, new: pl.DataFrame, key: str) -> pl.DataFrame:
    joined = pl.concat([old.select(key), new.select(key)]).unique(maintain_order=True)
    for column in [*old.columns[1:], *(c for c in new.columns[1:] if c not in old.columns)]:
        parts = [
            joined.join(frame.select(key, column), on=key, how="left", maintain_order="left")[
                column
            ]
            for frame in (new, old)
            if column in frame.columns
        ]
        if len(parts) == 2 and parts[0].dtype != parts[1].dtype:
            parts = _same_dtype(parts)
        merged = (
            parts[0] if len(parts) == 1 else parts[0].zip_with(parts[0].is_not_null(), parts[1])
        )
        joined = joined.with_columns(merged.alias(column))
    return joined


def _same_dtype(parts: list[pl.Series]) -> list[pl.Series]:
    if all(part.dtype.is_numeric() for part in parts):
        return [part.cast(pl.Float64) for part in parts]
    for part, other in (parts, parts[::-1]):
        if part.dtype == pl.Null or part.null_count() == part.len():
            return [p.cast(other.dtype) if p is part else p for p in parts]
    return [
        pl.Series(p.name, [None if v is None else str(v) for v in p.to_list()], dtype=pl.String)
        for p in parts
    ]


def _check_same_items(old: Outcomes, new: Outcomes) -> None:
    for column in _SAME_ITEM:
        if column not in old.items.columns or column not in new.items.columns:
            continue
        both = old.items.select(ITEM, column).join(
            new.items.select(ITEM, pl.col(column).alias("__new")), on=ITEM
        )
        differ = both.filter(pl.col(column).cast(pl.String) != pl.col("__new").cast(pl.String))
        if differ.height:
            raise ConflictError(
                f"item {differ[ITEM][0]!r} already exists with another {column} "
                f"({differ.height} such items); import into a collection of its own (--name)"
            )


def _check_same_scores(known: np.ndarray, new: Outcomes) -> None:
    differ = _differ(known, new.scores)
    if differ.any():
        row, column = (int(axis[0]) for axis in np.nonzero(differ))
        raise ConflictError(
            f"model {new.model_names[row]!r} already has {known[row, column]:g} on item "
            f"{new.item_ids[column]!r}, and the new result is {new.scores[row, column]:g} "
            f"({int(differ.sum())} such cells); use --replace to overwrite, or --name to keep both"
        )


def _differ(known: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return where both have a score and not the same."""
    with np.errstate(invalid="ignore"):
        differ: np.ndarray = np.abs(known - scores) > 1e-6
    return differ


def _merge_layer(
    name: str,
    old: Outcomes,
    new: Outcomes,
    old_grid: tuple[np.ndarray, ...],
    new_grid: tuple[np.ndarray, ...],
    replaced: np.ndarray,
) -> np.ndarray:
    kinds = {part.layers[name].dtype.kind for part in (old, new) if name in part.layers}
    if len(kinds) > 1:
        raise ConflictError(
            f"layer '{name}' holds text in one result and numbers in the other; "
            "import into a collection of its own (--name)"
        )
    text = kinds == {"O"}
    nothing = None if text else np.nan
    merged: np.ndarray = np.full(replaced.shape, nothing, object if text else np.float32)
    if name in old.layers:
        merged[old_grid] = old.layers[name]
    # what was said of a score goes with it
    merged[replaced] = nothing
    if name in new.layers:
        values = new.layers[name]
        merged[new_grid] = np.where(_check.present(values), values, merged[new_grid])
    return merged


def _merge_provenance(old: Any, new: Any) -> dict[str, Any]:
    sources = [*old.get("sources", [])]
    sources += [source for source in new.get("sources", []) if source not in sources]
    return {**old, **new, **({"sources": sources} if sources else {})}
