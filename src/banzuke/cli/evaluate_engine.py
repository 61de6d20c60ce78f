"""Which engine ``banzuke evaluate`` starts or talks to."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from banzuke.exceptions import InvalidInputError

ENGINES = ("openai-compatible", "llama-cpp", "vllm")
_CONTEXT_TOKENS = 4096


@dataclass(frozen=True, kw_only=True)
class EngineChoice:
    """What the user said about the engine; None is nothing."""

    engine: str | None
    base_url: str | None
    model: str | None
    threads: int | None
    context_tokens: int | None
    cache_prompt: bool
    vllm_python: str | None
    vllm_args: str | None

    @property
    def name(self) -> str:
        """The engine that is meant."""
        return self.engine or ("openai-compatible" if self.base_url else "llama-cpp")


@contextmanager
def opened(choice: EngineChoice, client: Any) -> Iterator[Any]:
    """Start the engine, or name the running one, while the block runs."""
    _check(choice)
    opener = {"llama-cpp": _llama_cpp, "vllm": _vllm, "openai-compatible": _running}[choice.name]
    with opener(choice, client) as engine:
        yield engine


def _check(choice: EngineChoice) -> None:
    if choice.name not in ENGINES:
        raise InvalidInputError(f"there is no engine '{choice.name}'; use {', '.join(ENGINES)}")
    if choice.base_url and choice.name != "openai-compatible":
        raise InvalidInputError(
            f"--engine {choice.name} starts its own server; leave --base-url out, or --engine"
        )
    for option, given, engines in (
        ("--vllm-python", choice.vllm_python, ("vllm",)),
        ("--vllm-args", choice.vllm_args, ("vllm",)),
        ("--cache-prompt", choice.cache_prompt, ("llama-cpp",)),
        ("--threads", choice.threads, ("llama-cpp",)),
        ("--context-tokens", choice.context_tokens, ("llama-cpp", "vllm")),
    ):
        if given and choice.name not in engines:
            raise InvalidInputError(
                f"{option} is for --engine {' or '.join(engines)}, not for {choice.name}"
            )


@contextmanager
def _llama_cpp(choice: EngineChoice, client: Any) -> Iterator[Any]:
    from banzuke.evaluation.engines import llama_cpp

    server = llama_cpp.ServerSettings(
        n_slots=client.concurrency,
        n_threads=choice.threads or llama_cpp.default_threads(),
        slot_tokens=choice.context_tokens or _CONTEXT_TOKENS,
        cache_prompt=choice.cache_prompt,
    )
    model = llama_cpp.find_model(choice.model or "smollm2")
    with llama_cpp.serve(model, server=server, client=client) as engine:
        yield engine


@contextmanager
def _vllm(choice: EngineChoice, client: Any) -> Iterator[Any]:
    from banzuke.evaluation.engines import vllm

    if not choice.model:
        raise InvalidInputError("--engine vllm needs --model with a folder or a name on a hub")
    try:
        arguments = tuple(shlex.split(choice.vllm_args or ""))
    except ValueError as error:
        raise InvalidInputError(f"--vllm-args cannot be read: {error}") from error
    settings = vllm.VllmSettings(
        python=choice.vllm_python or "python",
        arguments=arguments,
        context_tokens=choice.context_tokens,
    )
    with vllm.serve(choice.model, settings=settings, client=client) as engine:
        yield engine


@contextmanager
def _running(choice: EngineChoice, client: Any) -> Iterator[Any]:
    from banzuke.evaluation.engines import OpenAICompatible

    if not choice.base_url or not choice.model:
        raise InvalidInputError("a running server needs --base-url URL and --model NAME")
    yield OpenAICompatible(choice.base_url, choice.model, settings=client)
