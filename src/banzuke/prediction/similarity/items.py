"""What an item looks like before any model has seen it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator, clone
from sklearn.kernel_approximation import RBFSampler
from sklearn.utils.validation import check_is_fitted

from banzuke.prediction.similarity.text import TextFeatures

__all__ = ["ItemFeatures"]

_NEGATION = re.compile(r"\b(?:not|except|least|never|incorrect|false)\b|ない|誤", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SENTENCE = re.compile(r"[.?!。?!]")


class ItemFeatures(BaseEstimator):  # type: ignore[misc]
    """Groups of item features, each to be weighted as a whole.

    ``text``: `TextFeatures` of question and choices. ``embedding``: what ``encoder`` makes of
    them, such as `TextEmbeddings`. ``surface``: lengths, numbers, choices,
    negation, the place of the right answer, standardised within each benchmark, and
    ``surface_rbf``, random Fourier features of them. ``task``: one-hot. A group whose columns
    are missing is empty.

    Parameters
    ----------
    encoder : transformer of texts, optional
        Anything with ``fit`` and ``transform`` from a list of texts to vectors; none by default.
    n_fourier : int, default 64
        Number of random Fourier features.
    random_state : int, default 0
    """

    def __init__(self, encoder: Any = None, *, n_fourier: int = 64, random_state: int = 0) -> None:
        self.encoder = encoder
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
        values = _surface(items)
        self.scales_ = {}
        for name, rows in _benchmarks(items).items():
            self.scales_[name] = _scale(values[rows])
        self.overall_ = _scale(values)
        self._fourier = RBFSampler(
            gamma=0.5 / values.shape[1], n_components=self.n_fourier, random_state=self.random_state
        ).fit(values)
        return self._named(items, self._of_texts(items, texts, vectors, values))

    def transform(self, items: pl.DataFrame) -> dict[str, np.ndarray]:
        """Return a matrix of shape (n_items, n_features) for each group."""
        check_is_fitted(self, "has_text_")
        if not (self.has_text_ and "text" in items.columns):
            return self._named(items)
        texts = _full_texts(items)
        vectors = self.text_.transform(texts)
        return self._named(items, self._of_texts(items, texts, vectors, _surface(items)))

    def _of_texts(
        self, items: pl.DataFrame, texts: list[str], vectors: np.ndarray, values: np.ndarray
    ) -> dict[str, np.ndarray]:
        for name, rows in _benchmarks(items).items():
            centre, spread = self.scales_.get(name, self.overall_)
            values[rows] = np.clip((values[rows] - centre) / spread, -5, 5)
        groups = {"text": vectors}
        if self.encoder_ is not None:
            groups["embedding"] = np.asarray(self.encoder_.transform(texts), dtype=np.float64)
        groups["surface"] = values / np.sqrt(values.shape[1])
        groups["surface_rbf"] = self._fourier.transform(values)
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


def _choices(items: pl.DataFrame) -> list[list[str]]:
    if "choices" not in items.columns or items.schema["choices"] != pl.List(pl.String):
        return [[] for _ in range(items.height)]
    return [[str(choice) for choice in choices or []] for choices in items["choices"].to_list()]


def _full_texts(items: pl.DataFrame) -> list[str]:
    texts = items["text"].cast(pl.String).fill_null("").to_list()
    return [
        " ".join([text, *choices]) for text, choices in zip(texts, _choices(items), strict=True)
    ]


def _scale(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    spread = values.std(axis=0)
    return values.mean(axis=0), np.where(spread > 1e-9, spread, 1.0)


def _surface(items: pl.DataFrame) -> np.ndarray:
    texts = items["text"].cast(pl.String).fill_null("").to_list()
    labels: Sequence[Any] = [None] * items.height
    if "label" in items.columns and items.schema["label"].is_integer():
        labels = items["label"].to_list()
    rows = zip(texts, _choices(items), labels, strict=True)
    return np.array([_surface_of(*row) for row in rows], dtype=np.float64)


def _surface_of(text: str, choices: list[str], label: int | None) -> list[float]:
    words = text.split()
    lengths = [len(choice) for choice in choices] or [0]
    numbers = [min(float(number), 1e12) for number in _NUMBER.findall(text)]
    right = lengths[label] if label is not None and 0 <= label < len(choices) else 0
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
