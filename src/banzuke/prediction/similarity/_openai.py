"""Questions to a server with the routes of OpenAI's API."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import httpx
import numpy as np

from banzuke.exceptions import EngineError, InvalidInputError, PromptTooLongError

__all__ = ["Server", "shorten_until_taken"]

T = TypeVar("T")

_LOCAL = {"localhost", "127.0.0.1", "::1"}
_WAITS = (0.5, 2.0, 8.0)  # seconds before the second, third and last attempt
_PASSING = {408, 409, 425, 429, 500, 502, 503, 504}
_REFUSING = {400, 413, 422, 500}
_OF_LENGTH = ("length", "too long", "too large", "tokens")  # what servers say of a long text
_MOST_SAID = 200  # letters of a server's message that are shown


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
        PromptTooLongError
            Where it says that a text is too long.
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
            said = self._said(answer)
            reason = f"answers {answer.status_code}" + (f" ({said})" if said else "")
            if answer.status_code in _REFUSING and any(w in said.lower() for w in _OF_LENGTH):
                raise PromptTooLongError(f"the {self.what} {self.public} {reason}")
            if answer.status_code not in _PASSING:
                break
        raise EngineError(
            f"the {self.what} {self.public} {reason}; check the address, the model "
            f"{self.model!r} and the key in {self.key_variable}"
        )

    def _said(self, answer: httpx.Response) -> str:
        """Return the message of an error, in one line and without the key."""
        try:
            content = answer.json()
            error = content.get("error", content)
            text = str(error.get("message", error) if isinstance(error, dict) else error)
        except (ValueError, AttributeError):
            text = answer.text
        key = os.environ.get(self.key_variable, "").strip()
        text = text.replace(key, "***") if key else text
        return "".join(c for c in " ".join(text.split()) if c.isprintable())[:_MOST_SAID]


def shorten_until_taken(
    ask: Callable[[Sequence[T]], np.ndarray],
    texts: Sequence[T],
    shorter: Callable[[T], T | None],
) -> np.ndarray:
    """Ask about many texts at once; where one is too long, only that one is shortened.

    Parameters
    ----------
    ask : callable
        Returns a row for each text, or raises PromptTooLongError.
    texts : sequence
    shorter : callable
        Returns about half of a text, None where little is left.

    Returns
    -------
    ndarray of shape (n_texts, ...)

    Raises
    ------
    PromptTooLongError
        Where a text cannot be shortened any more.
    """
    try:
        return ask(texts)
    except PromptTooLongError:
        half = len(texts) // 2
        if half:
            parts = (texts[:half], texts[half:])
            return np.concatenate([shorten_until_taken(ask, part, shorter) for part in parts])
        less = shorter(texts[0]) if len(texts) else None
        if less is None:
            raise
        return shorten_until_taken(ask, [less], shorter)
