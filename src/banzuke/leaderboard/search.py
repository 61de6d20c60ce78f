"""The search box: ``;`` separates alternatives, ``@field:text`` looks into metadata."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

import numpy as np
import polars as pl

from banzuke.leaderboard.refusals import RefusedError


def normalise(text: str) -> str:
    """Fold case and width, so that ``ＬＬＡＭＡ`` finds ``llama``."""
    return unicodedata.normalize("NFKC", text).casefold()


Texts = Mapping[str, list[str]]
"""Folded text of every model for each field; empty where there is none."""


def search(models: Texts, text: str) -> np.ndarray:
    """Find models by name or metadata.

    Parameters
    ----------
    models : Texts
        As `searchable` returns them.
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
        return np.ones(len(next(iter(models.values()), [])), dtype=bool)
    found: np.ndarray = np.logical_or.reduce([_matches(models, term) for term in terms])
    return found


def searchable(models: pl.DataFrame) -> Texts:
    """Return every metadata column as folded text; lists are joined by a space."""
    return {column: _folded(models[column]) for column in models.columns}


def _folded(column: pl.Series) -> list[str]:
    if column.dtype == pl.List(pl.String):
        column = column.list.join(" ")
    texts = column.cast(pl.String, strict=False) if not column.dtype.is_nested() else None
    values = [None] * column.len() if texts is None else texts.to_list()
    return ["" if value is None else normalise(value) for value in values]


def _matches(models: Texts, term: str) -> np.ndarray:
    field, wanted = "model", term
    if term.startswith("@"):
        field, _, wanted = term[1:].partition(":")
        field = field.strip().lower()
        if field not in models:
            fields = ", ".join(models)
            raise RefusedError("errors.no_field", field=field[:80], fields=fields)
    sought = normalise(wanted.strip())
    # a loop over a list of text is as fast as a frame here, and starts no threads
    return np.array([bool(one) and sought in one for one in models[field]], dtype=bool)
