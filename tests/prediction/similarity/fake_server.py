"""A server of tests, with the routes of OpenAI's API."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FakeServer:
    """A server that answers each question with ``answer``, after the ``failures``."""

    def __init__(self) -> None:
        self.answer: Callable[[dict[str, Any]], Any] = lambda _: {}
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.failures: list[int] = []
        self.most_letters = 10**9
        self.too_long: tuple[int, Any] = (400, {"error": {"message": "maximum context length"}})
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.keys.append(self.headers.get("Authorization"))
                if outer.failures:
                    self.send_response(outer.failures.pop(0))
                    self.end_headers()
                    return
                status, answer = outer.too_long
                texts = body.get("input", body.get("prompt", []))
                if all(len(text) <= outer.most_letters for text in texts):
                    outer.bodies.append(body)
                    status, answer = 200, outer.answer(body)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.model = f"http://127.0.0.1:{self.server.server_address[1]}/v1#some-model"

    def asked(self, field: str) -> list[str]:
        """Return the texts of all questions, in order."""
        return [text for body in self.bodies for text in body[field]]
