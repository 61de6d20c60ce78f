"""Questions to a server with the routes of OpenAI's API."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from banzuke.exceptions import EngineError, InvalidInputError

__all__ = ["Server"]

_LOCAL = {"localhost", "127.0.0.1", "::1"}
_WAITS = (0.5, 2.0, 8.0)  # seconds before the second, third and last attempt
_PASSING = {408, 409, 425, 429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Server:
    """A model on a server.

    Parameters
    ----------
    address : str
        Up to and with ``/v1``.
    model : str
        Name on the server.
    what : str
        What the server is for, in messages: "embeddings server".
    key_variable : str
        Environment variable that holds its key, if it wants one.
    """

    address: str
    model: str
    what: str
    key_variable: str

    @classmethod
    def named(cls, text: str, what: str, key_variable: str) -> Server:
        """Read ``ADDRESS#MODEL``.

        Raises
        ------
        InvalidInputError
            Where there is no model.
        """
        address, _, name = text.partition("#")
        server = cls(address.rstrip("/"), name, what, key_variable)
        if not name:
            raise InvalidInputError(
                f"{server.public} names no model; write ADDRESS#MODEL, such as "
                "http://127.0.0.1:8000/v1#NAME"
            )
        return server

    @property
    def public(self) -> str:
        """The address without user name and password."""
        parts = urlsplit(self.address)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
        return urlunsplit((parts.scheme, host + port, parts.path, "", ""))

    def post(self, route: str, body: dict[str, Any]) -> httpx.Response:
        """Return the answer to a question, asked again where the trouble may pass.

        Raises
        ------
        EngineError
            Where the server does not answer, or with an error.
        """
        key = os.environ.get(self.key_variable, "").strip()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        # no proxy to ourselves; no redirect, which would carry the texts somewhere else
        direct = urlsplit(self.address).hostname in _LOCAL
        try:
            with httpx.Client(headers=headers, timeout=300, trust_env=not direct) as client:
                return self._ask(client, route, {"model": self.model, **body})
        except UnicodeEncodeError:
            raise EngineError(f"{self.key_variable} holds a key with non-ASCII letters") from None

    def _ask(self, client: httpx.Client, route: str, body: dict[str, Any]) -> httpx.Response:
        reason = ""
        for wait in (0.0, *_WAITS):
            time.sleep(wait)
            try:
                answer = client.post(self.address + route, json=body)
            except httpx.HTTPError as error:
                reason = f"does not answer ({type(error).__name__})"
                continue
            if answer.status_code == 200:
                return answer
            reason = f"answers {answer.status_code}"
            if answer.status_code not in _PASSING:
                break
        raise EngineError(
            f"the {self.what} {self.public} {reason}; check the address, the model "
            f"{self.model!r} and the key in {self.key_variable}"
        )
