"""Pages that were rendered already, packed, for visitors who are nobody in particular."""

from __future__ import annotations

import gzip
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from banzuke.leaderboard.language import COOKIE

_LEVEL = 6  # packed once, sent often


@dataclass(frozen=True)
class Kept:
    """A page as it is sent: plain, packed, and its headers."""

    plain: bytes
    packed: bytes
    status: int
    headers: tuple[tuple[bytes, bytes], ...]

    def answer(self, request: Request) -> Response:
        """Return the page as the client can read it."""
        can_unpack = "gzip" in request.headers.get("accept-encoding", "")
        response = Response(self.packed if can_unpack else self.plain, self.status)
        response.raw_headers = [*self.headers, *response.raw_headers]
        response.headers.add_vary_header("Accept-Encoding")
        if can_unpack:
            response.headers["Content-Encoding"] = "gzip"
        return response


class PageCache:
    """The pages used last, within a bound of bytes.

    Parameters
    ----------
    most_bytes : int, default 64 MiB
        Plain and packed together; the page that was not asked for longest goes first.
    """

    def __init__(self, most_bytes: int = 64 * 2**20) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._pages: OrderedDict[Hashable, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Kept | None:
        """Return a page, if it is kept."""
        with self._lock:
            found = self._pages.get(key)
            if found is not None:
                self._pages.move_to_end(key)
            return found

    def keep(self, key: Hashable, response: Response) -> Kept:
        """Keep a page and return it; one larger than an eighth of the bound is not kept."""
        plain = bytes(response.body)
        own = (b"content-length", b"accept-encoding")
        headers = tuple(pair for pair in response.raw_headers if pair[0] not in own)
        kept = Kept(plain, gzip.compress(plain, _LEVEL), response.status_code, headers)
        size = len(kept.plain) + len(kept.packed)
        if size > self._most // 8:
            return kept
        with self._lock:
            old = self._pages.pop(key, None)
            if old is not None:
                self._bytes -= len(old.plain) + len(old.packed)
            self._pages[key] = kept
            self._bytes += size
            while self._bytes > self._most:
                _, gone = self._pages.popitem(last=False)
                self._bytes -= len(gone.plain) + len(gone.packed)
        return kept

    def __len__(self) -> int:
        return len(self._pages)


def is_anonymous(request: Request) -> bool:
    """Return whether nothing in a request can make its page differ from anybody else's."""
    return "authorization" not in request.headers and set(request.cookies) <= {COOKIE}
