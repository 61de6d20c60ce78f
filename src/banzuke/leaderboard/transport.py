"""One request to a leaderboard's API: errors as sentences, ETags, waiting where asked to."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from banzuke._version import __version__
from banzuke.exceptions import (
    AccessError,
    BanzukeError,
    ConflictError,
    InvalidInputError,
    NotFoundError,
    ServerError,
)

_ERRORS: Mapping[int, type[BanzukeError]] = {
    400: InvalidInputError,
    401: AccessError,
    403: AccessError,
    404: NotFoundError,
    409: ConflictError,
    413: InvalidInputError,
    422: InvalidInputError,
}
_REMEMBERED = 128
_LONGEST = 500


class Transport:
    """Asks a server; what it answered before is not sent again.

    Parameters
    ----------
    url : str
        Where the leaderboard is, such as ``https://llm.example.org``.
    token : str, optional
    timeout_seconds : float
    longest_wait_seconds : float
        Longest total wait for a server that says when to come back (429, 503).
    transport : httpx.BaseTransport, optional
        Stands in for the network.
    sleep : callable
        Stands in for waiting.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        timeout_seconds: float = 30.0,
        longest_wait_seconds: float = 60.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise InvalidInputError(f"'{url}' is not an address that starts with http(s)://")
        headers = {"Accept": "application/json", "User-Agent": f"banzuke/{__version__}"}
        if token:
            if not token.isascii() or not token.isprintable():
                raise InvalidInputError("the token holds signs that no token has; copy it again")
            headers["Authorization"] = f"Bearer {token.strip()}"
        self.url = url.rstrip("/")
        self._client = httpx.Client(
            base_url=self.url, headers=headers, timeout=timeout_seconds, transport=transport
        )
        self._longest_wait = longest_wait_seconds
        self._sleep = sleep
        self._known: OrderedDict[str, tuple[str, Any]] = OrderedDict()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, path: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """Return the JSON at a path.

        Raises
        ------
        NotFoundError, InvalidInputError, AccessError, ServerError
        """
        given = {k: v for k, v in (parameters or {}).items() if v is not None}
        request = self._client.build_request("GET", path, params=given)
        key = str(request.url)
        known = self._known.get(key)
        if known is not None:
            request.headers["If-None-Match"] = known[0]
        response = self._send(request)
        if response.status_code == httpx.codes.NOT_MODIFIED and known is not None:
            self._known.move_to_end(key)
            return known[1]
        value = _json(response)
        if tag := response.headers.get("etag"):
            self._known[key] = (tag, value)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return value

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Send JSON and return the JSON that comes back.

        Raises
        ------
        NotFoundError, InvalidInputError, AccessError, ConflictError, ServerError
        """
        return _json(self._send(self._client.build_request("POST", path, json=dict(body))))

    def _send(self, request: httpx.Request) -> httpx.Response:
        waited = 0.0
        while True:
            try:
                response = self._client.send(request)
            except httpx.HTTPError as error:
                raise ServerError(
                    f"{self.url} cannot be reached ({type(error).__name__}: {error})"
                ) from None
            wait = _wait(response)
            if wait is None or waited + wait > self._longest_wait:
                break
            self._sleep(wait)
            waited += wait
        if response.status_code >= 400:
            raise _error(self.url, response)
        return response


def _wait(response: httpx.Response) -> float | None:
    """Return how many seconds the server asks to wait, None where it does not."""
    if response.status_code not in (429, 503):
        return None
    text = response.headers.get("retry-after", "")
    return float(text) if text.isdigit() else None


def _error(url: str, response: httpx.Response) -> BanzukeError:
    sentence = _sentence(response)
    kind = _ERRORS.get(response.status_code, ServerError)
    return kind(f"{url} answered {response.status_code}: {sentence}")


def _sentence(response: httpx.Response) -> str:
    try:
        problem = response.json()
    except ValueError:
        return response.reason_phrase.lower()
    if not isinstance(problem, dict):
        return response.reason_phrase.lower()
    fields = [
        f"{one.get('field')}: {one.get('message')}"
        for one in problem.get("errors") or []
        if isinstance(one, dict)
    ]
    detail = "; ".join(fields) or str(problem.get("detail", response.reason_phrase.lower()))
    return "".join(sign if sign.isprintable() else " " for sign in detail[:_LONGEST])


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        raise ServerError(
            f"{response.request.url.host} does not answer like a banzuke server; "
            "is the address right?"
        ) from None
