"""One connection for each request in work, chosen without a search.

The pool of httpx looks through all its connections, several times for each request; with
32 of them that costs as much as the request itself. Here a request names its slot.
"""

from __future__ import annotations

import httpx

SLOT = "banzuke_slot"
"""The extension of a request that names its slot; without it, a small pool is used."""


class SlotTransport(httpx.AsyncBaseTransport):
    """Keeps one connection open for each slot.

    Parameters
    ----------
    n_slots : int
        Most requests at a time.
    """

    def __init__(self, n_slots: int) -> None:
        context = httpx.create_ssl_context()
        one = httpx.Limits(max_connections=1)
        self._slots = [httpx.AsyncHTTPTransport(verify=context, limits=one) for _ in range(n_slots)]
        self._others = httpx.AsyncHTTPTransport(verify=context)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request through the connection of its slot."""
        slot = request.extensions.get(SLOT)
        transport = self._others if slot is None else self._slots[slot]
        return await transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Close all connections."""
        for transport in (*self._slots, self._others):
            await transport.aclose()
