"""Texts as short dense vectors, without a download."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils.extmath import randomized_svd
from sklearn.utils.validation import check_is_fitted

__all__ = ["TextFeatures"]


class TextFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Character n-grams weighted by TF-IDF, reduced by a truncated SVD.

    Character n-grams need no tokeniser, so Japanese and English work alike.

    Parameters
    ----------
    n_components : int, default 128
        Length of the vectors at most.
    ngram_range : tuple of int, default (3, 5)
    max_features : int, default 50000
    random_state : int, default 0

    Attributes
    ----------
    n_features_ : int
        Length of the vectors; 0 where the texts are all empty.
    """

    def __init__(
        self,
        n_components: int = 128,
        *,
        ngram_range: tuple[int, int] = (3, 5),
        max_features: int = 50_000,
        random_state: int = 0,
    ) -> None:
        self.n_components = n_components
        self.ngram_range = ngram_range
        self.max_features = max_features
        self.random_state = random_state

    def fit(self, texts: Sequence[str], y: None = None) -> Self:
        """Learn the vocabulary and the directions."""
        self.fit_transform(texts)
        return self

    def fit_transform(self, texts: Sequence[str], y: None = None) -> np.ndarray:
        """Learn from texts and return their vectors, as `fit` and `transform` do one by one."""
        self._tfidf = TfidfVectorizer(
            analyzer="char_wb",
            ngram_range=self.ngram_range,
            sublinear_tf=True,
            max_features=self.max_features,
            dtype=np.float32,
        )
        self.n_features_ = 0
        if len(texts) < 3 or not any(text.strip() for text in texts):
            return np.zeros((len(texts), 0))
        counts = self._tfidf.fit_transform(texts)
        size = min(self.n_components, min(counts.shape) - 1)
        if size < 1:
            return np.zeros((len(texts), 0))
        # random numbers are one for each n-gram, so that the order of the texts does not matter
        _, _, self._directions = randomized_svd(
            counts, size, n_iter=2, transpose=False, random_state=self.random_state
        )
        self.n_features_ = size
        return self._project(counts)

    def transform(self, texts: Sequence[str]) -> np.ndarray:
        """Return vectors of shape (n_texts, n_features), length at most about 1."""
        check_is_fitted(self, "n_features_")
        if not self.n_features_:
            return np.zeros((len(texts), 0))
        return self._project(self._tfidf.transform(texts))

    def _project(self, counts: Any) -> np.ndarray:
        return np.asarray(counts @ self._directions.T, dtype=np.float64)
