"""Texts as sentence embeddings, kept on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from banzuke.exceptions import EngineError
from banzuke.prediction.similarity._embedding_sources import Source, source_of
from banzuke.prediction.similarity._vector_cache import (
    VectorCache,
    default_folder,
    text_key,
)

__all__ = ["TextEmbeddings", "check_source"]


class TextEmbeddings(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Sentence embeddings of unit length, less their mean over the texts of `fit`.

    Embeddings of unrelated texts are far from orthogonal (cosines of .7 to .9 with E5): without
    the mean, every pair of items would look alike.

    Parameters
    ----------
    model : str, default "e5"
        ``"e5"``: multilingual-e5-small from the extra ``embed``, on the CPU, no download.
        ``"http://host:port/v1#MODEL"``: an OpenAI-compatible server; its key is read from
        ``BANZUKE_EMBED_API_KEY``. Anything else: a name or folder for the library
        sentence-transformers, such as ``"intfloat/multilingual-e5-base"``.
    cache : str or Path, optional
        Folder in which vectors are kept by the hash of their text; default ``BANZUKE_CACHE``
        or ``banzuke`` in the user's cache folder.
    centred : bool, default True
        False leaves the mean in; cosines are then those of the embeddings themselves.

    Attributes
    ----------
    mean_ : ndarray of shape (n_features,)
        What is taken from every vector; 0 where ``centred`` is False.
    n_features_ : int
        Length of the vectors; 0 where there are no texts.

    Raises
    ------
    MissingExtraError
        In `fit`, where the package that makes the vectors is not installed.
    EngineError
        Where a server does not answer, or not with a vector for each text.
    StorageError
        Where the cache cannot be read or written.

    References
    ----------
    Wang et al. (2024), Multilingual E5 Text Embeddings, arXiv 2402.05672.
    """

    def __init__(
        self, model: str = "e5", *, cache: str | Path | None = None, centred: bool = True
    ) -> None:
        self.model = model
        self.cache = cache
        self.centred = centred

    def fit(self, texts: Sequence[str], y: None = None) -> Self:
        """Learn the mean vector."""
        self._source = source_of(self.model)
        vectors = self._embed(texts)
        self.n_features_ = vectors.shape[1]
        self.mean_ = vectors.mean(axis=0) if len(vectors) else np.zeros(0)
        if not self.centred:
            self.mean_ = np.zeros_like(self.mean_)
        return self

    def transform(self, texts: Sequence[str]) -> np.ndarray:
        """Return vectors of shape (n_texts, n_features), float64."""
        check_is_fitted(self, "mean_")
        if not self.n_features_ or not len(texts):
            return np.zeros((len(texts), self.n_features_))
        return np.asarray(self._embed(texts) - self.mean_)

    def __getstate__(self) -> dict[str, Any]:
        # a loaded model cannot travel to another process; the name is enough to load it again
        return {key: value for key, value in vars(self).items() if key != "_source"}

    def _embed(self, texts: Sequence[str]) -> np.ndarray:
        source: Source | None = getattr(self, "_source", None)
        if source is None:
            source = self._source = source_of(self.model)
        cache = VectorCache(Path(self.cache or default_folder()), source.name)
        texts = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        keys = [text_key(text) for text in texts]
        wanted = dict(zip(keys, texts, strict=True))
        found = cache.complete(wanted, source.encode, batch=source.batch, what="embedding texts")
        return _stacked([found[key] for key in keys], source.name)


def check_source(model: str) -> None:
    """Raise at once where a model of `TextEmbeddings` cannot work here.

    Raises
    ------
    InvalidInputError
        For an empty name, or an address without a model.
    MissingExtraError
        Where the package that makes the vectors is not installed.
    """
    source_of(model)


def _stacked(rows: list[np.ndarray], name: str) -> np.ndarray:
    if len({row.shape for row in rows}) > 1:
        raise EngineError(f"{name} gave vectors of different lengths; empty its cache")
    if not rows:
        return np.zeros((0, 0))
    vectors = np.stack(rows).astype(np.float64)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(length > 0, length, 1.0))
