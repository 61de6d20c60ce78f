"""What an item looks like before any model has seen it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator, clone
from sklearn.kernel_approximation import RBFSampler
from sklearn.utils.validation import check_is_fitted

from banzuke.prediction.similarity.answers import (
    options_of,
    right_option_features,
    right_options,
    solution_features,
)
from banzuke.prediction.similarity.text import TextFeatures

__all__ = ["ItemFeatures"]

_NEGATION = re.compile(r"\b(?:not|except|least|never|incorrect|false)\b|ない|誤", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SENTENCE = re.compile(r"[.?!。?!]")


class ItemFeatures(BaseEstimator):  # type: ignore[misc]
    """Groups of item features, each to be weighted as a whole.

    ``text``: `TextFeatures` of question and choices. ``embedding``: what ``encoder`` makes of
    them, such as `TextEmbeddings`. ``surface``: lengths, numbers, choices,
    negation, the place of the right answer, and ``surface_rbf``, random Fourier features of
    them. ``solution``: `solution_features`. ``options``: `right_option_features`.
    ``likelihood``: what ``probe`` makes of the right answers. These numbers are standardised
    within each benchmark. ``task``: one-hot. A group whose columns are missing is not there.

    Parameters
    ----------
    encoder : transformer of texts, optional
        Anything with ``fit`` and ``transform`` from a list of texts to vectors; none by default.
    probe : transformer of frames of items, optional
        Such as `AnswerLikelihoods`; none by default.
    n_fourier : int, default 64
        Number of random Fourier features.
    random_state : int, default 0
    """

    def __init__(
        self,
        encoder: Any = None,
        *,
        probe: Any = None,
        n_fourier: int = 64,
        random_state: int = 0,
    ) -> None:
        self.encoder = encoder
        self.probe = probe
        self.n_fourier = n_fourier
        self.random_state = random_state

    def fit(self, items: pl.DataFrame, y: None = None) -> Self:
        """Learn vocabularies and scales from a frame of items."""
        self.fit_transform(items)
        return self

    def fit_transform(self, items: pl.DataFrame, y: None = None) -> dict[str, np.ndarray]:
        """Learn from a frame of items and return what `transform` makes of it."""
        self.has_text_ = "text" in items.columns and items["text"].drop_nulls().len() > 2
        self.tasks_: dict[str, int] = {}
        if "task" in items.columns:
            names = items["task"].cast(pl.String).drop_nulls().unique().sort().to_list()
            self.tasks_ = {name: place for place, name in enumerate(names)}
        if not self.has_text_:
            return self._named(items)
        texts = _full_texts(items)
        self.text_ = TextFeatures(random_state=self.random_state)
        vectors = self.text_.fit_transform(texts)
        self.encoder_ = None if self.encoder is None else clone(self.encoder).fit(texts)
        self.probe_ = None if self.probe is None else clone(self.probe).fit(items)
        values = {name: describe(items) for name, describe in self._describers().items()}
        benchmarks = _benchmarks(items)
        self.scales_ = {
            name: _Scales.of(matrix, benchmarks) for name, matrix in values.items() if matrix.any()
        }
        surface = values["surface"]
        self._fourier = RBFSampler(
            gamma=0.5 / surface.shape[1],
            n_components=self.n_fourier,
            random_state=self.random_state,
        ).fit(surface)
        return self._named(items, self._of_texts(items, texts, vectors, values))

    def transform(self, items: pl.DataFrame) -> dict[str, np.ndarray]:
        """Return a matrix of shape (n_items, n_features) for each group."""
        check_is_fitted(self, "has_text_")
        if not (self.has_text_ and "text" in items.columns):
            return self._named(items)
        texts = _full_texts(items)
        vectors = self.text_.transform(texts)
        values = {name: self._describers()[name](items) for name in self.scales_}
        return self._named(items, self._of_texts(items, texts, vectors, values))

    def _describers(self) -> dict[str, Callable[[pl.DataFrame], np.ndarray]]:
        if self.probe_ is None:
            return _DESCRIBED
        return {**_DESCRIBED, "likelihood": self.probe_.transform}

    def _of_texts(
        self,
        items: pl.DataFrame,
        texts: list[str],
        vectors: np.ndarray,
        values: dict[str, np.ndarray],
    ) -> dict[str, np.ndarray]:
        groups = {"text": vectors}
        if self.encoder_ is not None:
            groups["embedding"] = np.asarray(self.encoder_.transform(texts), dtype=np.float64)
        benchmarks = _benchmarks(items)
        for name, scales in self.scales_.items():
            scaled = scales.applied(values[name], benchmarks)
            groups[name] = scaled / np.sqrt(scaled.shape[1])
            if name == "surface":
                groups["surface_rbf"] = self._fourier.transform(scaled)
        return groups

    def _named(
        self, items: pl.DataFrame, of_texts: dict[str, np.ndarray] | None = None
    ) -> dict[str, np.ndarray]:
        groups = {"task": self._one_hot_tasks(items), **(of_texts or {})}
        return {name: matrix for name, matrix in groups.items() if matrix.shape[1]}

    def _one_hot_tasks(self, items: pl.DataFrame) -> np.ndarray:
        matrix = np.zeros((items.height, len(self.tasks_)))
        if self.tasks_ and "task" in items.columns:
            for row, name in enumerate(items["task"].cast(pl.String).to_list()):
                if name in self.tasks_:
                    matrix[row, self.tasks_[name]] = 1.0
        return matrix


def _benchmarks(items: pl.DataFrame) -> dict[str, np.ndarray]:
    if "benchmark" not in items.columns:
        return {"": np.arange(items.height)}
    labels = np.array(items["benchmark"].cast(pl.String).fill_null("").to_list())
    return {str(name): np.flatnonzero(labels == name) for name in np.unique(labels)}


def _full_texts(items: pl.DataFrame) -> list[str]:
    texts = items["text"].cast(pl.String).fill_null("").to_list()
    return [
        " ".join([text, *choices]) for text, choices in zip(texts, options_of(items), strict=True)
    ]


@dataclass(frozen=True)
class _Scales:
    """Mean and standard deviation of each column, in each benchmark and over all items."""

    inside: dict[str, tuple[np.ndarray, np.ndarray]]
    overall: tuple[np.ndarray, np.ndarray]

    @classmethod
    def of(cls, values: np.ndarray, benchmarks: dict[str, np.ndarray]) -> Self:
        inside = {name: _scale(values[rows]) for name, rows in benchmarks.items()}
        return cls(inside, _scale(values))

    def applied(self, values: np.ndarray, benchmarks: dict[str, np.ndarray]) -> np.ndarray:
        """Standardise within each benchmark, over all where a benchmark is new."""
        scaled = np.empty_like(values)
        for name, rows in benchmarks.items():
            centre, spread = self.inside.get(name, self.overall)
            scaled[rows] = np.clip((values[rows] - centre) / spread, -5, 5)
        return scaled


def _scale(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    spread = values.std(axis=0)
    return values.mean(axis=0), np.where(spread > 1e-9, spread, 1.0)


def _surface(items: pl.DataFrame) -> np.ndarray:
    texts = items["text"].cast(pl.String).fill_null("").to_list()
    rows = zip(texts, options_of(items), right_options(items), strict=True)
    return np.array([_surface_of(*row) for row in rows], dtype=np.float64)


def _surface_of(text: str, choices: list[str], label: int | None) -> list[float]:
    words = text.split()
    lengths = [len(choice) for choice in choices] or [0]
    numbers = [min(float(number), 1e12) for number in _NUMBER.findall(text)]
    right = 0 if label is None else lengths[label]
    return [
        np.log1p(len(text)),
        float(len(choices)),
        np.log1p(np.mean(lengths)),
        np.log1p(max(lengths)) - np.log1p(min(lengths)),
        np.log1p(len(numbers)),
        np.log1p(max(numbers, default=0.0)),
        float(len(_SENTENCE.findall(text))),
        float(len(_NEGATION.findall(text))),
        float(np.mean([len(word) for word in words])) if words else 0.0,
        float("%" in text),
        float("$" in text),
        float(text.count(",")),
        len({word.lower() for word in words}) / max(1, len(words)),
        float(label or 0),
        np.log1p(right),
        float(right == max(lengths) > 0),
    ]


_DESCRIBED: dict[str, Callable[[pl.DataFrame], np.ndarray]] = {
    "surface": _surface,
    "solution": solution_features,
    "options": right_option_features,
}
