"""A leaderboard that takes submissions, with two submitters and an operator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from banzuke.leaderboard.backend import Backend, open_backend
from banzuke.leaderboard.service.settings import load_settings
from banzuke.leaderboard.service.tokens import Role
from banzuke.outcomes import Lake
from tests.leaderboard.serving import quiz_outcomes, serving

ENDPOINT = "http://203.0.113.7:8000/v1"  # a documentation address: allowed here, never called


@dataclass(frozen=True)
class Board:
    """Address, stores and tokens of a running service."""

    url: str
    data: Path
    backend: Backend
    tokens: dict[str, str]

    def client(self, who: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        return httpx.Client(base_url=self.url, headers=headers)


@contextmanager
def board_service(data: Path, **given: Any) -> Iterator[Board]:
    """Serve a board and its service while the block runs."""
    Lake(data).write("quiz", quiz_outcomes())
    rates = {"rate_limit_submit": "1000/hour", "rate_limit_read": "100000/minute"}
    allowed = ("203.0.113.0/24", "127.0.0.1")
    settings = load_settings(data=str(data), **{"allowed_private_hosts": allowed, **rates, **given})
    backend = open_backend(settings)
    roles = {"ann": Role.SUBMITTER, "bob": Role.SUBMITTER, "chief": Role.OPERATOR}
    tokens = {name: backend.tokens.create(name, role=role)[1] for name, role in roles.items()}
    try:
        with serving(data, settings) as served:
            yield Board(served.url, data, backend, tokens)
    finally:
        backend.database.close()


def request(model: str = "org/model", **changes: Any) -> dict[str, Any]:
    """Return what a submitter sends."""
    return {"model": model, "endpoint": ENDPOINT, **changes}
