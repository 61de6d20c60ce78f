"""What answers for a submission: the operator's engine, or a server that the submitter names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import httpx

from banzuke.evaluation.engines import OpenAICompatible
from banzuke.evaluation.engines.openai_compatible import ClientSettings
from banzuke.exceptions import EngineError, NotFoundError
from banzuke.leaderboard.service.addresses import AddressPolicy, PinnedTransport
from banzuke.leaderboard.service.schemas import SubmissionRequest
from banzuke.leaderboard.service.settings import ServiceSettings

MAX_ANSWER_BYTES = 8 * 1024 * 1024
_BUILT_IN = "smollm2"
_VLLM_TYPES = ("bfloat16", "float16", "float32")


@contextmanager
def engine_for(request: SubmissionRequest, settings: ServiceSettings) -> Iterator[OpenAICompatible]:
    """Provide what answers for a submission while the block runs.

    Raises
    ------
    EngineError
        Where the board has no engine for it.
    """
    client = ClientSettings(
        concurrency=settings.request_concurrency,
        timeout_seconds=settings.request_timeout_seconds,
    )
    if request.endpoint is not None:
        policy = AddressPolicy.parse(settings.allowed_private_hosts)
        yield SubmittedServer(request.endpoint, request.model, policy=policy, settings=client)
    elif settings.engine == "openai-compatible" and settings.engine_url is not None:
        yield OpenAICompatible(settings.engine_url, request.model, settings=client)
    elif settings.engine == "llama-cpp":
        with _llama_cpp(request, settings, client) as engine:
            yield engine
    elif settings.engine == "vllm":
        with _vllm(request, settings, client) as engine:
            yield engine
    else:
        raise EngineError(
            f"this board has no engine for models without an endpoint (engine: {settings.engine}); "
            "the operator sets BANZUKE_ENGINE"
        )


@contextmanager
def _llama_cpp(
    request: SubmissionRequest, settings: ServiceSettings, client: ClientSettings
) -> Iterator[OpenAICompatible]:
    from banzuke.evaluation.engines import llama_cpp

    server = llama_cpp.ServerSettings(n_slots=client.concurrency, n_threads=settings.engine_threads)
    found = llama_cpp.find_model(_model_file(request.model, settings))
    with llama_cpp.serve(found, server=server, client=client) as engine:
        yield engine


@contextmanager
def _vllm(
    request: SubmissionRequest, settings: ServiceSettings, client: ClientSettings
) -> Iterator[OpenAICompatible]:
    from banzuke.evaluation.engines import vllm

    types = (f"--dtype={request.precision}",) if request.precision in _VLLM_TYPES else ()
    server = vllm.VllmSettings(
        python=settings.vllm_python,
        arguments=(*types, *settings.vllm_arguments),
        revision=request.revision,
    )
    with vllm.serve(request.model, settings=server, client=client) as engine:
        yield engine


def _model_file(model: str, settings: ServiceSettings) -> str:
    """Name the file of a model: only what the operator put into the folder, never a path."""
    name = model.rsplit("/", 1)[-1]
    folder = settings.model_directory
    if folder is not None:
        path = folder / f"{name}.gguf"
        if path.is_file() and path.resolve().parent == folder.resolve():
            return str(path)
    if name == _BUILT_IN:
        return _BUILT_IN
    raise NotFoundError(
        f"the operator has no file {name}.gguf; models here run from files that the operator "
        "put into BANZUKE_MODEL_DIRECTORY"
    )


class SubmittedServer(OpenAICompatible):
    """Client of a server that a stranger named.

    It never sends the operator's key, connects to addresses that the policy allows only,
    follows no redirect, and reads no answer longer than `MAX_ANSWER_BYTES`.

    Parameters
    ----------
    base_url, model : str
    policy : AddressPolicy
    settings : ClientSettings
    """

    def __init__(
        self, base_url: str, model: str, *, policy: AddressPolicy, settings: ClientSettings
    ) -> None:
        super().__init__(base_url, model, settings=settings)
        self._policy = policy

    def _api_key(self) -> str:
        return ""

    def _make_client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            # packed answers could unpack to any size
            headers={"Accept-Encoding": "identity"},
            timeout=httpx.Timeout(self.settings.timeout_seconds, connect=10, pool=None),
            transport=_LimitedTransport(PinnedTransport(self._policy)),
            follow_redirects=False,
            trust_env=False,
        )


class _LimitedTransport(httpx.AsyncBaseTransport):
    """Breaks off answers that are too long or packed."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            await response.aclose()
            raise EngineError(
                "the endpoint packs its answers although it was asked not to; switch that off"
            )
        response.stream = _LimitedStream(response.stream)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _LimitedStream(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.SyncByteStream | httpx.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        if isinstance(self._inner, httpx.AsyncByteStream):
            async for part in self._inner:
                read += len(part)
                if read > MAX_ANSWER_BYTES:
                    raise EngineError(
                        f"the endpoint sent more than {MAX_ANSWER_BYTES // 2**20} MiB at once"
                    )
                yield part

    async def aclose(self) -> None:
        if isinstance(self._inner, httpx.AsyncByteStream):
            await self._inner.aclose()
