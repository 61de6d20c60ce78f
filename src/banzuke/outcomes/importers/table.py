"""Import ``table``: a folder of Parquet files, one row an item and one column a model.

``scores.parquet`` holds ``item_id`` and a column for each model (1 right, 0 wrong, -1 not
evaluated, or any score in [0, 1]); ``items.parquet`` and ``models.parquet`` hold metadata;
``answers.parquet`` holds option indices (-1 unparsed, -2 not evaluated),
``answers_text.parquet`` raw answers, ``confidence.parquet`` any number.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from banzuke.exceptions import ImportFormatError, InvalidOutcomesError
from banzuke.outcomes._check import ITEM, MODEL
from banzuke.outcomes._outcomes import Outcomes
from banzuke.outcomes.importers._base import Imported, ImportOptions
from banzuke.outcomes.importers._read import read_parquet, sources
from banzuke.outcomes.metadata import standardise_models

UNPARSED, NOT_EVALUATED = -1, -2


def read(paths: Sequence[Path], options: ImportOptions) -> Imported:
    """Read one folder for each path; the collection is named after the folder."""
    collections = {}
    for folder in paths:
        name = options.collection(folder.resolve().name, folder, len(paths))
        if name in collections:
            raise ImportFormatError(
                folder, f"another of the folders is called {name!r} too; import them one at a time"
            )
        collections[name] = _read_folder(folder, options)
    return Imported(collections=collections)


def _read_folder(folder: Path, options: ImportOptions) -> Outcomes:
    if not folder.is_dir():
        raise ImportFormatError(folder, "not a folder; name the folder that holds scores.parquet")
    used = [folder / "scores.parquet"]
    wide = read_parquet(used[0])
    if ITEM not in wide.columns:
        raise ImportFormatError(used[0], "the column is missing", f"column '{ITEM}'")
    ids = wide[ITEM].cast(pl.String)
    names = [column for column in wide.columns if column != ITEM]
    if not names:
        raise ImportFormatError(used[0], f"no column beside '{ITEM}'; each model is a column")
    scores = _scores(used[0], wide.drop(ITEM), ids, options.scale)
    items = _metadata(folder / "items.parquet", ITEM, ids.to_list(), used)
    models = _metadata(folder / "models.parquet", MODEL, names, used)
    layers = _layers(folder, ids, names, items, used)
    try:
        return Outcomes(
            scores,
            standardise_models(models),
            items,
            layers=layers,
            provenance=sources(used, "table"),
        )
    except InvalidOutcomesError as error:
        raise ImportFormatError(folder, str(error)) from None


def _scores(path: Path, wide: pl.DataFrame, ids: pl.Series, scale: float) -> np.ndarray:
    # the schema is asked for once: thousands of models make each asking slow
    for column, dtype in wide.schema.items():
        if not (dtype.is_numeric() or dtype == pl.Boolean):
            value = wide[column].drop_nulls().head(1).to_list()
            raise ImportFormatError(path, f"{value} is not a number", f"column {column!r}")
    matrix = wide.cast(pl.Float32).to_numpy().T / np.float32(scale)
    matrix = np.where(matrix * scale == -1, np.float32(np.nan), matrix)
    with np.errstate(invalid="ignore"):
        bad = np.argwhere((matrix < 0) | (matrix > 1))
    if bad.size:
        row, column = bad[0]
        raise ImportFormatError(
            path,
            f"score {matrix[row, column] * scale:g} is outside [0, {scale:g}] and not -1",
            f"column {wide.columns[row]!r}, item {ids[int(column)]!r}",
        )
    return matrix


def _metadata(path: Path, key: str, names: list[str], used: list[Path]) -> pl.DataFrame:
    if not path.exists():
        return pl.DataFrame({key: names}, schema={key: pl.String})
    table = read_parquet(path)
    used.append(path)
    if key not in table.columns:
        raise ImportFormatError(path, "the column is missing", f"column '{key}'")
    table = table.with_columns(
        pl.col(key).cast(pl.String), pl.selectors.categorical().cast(pl.String)
    )
    if table[key].n_unique() != table.height:
        twice = table[key].filter(table[key].is_duplicated())[0]
        raise ImportFormatError(path, f"{twice!r} is there more than once", f"column '{key}'")
    missing = sorted(set(names) - set(table[key]))
    if missing:
        raise ImportFormatError(
            path,
            f"{missing[0]!r} of scores.parquet is missing ({len(missing)} such)",
            f"column '{key}'",
        )
    wanted = pl.DataFrame({key: names}, schema={key: pl.String})
    return wanted.join(table, on=key, how="left", maintain_order="left")


def _layers(
    folder: Path, ids: pl.Series, names: list[str], items: pl.DataFrame, used: list[Path]
) -> dict[str, Any]:
    readers = {
        "answers.parquet": ("answer", _letters),
        "answers_text.parquet": ("answer", _texts),
        "confidence.parquet": ("confidence", _numbers),
    }
    layers: dict[str, Any] = {}
    for file_name, (layer, convert) in readers.items():
        path = folder / file_name
        if not path.exists():
            continue
        used.append(path)
        wide = read_parquet(path)
        if ITEM not in wide.columns or wide.columns != [ITEM, *names]:
            raise ImportFormatError(path, "its columns differ from those of scores.parquet")
        if wide[ITEM].cast(pl.String).to_list() != ids.to_list():
            raise ImportFormatError(path, "its items differ from those of scores.parquet")
        layers[layer] = convert(path, wide.drop(ITEM))
    return layers


def _letters(path: Path, wide: pl.DataFrame) -> np.ndarray:
    """Option indices as letters: text survives another order of files, an index does not."""
    codes = wide.fill_null(NOT_EVALUATED).to_numpy().T
    if codes.dtype.kind not in "iu" or codes.min() < NOT_EVALUATED or codes.max() > 25:
        raise ImportFormatError(path, "answers must be option indices from -2 to 25")
    alphabet = np.array([*string.ascii_uppercase, None, ""], dtype=object)
    letters: np.ndarray = alphabet[codes]
    return letters


def _texts(path: Path, wide: pl.DataFrame) -> np.ndarray:
    return np.array([wide[c].cast(pl.String).to_list() for c in wide.columns], dtype=object)


def _numbers(path: Path, wide: pl.DataFrame) -> np.ndarray:
    for column, dtype in wide.schema.items():
        if not dtype.is_numeric():
            value = wide[column].drop_nulls().head(1).to_list()
            raise ImportFormatError(path, f"{value} is not a number", f"column {column!r}")
    return wide.cast(pl.Float32).to_numpy().T
