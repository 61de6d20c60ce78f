"""Language models that say how likely a text is: on a server, or with transformers."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from banzuke.exceptions import EngineError, InvalidInputError, MissingExtraError
from banzuke.packaged_model import find_smollm2
from banzuke.prediction.similarity._openai import Server, shorten_until_taken

__all__ = ["Continuation", "LanguageModel", "language_model"]

KEY_VARIABLE = "BANZUKE_PROBE_API_KEY"  # not the key of the models that are measured
_PACKAGED = "smollm2"
_LONGEST = 2048  # tokens; of a longer text the beginning is left out
_SHORT = 200  # letters: no server calls so little too long
_LEAST = -100.0  # of a token that a model rules out
_MOST_LOGITS = 1e8  # at a time: 400 MB


class Continuation(NamedTuple):
    """A text and what follows it."""

    before: str
    text: str


class LanguageModel(ABC):
    """Gives log-likelihoods; ``name`` says which model's these are."""

    name: str
    batch = 16

    @abstractmethod
    def log_likelihoods(self, continuations: Sequence[Continuation]) -> np.ndarray:
        """Return how likely each text is after what is before it.

        Returns
        -------
        ndarray of shape (n, 3), float64
            Sum over its tokens in nats, number of tokens, and the least likely token's.
        """


def language_model(model: str) -> LanguageModel:
    """Return the model that a name stands for.

    Parameters
    ----------
    model : str
        ``smollm2``, ``http(s)://host/v1#model``, or a name or folder of transformers.

    Raises
    ------
    InvalidInputError
        For an empty name, or an address without a model.
    MissingExtraError
        Where a library is not installed.
    """
    if model.startswith(("http://", "https://")):
        return _Served(Server.named(model, "language model's server", KEY_VARIABLE))
    if not model.strip():
        raise InvalidInputError("the language model has no name; give smollm2, ADDRESS or a name")
    return _Transformers(model)


class _Served(LanguageModel):
    """A server with the ``/completions`` route of OpenAI's API that echoes the prompt."""

    batch = 32

    def __init__(self, server: Server) -> None:
        self.server = server
        self.name = f"{server.public}#{server.model}"

    def log_likelihoods(self, continuations: Sequence[Continuation]) -> np.ndarray:
        """As for all; of what the server calls too long, the beginning is left out."""
        return shorten_until_taken(self._ask, continuations, _end)

    def _ask(self, continuations: Sequence[Continuation]) -> np.ndarray:
        # offsets of tokens in the echo count bytes of letters and marks of beginning as letters:
        # how many tokens come before a text is seen from these alone
        starts = list(dict.fromkeys(before for before, _ in continuations if before))
        echoed = self._echoed([*starts, *(before + text for before, text in continuations)])
        n_before = {before: len(values) for before, values in zip(starts, echoed, strict=False)}
        rows = zip(continuations, echoed[len(starts) :], strict=True)
        found = [_summary(values[n_before.get(pair.before, 0) :]) for pair, values in rows]
        return np.array(found, dtype=np.float64)

    def _echoed(self, prompts: list[str]) -> list[list[float | None]]:
        """Return the log-probabilities of each prompt's tokens."""
        body = {"prompt": prompts, "max_tokens": 0, "temperature": 0, "echo": True, "logprobs": 1}
        answer = self.server.post("/completions", body)
        try:
            choices = sorted(answer.json()["choices"], key=lambda choice: choice["index"])
            found = [
                [None if value is None else float(value) for value in values]
                for values in (choice["logprobs"]["token_logprobs"] for choice in choices)
            ]
        except (ValueError, KeyError, TypeError):
            found = []
        if len(found) != len(prompts) or any(
            value is not None and math.isnan(value) for row in found for value in row
        ):
            raise EngineError(
                f"the language model's server {self.server.public} sent no log-probabilities of "
                "the prompt; it has to answer /completions with 'echo' and 'logprobs', as vLLM does"
            )
        return found


