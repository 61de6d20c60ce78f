"""A small OpenAI-compatible server for tests: deterministic answers, faults on demand."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Responder = Callable[[str], str]
"""From the prompt (chat messages joined by line ends) to the text of the answer."""


def echo_length(prompt: str) -> str:
    """Answer with the number of characters of the prompt: deterministic, and never useful."""
    return str(len(prompt))


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What to do instead of answering.

    Parameters
    ----------
    status : int, optional
        Answer with this HTTP status.
    retry_after : str, optional
        Retry-After header of that answer.
    message : str
        Error message of that answer.
    close : bool, default False
        Close the connection without an answer.
    """

    status: int | None = None
    retry_after: str | None = None
    message: str = "a fault, as asked for"
    close: bool = False


class Server:
    """An OpenAI-compatible server on a free port of 127.0.0.1, in threads of this process.

    Parameters
    ----------
    respond : callable, default `echo_length`
        Makes the answer; must be deterministic.
    model : str, default "test-model"
    delay_seconds : float, default 0
        Wait before each answer.
    context_tokens : int, optional
        Listed as ``max_model_len``; ``/tokenize`` counts characters.
    slot_tokens : int, optional
        Told at ``/props``, as llama.cpp's server does.
    message_fields : mapping, optional
        More fields of a chat message, such as ``reasoning_content``.

    Attributes
    ----------
    received : list of dict
        Bodies of all completion requests, in order of arrival.
    answered : Counter
        How often each prompt was answered with status 200.
    authorizations : list of str or None
        Authorization header of each completion request.
    busiest : int
        Most requests that were in work at a time.

    Examples
    --------
    >>> import httpx
    >>> with Server(lambda prompt: prompt.upper()) as server:
    ...     reply = httpx.post(f"{server.url}/completions", json={"prompt": "abc"})
    >>> reply.json()["choices"][0]["text"]
    'ABC'
    """

    def __init__(
        self,
        respond: Responder = echo_length,
        *,
        model: str = "test-model",
        delay_seconds: float = 0.0,
        context_tokens: int | None = None,
        slot_tokens: int | None = None,
        message_fields: Mapping[str, Any] | None = None,
    ) -> None:
        self.respond = respond
        self.model = model
        self.delay_seconds = delay_seconds
        self.context_tokens = context_tokens
        self.slot_tokens = slot_tokens
        self.message_fields = dict(message_fields or {})
        self.received: list[dict[str, Any]] = []
        self.answered: Counter[str] = Counter()
        self.authorizations: list[str | None] = []
        self.busiest = 0
        self._busy = 0
        self._faults: list[Fault] = []
        self._die_after: int | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Server:
        self._http = _Http(("127.0.0.1", 0), type("Handler", (_Handler,), {"owner": self}))
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *reason: object) -> None:
        self._http.shutdown()
        self._http.close_all()

    @property
    def url(self) -> str:
        """Base URL, ending in ``/v1``."""
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def fail(self, fault: Fault, times: int = 1) -> None:
        """Meet the next requests with a fault."""
        with self._lock:
            self._faults += [fault] * times

    def die_after(self, answers: int) -> None:
        """Go away for good after that many more answers: no connection is accepted then."""
        self._die_after = self.answered.total() + answers

    # ---- called by the handler

    def take(self, body: dict[str, Any], authorization: str | None) -> Fault | None:
        """Note a request, and return what should go wrong with it."""
        with self._lock:
            self.received.append(body)
            self.authorizations.append(authorization)
            self._busy += 1
            self.busiest = max(self.busiest, self._busy)
            if self._faults:
                return self._faults.pop(0)
            if self._die_after is not None and self.answered.total() >= self._die_after:
                self._http.close_all()
                return Fault(close=True)
        return None

    def done(self) -> None:
        """Note that a request is no longer in work."""
        with self._lock:
            self._busy -= 1

    def reply(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Make the answer to a completions or chat request."""
        time.sleep(self.delay_seconds)
        prompt = _prompt(body)
        text = self.respond(prompt)
        most = int(body.get("max_tokens") or 1_000_000)
        choice: dict[str, Any] = {
            "index": 0,
            "finish_reason": "length" if len(text) > most else "stop",
        }
        if "messages" in body:
            choice["message"] = {
                "role": "assistant",
                "content": text[:most],
                **self.message_fields,
            }
        else:
            choice["text"] = text[:most]
        if body.get("logprobs"):
            choice["logprobs"] = _logprobs(choice)
        with self._lock:
            self.answered[prompt] += 1
        usage = {"prompt_tokens": len(prompt), "completion_tokens": min(len(text), most)}
        return {"model": self.model, "choices": [choice], "usage": usage}


def _prompt(body: Mapping[str, Any]) -> str:
    messages = body.get("messages")
    if messages is None:
        return str(body.get("prompt", ""))
    return "\n".join(str(message["content"]) for message in messages)


def _logprobs(choice: Mapping[str, Any]) -> dict[str, Any]:
    """Return the log-probabilities 0, -1, -2, ... of the letters, in the layout of the endpoint."""
    if "message" not in choice:
        letters = list(choice["text"])
        return {"tokens": letters, "token_logprobs": [-float(i) for i in range(len(letters))]}
    letters = list(choice["message"]["content"])
    return {"content": [{"token": t, "logprob": -float(i)} for i, t in enumerate(letters)]}


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *arguments: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: closed connections are what the tests ask for."""

    def close_all(self) -> None:
        """Refuse new connections and cut the open ones."""
        self.server_close()
        for connection in list(self._open):
            connection.close()


class _Handler(BaseHTTPRequestHandler):
    """Answers for the `Server` named by the subclass that it makes."""

    owner: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self.path.endswith("/models"):
            entry = {"id": self.owner.model, "max_model_len": self.owner.context_tokens}
            self._send(200, {"object": "list", "data": [entry]})
        elif self.path == "/props" and self.owner.slot_tokens:
            self._send(200, {"default_generation_settings": {"n_ctx": self.owner.slot_tokens}})
        elif self.path == "/version":
            self._send(200, {"version": "1.0-test"})
        else:
            self._send(404, {"error": {"message": "no such page"}})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/tokenize":
            self._send(200, {"tokens": list(range(len(body["prompt"])))})
            return
        fault = self.owner.take(body, self.headers.get("Authorization"))
        try:
            if fault is None:
                self._send(200, self.owner.reply(body))
            elif fault.close:
                self.close_connection = True
            else:
                self._send(fault.status or 500, {"error": {"message": fault.message}}, fault)
        finally:
            self.owner.done()

    def _send(self, status: int, content: Any, fault: Fault | None = None) -> None:
        encoded = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(encoded)))
        if fault and fault.retry_after:
            self.send_header("Retry-After", fault.retry_after)
        self.end_headers()
        self.wfile.write(encoded)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""
