"""Which models are alike by what their cards say."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils.validation import check_is_fitted

from banzuke.prediction.similarity.architectures import (
    LikelyArchitectures,
    stated_architectures,
)
from banzuke.prediction.similarity.lineage import lineage_similarity
from banzuke.prediction.similarity.outcome_columns import numbers_of, refuse_outcomes
from banzuke.prediction.similarity.tags import tag_sets

__all__ = ["ModelKernels", "labels_of", "log_sizes", "organizations", "short_names", "years"]

_WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)?")
# 8x7b, 7bx2, qwen-1_8b, opt125m; not 4bit, nor a3b: what a mixture uses of its parameters
_SIZE = re.compile(
    r"(?:(\d+)x)?(?<![\d.])(?<![^a-z]a)((?<![a-z_\d])\d_\d|\d+(?:\.\d+)?)(b|m)(?:x(\d+))?(?![a-z])"
)


class ModelKernels(BaseEstimator):  # type: ignore[misc]
    """Kernels between models, each to be weighted as a whole.

    ``constant``; ``size`` (logarithm of the parameters) wide and, within an architecture, fine or
    the very same, as fine-tunes have; ``architecture``; ``name`` (character n-grams), its cube
    for near repeats, and ``words`` of the name among models of a size; ``organization``, also at
    a size; ``lineage`` by descent; ``type``; ``purpose`` and ``tags`` of the card; ``date`` of
    creation. A kernel whose columns are missing or tell no models apart is left out.

    Missing sizes are read from the name (``7b``, ``8x7b``, ``7bx2``, ``1_8b``, ``opt125m``), or
    are the median. A missing architecture is one of those of models with close names, each with
    its chance, and ``architecture hidden`` relates models whose cards could not be read. Other
    missing values are like no other model's.

    Parameters
    ----------
    columns : tuple of str, default ()
        Further numeric columns of the model frame, such as the context length. Columns that
        hold outcomes are refused.
    """

    def __init__(self, columns: tuple[str, ...] = ()) -> None:
        self.columns = columns

    def fit(self, models: pl.DataFrame, y: None = None) -> Self:
        """Learn vocabularies and scales from a frame of models."""
        self.fit_transform(models)
        return self

    def fit_transform(self, models: pl.DataFrame, y: None = None) -> dict[str, np.ndarray]:
        """Learn from a frame of models and return the kernels among them."""
        refuse_outcomes(models, self.columns)
        sizes = log_sizes(models)
        self.median_ = float(np.nanmedian(sizes)) if (~np.isnan(sizes)).any() else 0.0
        spread = float(np.nanstd(sizes)) if (~np.isnan(sizes)).any() else 0.0
        self.spread_ = spread if spread > 1e-9 else 1.0
        self.largest_ = float(np.nanmax(sizes, initial=-np.inf))
        names = short_names(models)
        self._ngrams = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, dtype=np.float32
        )
        self._words = TfidfVectorizer(
            tokenizer=_WORD.findall, token_pattern=None, sublinear_tf=True, dtype=np.float32
        )
        never_empty = [*names, "model"]  # a vocabulary must have a word
        ngrams = self._ngrams.fit_transform(never_empty)[:-1]
        words = self._words.fit_transform(never_empty)[:-1]
        counts = Counter(tag for tags in tag_sets(models) for tag in tags)
        shared = sorted(tag for tag, count in counts.items() if count > 1)
        self.tags_ = {tag: place for place, tag in enumerate(shared)}
        self._scales = {}
        for column in self.columns:
            values = numbers_of(models, column)
            deviation = float(np.nanstd(values)) if (~np.isnan(values)).any() else 0.0
            self._scales[column] = deviation if deviation > 1e-9 else 1.0
        known = self._encode(models, ngrams, words)
        self._architectures = LikelyArchitectures(known.architecture, known.ngrams)
        own = self._kernels(known, known)
        self.names_ = [name for name, kernel in own.items() if _tells_apart(name, kernel)]
        return {name: own[name] for name in self.names_}

    def transform(self, left: pl.DataFrame, right: pl.DataFrame) -> dict[str, np.ndarray]:
        """Return a matrix of shape (len(left), len(right)) for each kernel."""
        check_is_fitted(self, "names_")
        kernels = self._kernels(self._read(left), self._read(right))
        return {name: kernels[name] for name in self.names_}

    def beyond(self, models: pl.DataFrame) -> np.ndarray:
        """Return which models are larger than every model in `fit`; bool, (n_models,)."""
        check_is_fitted(self, "names_")
        with np.errstate(invalid="ignore"):
            return np.asarray(log_sizes(models) > self.largest_ + 1e-9)

    def _kernels(self, a: _Encoded, b: _Encoded) -> dict[str, np.ndarray]:
        gap = np.square((a.size[:, None] - b.size) / self.spread_).astype(np.float32)
        widths = [np.float32(-0.5 / width**2) for width in (0.5, 0.2, 0.04, 0.004)]
        wide, near, fine, equal = (np.exp(gap * width) for width in widths)
        architecture = self._architectures.alike(
            (a.architecture, a.ngrams), (b.architecture, b.ngrams)
        )
        hidden = [np.where(side.architecture == "", "hidden", "") for side in (a, b)]
        organization = _same(a.organization, b.organization)
        words = (a.words @ b.words.T).toarray()
        name = (a.ngrams @ b.ngrams.T).toarray()
        kernels = {
            "constant": np.ones_like(gap),
            "size": wide,
            "architecture": architecture,
            "architecture hidden": _same(*hidden),
            "architecture x size": architecture * fine,
            "architecture x equal size": architecture * equal,
            "name": name,
            "close name": name * name * name,
            "words x size": words * near,
            "words x architecture x size": words * architecture * fine,
            "organization": organization,
            "organization x size": organization * near,
            "type": _same(a.type, b.type),
            "purpose": _same(a.purpose, b.purpose),
            "tags": (a.tags @ b.tags.T).astype(np.float32),
            "date": _near(a.date, b.date, 0.5),
        }
        if any(column in b.models.columns for column in ("base_models", "merge_sources")):
            kernels["lineage"] = lineage_similarity(a.models, b.models).astype(np.float32)
        for column, scale in self._scales.items():
            left, right = (numbers_of(side.models, column) for side in (a, b))
            kernels[column] = _near(left, right, scale)
        return kernels

    def _tags(self, models: pl.DataFrame) -> np.ndarray:
        """One column for each tag that two known models have; rows of unit length."""
        matrix = np.zeros((models.height, max(1, len(self.tags_))))
        for row, tags in enumerate(tag_sets(models)):
            places = [self.tags_[tag] for tag in tags if tag in self.tags_]
            matrix[row, places] = 1 / np.sqrt(max(1, len(places)))
        return matrix

    def _read(self, models: pl.DataFrame) -> _Encoded:
        names = [*short_names(models), "model"]  # none at all is no input of a vectoriser
        ngrams, words = (side.transform(names)[:-1] for side in (self._ngrams, self._words))
        return self._encode(models, ngrams, words)

    def _encode(self, models: pl.DataFrame, ngrams: Any, words: Any) -> _Encoded:
        sizes = log_sizes(models)
        return _Encoded(
            models=models,
            size=np.where(np.isnan(sizes), self.median_, sizes),
            ngrams=ngrams,
            words=words,
            architecture=stated_architectures(labels_of(models, "architecture")),
            organization=organizations(models),
            type=labels_of(models, "type"),
            purpose=labels_of(models, "purpose"),
            tags=self._tags(models),
            date=years(models),
        )


@dataclass(frozen=True)
class _Encoded:
    models: pl.DataFrame
    size: np.ndarray
    ngrams: Any
    words: Any
    architecture: np.ndarray
    organization: np.ndarray
    type: np.ndarray
    purpose: np.ndarray
    tags: np.ndarray
    date: np.ndarray


def _tells_apart(name: str, kernel: np.ndarray) -> bool:
    if name == "constant":
        return True
    if len(kernel) < 2:
        return False
    off_diagonal = kernel.copy()
    np.fill_diagonal(off_diagonal, kernel[0, 1])
    return bool(np.ptp(off_diagonal) > 1e-6)


def _same(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return 1 where two labels are the same and not empty, else 0; float32."""
    names, codes = np.unique(np.concatenate([a, b]), return_inverse=True)
    left, right = codes[: len(a)], codes[len(a) :]
    right = np.where(names[right] == "", -1, right)
    return np.asarray(left[:, None] == right, dtype=np.float32)


