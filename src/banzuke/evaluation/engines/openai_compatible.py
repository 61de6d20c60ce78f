"""Any server with an OpenAI-compatible API: vLLM, llama.cpp, SGLang, a hosted service."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from banzuke.evaluation.engines._base import Answer, EngineInfo, Request
from banzuke.evaluation.engines._replies import as_dict, one_line, read_answer, read_json, whole
from banzuke.evaluation.engines._retry import AttemptError, Retry
from banzuke.evaluation.engines._transport import SLOT, SlotTransport
from banzuke.exceptions import EngineError, InvalidInputError, PromptTooLongError

API_KEY_VARIABLE = "BANZUKE_API_KEY"
"""Environment variable that holds the API key; the key is never stored, logged or shown."""

_LOCAL = ("127.0.0.1", "localhost", "::1")
_CONTEXT_MARGIN = 64  # room for what a chat template adds


@dataclass(frozen=True, kw_only=True)
class ClientSettings:
    """How to talk to a server.

    Parameters
    ----------
    concurrency : int, default 8
        Most requests at a time.
    timeout_seconds : float, default 600
        Longest wait for one answer.
    retry : Retry
        How often and how long to wait after 429, 5xx, a time-out or a lost connection.
    """

    concurrency: int = 8
    timeout_seconds: float = 600.0
    retry: Retry = field(default_factory=Retry)


class OpenAICompatible:
    """Client of a server with an OpenAI-compatible API.

    Parameters
    ----------
    base_url : str
        With or without ``/v1``, such as ``http://127.0.0.1:8000/v1``.
    model : str
        Name of the model on the server.
    settings : ClientSettings, optional
    info : EngineInfo, optional
        What is known of engine and model beforehand (of a server that banzuke started).
    check_alive : callable, optional
        Called before each retry; raises EngineError where the server is known to be dead.

    Notes
    -----
    The key is read from ``BANZUKE_API_KEY`` when the client opens, and cut out of any
    server message that repeats it. `answer` may be called from many tasks at once.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        settings: ClientSettings | None = None,
        info: EngineInfo | None = None,
        check_alive: Callable[[], None] = lambda: None,
    ) -> None:
        self.base_url = _base_url(base_url)
        self.endpoint = _public(self.base_url)
        self._root = self.base_url.removesuffix("/v1")
        self.model = model
        self.settings = settings or ClientSettings()
        self._info = info
        self._check_alive = check_alive
        self._context: int | None = info.context_tokens if info else None
        self._random = random.Random(0)  # noqa: S311 - jitter of waiting times

    async def __aenter__(self) -> OpenAICompatible:
        self._key = self._api_key()
        try:
            self._client = self._make_client()
        except UnicodeEncodeError:
            raise EngineError(f"{API_KEY_VARIABLE} holds a key with non-ASCII letters") from None
        self._slots: asyncio.LifoQueue[int] = asyncio.LifoQueue()
        for slot in range(self.settings.concurrency):
            self._slots.put_nowait(slot)
        return self

    def _api_key(self) -> str:
        return os.environ.get(API_KEY_VARIABLE, "").strip()

    def _make_client(self) -> httpx.AsyncClient:
        # a transport of our own would bypass the proxies of the environment: local servers only
        is_local = urlsplit(self.base_url).hostname in _LOCAL
        return httpx.AsyncClient(
            headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
            timeout=httpx.Timeout(self.settings.timeout_seconds, connect=10, pool=None),
            limits=httpx.Limits(max_connections=self.settings.concurrency),
            trust_env=not is_local,
            transport=SlotTransport(self.settings.concurrency) if is_local else None,
        )

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def describe(self) -> EngineInfo:
        """Ask the server for its models and version.

        Raises
        ------
        EngineError
            Where nothing answers at the address, the key is refused, or the server lists
            its models and `model` is not among them.
        """
        listed = await self._get(f"{self.base_url}/models")
        models = listed.get("data") if isinstance(listed, dict) else None
        entry: dict[str, Any] = {}
        if isinstance(models, list) and models:
            by_name = {str(m.get("id")): m for m in models if isinstance(m, dict)}
            if self.model not in by_name:
                there = ", ".join(f"'{one_line(name)[:100]}'" for name in list(by_name)[:5])
                raise EngineError(
                    f"{self.endpoint} has no model '{self.model}'; it serves {there}; use --model"
                )
            entry = by_name[self.model]
        meta = as_dict(entry.get("meta"))
        told = whole(entry.get("max_model_len")) or whole(meta.get("n_ctx"))
        self._context = self._context or told or None
        if self._info is not None:
            return self._info
        if self._context is None:
            self._context = await self._llama_cpp_context()
        version = await self._get(f"{self._root}/version")
        found = as_dict(version).get("version")
        size = whole(meta.get("n_params"))
        return EngineInfo(
            name="openai-compatible",
            version=one_line(str(found))[:100] if found else None,
            model=self.model,
            context_tokens=self._context,
            endpoint=self.endpoint,
            metadata={} if size is None else {"params_b": size / 1e9},
        )

    async def _llama_cpp_context(self) -> int | None:
        """Return the context of one slot, which llama.cpp's server tells at ``/props``."""
        props = as_dict(await self._get(f"{self._root}/props"))
        return whole(as_dict(props.get("default_generation_settings")).get("n_ctx")) or None

    async def answer(self, request: Request) -> Answer:
        """Send one request, with retries.

        Raises
        ------
        EngineError
            Where the server is gone, refuses the request for good, or answers something
            that is not of the API.
        """
        slot = await self._slots.get()
        try:
            return await self._answered(request, slot)
        finally:
            self._slots.put_nowait(slot)

    async def _answered(self, request: Request, slot: int) -> Answer:
        path, body = _body(self.model, request)
        body["max_tokens"] = await self._clamped(request)
        attempt = 0
        while True:
            started = time.perf_counter()
            try:
                reply = await self._post(path, body, slot)
                return read_answer(reply, time.perf_counter() - started)
            except AttemptError as refused:
                attempt += 1
                wait = self._wait(attempt, refused)
            self._check_alive()
            await asyncio.sleep(wait)

    def _wait(self, attempt: int, refused: AttemptError) -> float:
        retry = self.settings.retry
        if attempt >= retry.attempts:
            self._check_alive()
            raise EngineError(
                f"{self.endpoint} did not answer after {attempt} attempts: {refused.reason}; "
                "is the server still running?"
            ) from refused
        return retry.seconds(attempt, refused.retry_after, self._random.random())

    async def _post(self, path: str, body: Mapping[str, Any], slot: int) -> Any:
        try:
            response = await self._client.post(
                f"{self.base_url}{path}", json=body, extensions={SLOT: slot}
            )
        except httpx.TimeoutException as error:
            raise AttemptError(f"no answer in {self.settings.timeout_seconds:g} s") from error
        except httpx.RequestError as error:  # also a body that cannot be decoded
            raise AttemptError(f"connection failed ({type(error).__name__})") from error
        status = response.status_code
        if status == 429 or status >= 500:
            raise AttemptError(
                f"HTTP {status}: {self._message(response)}", response.headers.get("retry-after")
            )
        if status in (401, 403):
            raise EngineError(
                f"{self.endpoint} refused access (HTTP {status}); "
                f"set {API_KEY_VARIABLE} to a key that it accepts"
            )
        if status == 400 and _is_about_length(self._message(response)):
            raise PromptTooLongError(f"{self.endpoint} refused it: {self._message(response)}")
        if status != 200:
            raise EngineError(f"{self.endpoint} answered HTTP {status}: {self._message(response)}")
        try:
            return read_json(response)
        except ValueError as error:
            raise AttemptError("the answer is not JSON") from error

    async def _get(self, url: str) -> Any:
        """Return the JSON at an optional address, None where it is not offered."""
        try:
            response = await self._client.get(url)
        except httpx.DecodingError:
            return None
        except httpx.RequestError as error:
            self._check_alive()
            raise EngineError(
                f"no server answers at {self.endpoint} ({type(error).__name__}); "
                "start one, or correct --base-url"
            ) from error
        if response.status_code in (401, 403):
            raise EngineError(
                f"{self.endpoint} refused access (HTTP {response.status_code}); "
                f"set {API_KEY_VARIABLE} to a key that it accepts"
            )
        try:
            return read_json(response) if response.status_code == 200 else None
        except ValueError:
            return None

    async def _clamped(self, request: Request) -> int:
        """Return max_tokens, lowered to what the context leaves after the prompt."""
        if self._context is None:
            return request.max_tokens
        text = request.prompt
        plain = text if isinstance(text, str) else "\n".join(m["content"] for m in text)
        length = len(plain.encode())  # no tokenizer in use makes more tokens than bytes
        if length + _CONTEXT_MARGIN + request.max_tokens > self._context:
            length = await self._count_tokens(plain)
        if length >= self._context:
            raise PromptTooLongError(
                f"the prompt has {length} tokens, and the context of {self.model} {self._context}"
            )
        left = self._context - length - _CONTEXT_MARGIN
        return max(1, min(request.max_tokens, left))

    async def _count_tokens(self, text: str) -> int:
        """Count with the server's tokenizer; 0 (no clamp) where it offers none."""
        body = {"model": self.model, "prompt": text, "content": text}
        try:
            reply = read_json(await self._client.post(f"{self._root}/tokenize", json=body))
        except (httpx.RequestError, ValueError):
            return 0
        tokens = as_dict(reply).get("tokens")
        return len(tokens) if isinstance(tokens, list) else 0

    def _message(self, response: httpx.Response) -> str:
        try:
            content = read_json(response)
            error = content.get("error", content)
            text = str(error.get("message", error) if isinstance(error, dict) else error)
        except (ValueError, AttributeError):
            text = response.text
        return one_line(text.replace(self._key, "***") if self._key else text)[:300]


def _is_about_length(message: str) -> bool:
    """Return whether a refusal says that the prompt does not fit into the context."""
    text = message.lower()
    return "context" in text and any(word in text for word in ("length", "exceed", "longer"))


def _base_url(given: str) -> str:
    try:
        parts = urlsplit(given)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        httpx.URL(given)
    except (ValueError, httpx.InvalidURL):  # of a port, an IPv6 address or a letter
        known = False
    if not known:
        raise InvalidInputError(
            f"{given[:100]!r} is not the address of a server; "
            "give one such as http://127.0.0.1:8000/v1"
        )
    path = parts.path.rstrip("/")
    path = path if path.endswith("/v1") else f"{path}/v1"
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def _public(url: str) -> str:
    """Return an address without user name and password."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rsplit("@", 1)[-1], parts.path, "", ""))


def _body(model: str, request: Request) -> tuple[str, dict[str, Any]]:
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
    }
    if request.stop:
        body["stop"] = list(request.stop)
    if isinstance(request.prompt, str):
        if request.logprobs:
            body["logprobs"] = 1
        return "/completions", {**body, "prompt": request.prompt}
    if request.logprobs:
        body["logprobs"] = True
    return "/chat/completions", {**body, "messages": [dict(m) for m in request.prompt]}
