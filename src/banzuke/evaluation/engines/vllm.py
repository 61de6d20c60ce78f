"""vLLM's OpenAI-compatible server, started from a Python that has vLLM, and stopped afterwards."""

from __future__ import annotations

import hashlib
import shlex
import shutil
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson

from banzuke import progress
from banzuke.evaluation.engines._base import EngineInfo
from banzuke.evaluation.engines._supervised import supervised
from banzuke.evaluation.engines.openai_compatible import ClientSettings, OpenAICompatible
from banzuke.exceptions import InvalidInputError

_MODULE = "vllm.entrypoints.openai.api_server"
_ALIAS = "model"
_WHOLE_BYTES = 2**26
_END_BYTES = 2**20
# banzuke's own; a user who wants another value uses another variable of the environment
_ENVIRONMENT = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
_TAKEN = ("--model", "--port", "--host", "--served-model-name", "--max-model-len")


@dataclass(frozen=True, kw_only=True)
class VllmSettings:
    """How vLLM's server is started.

    Parameters
    ----------
    python : str, default "python"
        A Python that has vLLM; banzuke need not be there.
    arguments : sequence of str, default ()
        More arguments of the server, such as ``("--dtype", "bfloat16")``. Part of a run's
        identity.
    context_tokens : int, optional
        Prompt and answer together; the model's own length otherwise.
    revision : str, optional
        Of a model that is named as on a hub.
    start_seconds : float, default 1800
        Longest wait until it answers; large models load for minutes.
    """

    python: str = "python"
    arguments: Sequence[str] = ()
    context_tokens: int | None = None
    revision: str | None = None
    start_seconds: float = 1800.0

    def __post_init__(self) -> None:
        names = [word.split("=")[0].replace("_", "-") for word in self.arguments]
        taken = [name for name in names if name in _TAKEN]
        if taken:
            raise InvalidInputError(
                f"banzuke sets {taken[0]} of vLLM's server itself; leave it out of its arguments"
            )


@contextmanager
def serve(
    model: str,
    *,
    settings: VllmSettings | None = None,
    client: ClientSettings | None = None,
) -> Iterator[OpenAICompatible]:
    """Run vLLM's server on a free port of 127.0.0.1 while the block runs; it loads once.

    Parameters
    ----------
    model : str
        A folder in Hugging Face's layout, or a name on a hub.
    settings : VllmSettings, optional
    client : ClientSettings, optional

    Yields
    ------
    OpenAICompatible
        A client of the server.

    Raises
    ------
    NotFoundError
        Where there is no such Python.
    EngineError
        Where the server dies or does not start; the message ends with its last lines.

    Notes
    -----
    The server stops with the block, and by itself when this process dies in any way.
    """
    chosen = settings or VllmSettings()
    known = _known(model, chosen)
    port = _free_port()
    with supervised("vLLM's server", _command(model, port, chosen), _environment(model)) as server:
        root = f"http://127.0.0.1:{port}"
        server.wait_until(lambda: _healthy(root), chosen.start_seconds)
        yield OpenAICompatible(
            root,
            _ALIAS,
            settings=client or ClientSettings(),
            info=_info(root, model, chosen, known),
            check_alive=server.check_alive,
        )


def _command(model: str, port: int, settings: VllmSettings) -> list[str]:
    # found here: the watcher starts it without a shell
    python = shutil.which(settings.python) or settings.python
    command = [python, "-m", _MODULE, "--model", model, "--served-model-name", _ALIAS]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    if settings.context_tokens is not None:
        command += ["--max-model-len", str(settings.context_tokens)]
    if settings.revision is not None:
        command += ["--revision", settings.revision]
    return [*command, *settings.arguments]


def _environment(model: str) -> Mapping[str, str]:
    return {**_ENVIRONMENT, **({"HF_HUB_OFFLINE": "1"} if Path(model).is_dir() else {})}


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def _healthy(root: str) -> bool | None:
    try:
        answer = httpx.get(f"{root}/health", timeout=5, trust_env=False)
    except httpx.TransportError:
        return None
    return True if answer.status_code == 200 else None


def _json(url: str) -> dict[str, Any]:
    try:
        found = httpx.get(url, timeout=30, trust_env=False).json()
    except (httpx.TransportError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _info(root: str, model: str, settings: VllmSettings, known: Mapping[str, Any]) -> EngineInfo:
    version = str(_json(f"{root}/version").get("version") or "of unknown version")
    listed = _json(f"{root}/v1/models").get("data") or [{}]
    arguments = shlex.join(settings.arguments)
    return EngineInfo(
        name="vllm",
        version=f"{version} ({arguments})" if arguments else version,
        model=str(known["name"]),
        model_digest=known["digest"],
        context_tokens=listed[0].get("max_model_len") or settings.context_tokens,
        metadata={"revision": settings.revision, **known["metadata"]},
    )


def _known(model: str, settings: VllmSettings) -> dict[str, Any]:
    """Return what is known of a model before it is loaded."""
    folder = Path(model).expanduser()
    if not folder.is_dir():
        if folder.is_absolute() or folder.exists():
            raise InvalidInputError(
                f"{model} is no folder; vLLM takes a folder in Hugging Face's layout or a hub name"
            )
        return {"name": model, "digest": None, "metadata": {}}
    if not (folder / "config.json").is_file():
        raise InvalidInputError(f"{folder} holds no config.json, so it is no model of vLLM's")
    return {
        "name": folder.resolve().name,
        "digest": fingerprint(folder),
        "metadata": _metadata(folder / "config.json"),
    }


def _metadata(path: Path) -> dict[str, Any]:
    try:
        config = orjson.loads(path.read_bytes())
        architectures = config.get("architectures") or [None]
        dtype = config.get("torch_dtype") or config.get("dtype")
    except (ValueError, AttributeError) as error:
        raise InvalidInputError(f"{path} is no model configuration: {error}") from error
    found = {"architecture": architectures[0], "precision": dtype}
    return {key: value for key, value in found.items() if value}


def fingerprint(folder: Path) -> str:
    """Return a sha256 over the files of a model's folder.

    Names, sizes and contents; of files over 64 MB the first and last MB stand for the
    content, as the hundreds of gigabytes of a large model would be read for minutes.
    """
    whole = hashlib.sha256()
    files = sorted(path for path in folder.iterdir() if path.is_file())
    for path in progress.track(files, "checking the model"):
        size = path.stat().st_size
        whole.update(f"{path.name}\0{size}\0".encode())
        with path.open("rb") as file:
            if size <= _WHOLE_BYTES:
                whole.update(file.read())
            else:
                whole.update(file.read(_END_BYTES))
                file.seek(-_END_BYTES, 2)
                whole.update(file.read())
    return whole.hexdigest()