def _near(a: np.ndarray, b: np.ndarray, width: float) -> np.ndarray:
    """Return a Gaussian kernel of numbers, 0 where one is NaN; float32."""
    if np.isnan(b).all():
        return np.zeros((len(a), len(b)), dtype=np.float32)
    distance = ((a[:, None] - b) / width).astype(np.float32)
    return np.asarray(np.nan_to_num(np.exp(np.square(distance) * np.float32(-0.5))))


def labels_of(models: pl.DataFrame, column: str) -> np.ndarray:
    """Return a column as text, empty where it is missing."""
    if column not in models.columns:
        return np.full(models.height, "")
    return np.array(models[column].cast(pl.String).fill_null("").to_list(), dtype=str)


def organizations(models: pl.DataFrame) -> np.ndarray:
    """Return who made each model: the column, or the name before the slash, or nothing."""
    stated = labels_of(models, "organization")
    names = models["model"].to_list()
    prefix = np.array([name.split("/")[0] if "/" in name else "" for name in names], dtype=str)
    return np.where(stated == "", prefix, stated)


def short_names(models: pl.DataFrame) -> list[str]:
    """Return the names in lower case without their organisation; a mere number says nothing."""
    names = [name.split("/")[-1].lower() for name in models["model"].to_list()]
    return [name if any(map(str.isalpha, name)) else "" for name in names]


def log_sizes(models: pl.DataFrame) -> np.ndarray:
    """Return the logarithm of billions of parameters, from the card or else the name."""
    stated = numbers_of(models, "params_b")
    named = np.array([_named_size(name) for name in short_names(models)], dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.log(np.where(stated > 0, stated, named)))


def _named_size(name: str) -> float:
    match = _SIZE.search(name)
    size = float(match[2].replace("_", ".")) if match else 0.0
    if match is None or size == 0:
        return float("nan")
    copies = float(match[1] or 1) * float(match[4] or 1)
    return copies * size * (1.0 if match[3] == "b" else 1e-3)


def years(models: pl.DataFrame) -> np.ndarray:
    """Return years from 1970 to the day of creation, NaN where it is unknown."""
    if "created" not in models.columns or models.schema["created"] != pl.Date:
        return np.full(models.height, np.nan)
    days = models["created"].to_physical().cast(pl.Float64).fill_null(np.nan).to_numpy()
    return np.asarray(days / 365.25)
