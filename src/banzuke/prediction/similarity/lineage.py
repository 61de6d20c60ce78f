"""Which models descend from each other, and how much that makes them alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy.sparse import csr_array

__all__ = ["RELATIONS", "lineage_similarity"]

RELATIONS: Mapping[str, float] = {
    "fine-tune": 0.8,
    "merge source": 0.7,
    "same base model": 0.6,
    "same merge source": 0.5,
}
"""Similarity of a pair by its relation; the largest one counts."""


def lineage_similarity(left: pl.DataFrame, right: pl.DataFrame) -> np.ndarray:
    """Return the similarity of models by descent.

    Parameters
    ----------
    left, right : polars.DataFrame
        Columns ``model`` and, where known, ``base_models`` (parents), ``merge_sources`` (lists
        of names) and ``is_merged`` (then ``base_models`` are merge sources).

    Returns
    -------
    ndarray of shape (len(left), len(right))
        1 for the same model; else the largest that applies of: 0.8 one is a fine-tune of the
        other or both of the same model, 0.7 one is a merge source of the other, 0.6 the same
        base model at the root, 0.5 a common merge source; 0 without a known relation.

    References
    ----------
    The weights are those of SimRMF (`banzuke.prediction.simrmf`).

    Examples
    --------
    >>> frame = pl.DataFrame({"model": ["a", "b", "c"], "base_models": [None, ["a"], ["b"]]})
    >>> lineage_similarity(frame, frame).tolist()
    [[1.0, 0.8, 0.6], [0.8, 1.0, 0.8], [0.6, 0.8, 1.0]]
    """
    families = [_family(frame) for frame in (left, right)]
    parents = {name: names for family in families for name, names in family["parents"].items()}
    vocabulary: dict[str, int] = {}
    coded = [_incidence(family, parents, vocabulary) for family in families]
    a, b = ({key: _matrix(rows, len(vocabulary)) for key, rows in side.items()} for side in coded)
    related = {
        "same merge source": a["sources"] @ b["sources"].T,
        "same base model": a["root"] @ b["root"].T,
        "merge source": a["sources"] @ b["self"].T + a["self"] @ b["sources"].T,
        "fine-tune": a["parents"] @ b["self"].T
        + a["self"] @ b["parents"].T
        + a["parents"] @ b["parents"].T,
    }
    similarity = np.zeros((left.height, right.height))
    for name, pairs in related.items():
        similarity[pairs.nonzero()] = RELATIONS[name]
    similarity[(a["self"] @ b["self"].T).nonzero()] = 1.0
    return similarity


def _family(frame: pl.DataFrame) -> dict[str, dict[str, list[str]]]:
    names = frame["model"].to_list()
    bases = _lists(frame, "base_models", names)
    sources = _lists(frame, "merge_sources", names)
    merged = [False] * len(names)
    if "is_merged" in frame.columns:
        merged = [bool(value) for value in frame["is_merged"].to_list()]
    parents = {}
    for row, name in enumerate(names):
        if merged[row] or len(bases[row]) > 1:
            sources[row], bases[row] = [*sources[row], *bases[row]], []
        parents[name] = bases[row]
    return {"parents": parents, "sources": dict(zip(names, sources, strict=True))}


def _lists(frame: pl.DataFrame, column: str, names: Sequence[str]) -> list[list[str]]:
    values: list[Any] = [None] * frame.height
    if column in frame.columns and frame.schema[column] == pl.List(pl.String):
        values = frame[column].to_list()
    # some cards name the model itself as its base
    return [
        [other for other in value or [] if other and other != name]
        for name, value in zip(names, values, strict=True)
    ]


def _incidence(
    family: Mapping[str, Mapping[str, list[str]]],
    parents: Mapping[str, list[str]],
    vocabulary: dict[str, int],
) -> dict[str, list[list[int]]]:
    def code(name: str) -> int:
        return vocabulary.setdefault(name, len(vocabulary))

    names = list(family["parents"])
    return {
        "self": [[code(name)] for name in names],
        "parents": [[code(parent) for parent in family["parents"][name]] for name in names],
        "sources": [[code(source) for source in family["sources"][name]] for name in names],
        "root": [[code(_root(name, parents))] for name in names],
    }


def _root(name: str, parents: Mapping[str, list[str]]) -> str:
    seen = {name}
    while parents.get(name):
        name = parents[name][0]
        if name in seen:
            break
        seen.add(name)
    return name


def _matrix(rows: list[list[int]], size: int) -> csr_array:
    columns = [code for codes in rows for code in codes]
    ends = np.cumsum([0, *(len(codes) for codes in rows)])
    return csr_array((np.ones(len(columns)), columns, ends), shape=(len(rows), size))