def _end(pair: Continuation) -> Continuation | None:
    """Leave out the first half of what comes before a text, or else of the text."""
    before, text = pair
    if len(before) > _SHORT:
        return Continuation(before[len(before) // 2 :], text)
    return Continuation(before, text[len(text) // 2 :]) if len(text) > _SHORT else None


def _summary(values: Iterable[float | None]) -> tuple[float, int, float]:
    """Sum up a text's tokens; the very first of a prompt may have no probability."""
    known = [max(value, _LEAST) for value in values if value is not None]
    return (sum(known), len(known), min(known)) if known else (0.0, 0, 0.0)


class _Transformers(LanguageModel):
    """A causal model of the library transformers, in float32 on the CPU or as torch finds it."""

    def __init__(self, model: str) -> None:
        self.model = model
        needed = ["transformers", "torch", *(["gguf", "accelerate"] if model == _PACKAGED else [])]
        missing = [name for name in needed if importlib.util.find_spec(name) is None]
        if missing:
            raise MissingExtraError(
                f"the language model {model!r} needs {' and '.join(missing)}; pip install "
                f"{' '.join(missing)}, or give the ADDRESS#MODEL of a server"
            )
        self._where: dict[str, Any] = {"pretrained_model_name_or_path": model}
        if model == _PACKAGED:
            file = find_smollm2().path
            self._where = {
                "pretrained_model_name_or_path": str(file.parent),
                "gguf_file": file.name,
            }
        version = importlib.metadata.version("transformers")
        self.name = f"transformers {version} {model}"
        self._loaded: tuple[Any, Any, Any] | None = None

    def log_likelihoods(self, continuations: Sequence[Continuation]) -> np.ndarray:
        _, tokenizer, model = self._load()
        most = min(_LONGEST, getattr(model.config, "max_position_embeddings", _LONGEST)) - 1
        encoded = [_encoded(tokenizer, before + text, most) for before, text in continuations]
        longest = max(len(tokens) for tokens, _ in encoded)
        # each token has a logit for every word of the vocabulary
        step = max(1, int(_MOST_LOGITS / (longest * model.config.vocab_size)))
        result: list[tuple[float, int, float]] = []
        for start in range(0, len(encoded), step):
            part = encoded[start : start + step]
            values = self._of_tokens([tokens for tokens, _ in part])
            pairs = zip(continuations[start : start + step], part, values, strict=True)
            for pair, (_, places), found in pairs:
                ends = (end for _, end in places[1:])
                known = zip(ends, found, strict=True)
                result.append(_summary(value for end, value in known if end > len(pair.before)))
        return np.array(result, dtype=np.float64)

    def _of_tokens(self, texts: list[list[int]]) -> list[list[float]]:
        """Return the log-probability of each token of each text but the first."""
        torch, _, model = self._load()
        ids = torch.zeros((len(texts), max(map(len, texts))), dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, tokens in enumerate(texts):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            mask[row, : len(tokens)] = 1
        ids = ids.to(model.device)
        with torch.inference_mode():
            logits = model(input_ids=ids, attention_mask=mask.to(model.device)).logits
            chosen = logits[:, :-1].gather(2, ids[:, 1:, None])[..., 0].float()
            chosen -= torch.logsumexp(logits[:, :-1].float(), dim=-1)
        return [row[: len(tokens) - 1] for row, tokens in zip(chosen.tolist(), texts, strict=True)]

    def _load(self) -> tuple[Any, Any, Any]:
        if self._loaded is None:
            torch = importlib.import_module("torch")
            library = importlib.import_module("transformers")
            library.utils.logging.disable_progress_bar()  # ours shows how far the reading is
            try:
                tokenizer = library.AutoTokenizer.from_pretrained(**self._where)
                model = library.AutoModelForCausalLM.from_pretrained(
                    **self._where, dtype=torch.float32
                )
            except (OSError, ValueError, ImportError) as error:
                reason = str(error).strip().splitlines()[0]
                raise EngineError(
                    f"transformers cannot load the language model {self.model!r}: {reason}"
                ) from None
            if not tokenizer.is_fast:
                raise EngineError(
                    f"the tokenizer of {self.model!r} does not say where tokens lie in a text; "
                    "take a model with a fast tokenizer (tokenizer.json)"
                )
            device = "cuda" if torch.cuda.is_available() else "cpu"
            self._loaded = torch, tokenizer, model.eval().to(device)
        return self._loaded


def _encoded(tokenizer: Any, text: str, most: int) -> tuple[list[int], list[tuple[int, int]]]:
    """Return tokens and where each lies in the text, after one that begins every text."""
    found = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    ids, places = found["input_ids"][-most:], found["offset_mapping"][-most:]
    begin = tokenizer.bos_token_id
    if begin is None:
        begin = tokenizer.eos_token_id
    if begin is None:
        return list(ids), list(places)
    return [begin, *ids], [(0, 0), *places]
