"""The search box: ``;`` separates alternatives, ``@field:text`` looks into metadata."""

from __future__ import annotations

import unicodedata

import numpy as np
import polars as pl

from banzuke.leaderboard.refusals import RefusedError


def normalise(text: str) -> str:
    """Fold case and width, so that ``ＬＬＡＭＡ`` finds ``llama``."""
    return unicodedata.normalize("NFKC", text).casefold()


def search(models: pl.DataFrame, text: str) -> np.ndarray:
    """Find models by name or metadata.

    Parameters
    ----------
    models : polars.DataFrame
        Columns as `searchable` returns them.
    text : str
        Alternatives separated by ``;``. Each is looked for anywhere in the model's name, or,
        written ``@field:text``, in that metadata column. Case and width do not matter.

    Returns
    -------
    numpy.ndarray of bool, shape (n_models,)

    Raises
    ------
    RefusedError
        Where a field does not exist.

    Examples
    --------
    >>> frame = searchable(pl.DataFrame({"model": ["a/Llama", "b/Qwen"], "type": ["chat", None]}))
    >>> search(frame, "qwen; @type:chat").tolist()
    [True, True]
    """
    terms = [term.strip() for term in text.split(";") if term.strip()]
    if not terms:
        return np.ones(models.height, dtype=bool)
    found: np.ndarray = np.logical_or.reduce([_matches(models, term) for term in terms])
    return found


def searchable(models: pl.DataFrame) -> pl.DataFrame:
    """Return every metadata column as folded text; lists are joined by a space."""
    return pl.DataFrame({column: _folded(models[column]) for column in models.columns})


def _folded(column: pl.Series) -> pl.Series:
    if column.dtype == pl.List(pl.String):
        column = column.list.join(" ")
    texts = column.cast(pl.String, strict=False) if not column.dtype.is_nested() else None
    values = [None] * column.len() if texts is None else texts.to_list()
    folded = [None if value is None else normalise(value) for value in values]
    return pl.Series(column.name, folded, dtype=pl.String)


def _matches(models: pl.DataFrame, term: str) -> np.ndarray:
    field, wanted = "model", term
    if term.startswith("@"):
        field, _, wanted = term[1:].partition(":")
        field = field.strip().lower()
        if field not in models.columns:
            fields = ", ".join(models.columns)
            raise RefusedError("errors.no_field", field=field[:80], fields=fields)
    found = models[field].str.contains(normalise(wanted.strip()), literal=True)
    return found.fill_null(False).to_numpy()
