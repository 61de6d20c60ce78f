"""What every engine takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from banzuke.evaluation.prompts import Prompt


@dataclass(frozen=True, kw_only=True)
class Request:
    """One prompt and how to answer it.

    Parameters
    ----------
    prompt : str or tuple of messages
        Text goes to the completions endpoint, messages to the chat endpoint.
    max_tokens : int
        Most tokens to generate.
    temperature : float, default 0
    seed : int, default 0
    stop : tuple of str, default ()
    logprobs : bool, default False
        Ask for the log-probabilities of the answer's tokens.
    """

    prompt: Prompt
    max_tokens: int
    temperature: float = 0.0
    seed: int = 0
    stop: tuple[str, ...] = ()
    logprobs: bool = False


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What an engine answered.

    Parameters
    ----------
    text : str
    thinking : str or None
        Where the server splits a reasoning model's thinking off.
    finish_reason : str or None
        ``"stop"``, ``"length"`` (cut off at `max_tokens`), or what else the server says.
    prompt_tokens, completion_tokens : int or None
        As counted by the server; None where it does not.
    latency_seconds : float
        From sending to the whole answer, the last attempt only.
    logprobs : tuple of float, optional
        Natural log-probability of each token of the answer; None where not asked for or
        not offered.
    """

    text: str
    thinking: str | None
    finish_reason: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    latency_seconds: float
    logprobs: tuple[float, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class EngineInfo:
    """What identifies an engine and its model; part of a run's identity.

    Parameters
    ----------
    name : str
        Such as ``"llama-cpp"``.
    version : str or None
    model : str
        Name under which results are stored.
    model_digest : str or None
        sha256 of the weights, where they are a file.
    context_tokens : int or None
        Prompt and answer together must fit in.
    endpoint : str or None
        Address of the server, without credentials; None for one that banzuke starts.
    metadata : mapping
        What is known of the model, in the columns of `standardise_models`.
    """

    name: str
    version: str | None
    model: str
    model_digest: str | None = None
    context_tokens: int | None = None
    endpoint: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


class Engine(Protocol):
    """An asynchronous context manager that answers requests, many at a time."""

    async def __aenter__(self) -> Engine:
        """Open connections."""

    async def __aexit__(self, *reason: object) -> None:
        """Close connections."""

    async def describe(self) -> EngineInfo:
        """Ask who answers; raises EngineError where nobody does."""

    async def answer(self, request: Request) -> Answer:
        """Answer one request; raises EngineError where that is not possible."""
