"""A small board for tests: settings, a deterministic server, workers in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from banzuke.leaderboard.service.database import Database
from banzuke.leaderboard.service.migrating import upgrade
from banzuke.leaderboard.service.schemas import SubmissionRequest
from banzuke.leaderboard.service.settings import ServiceSettings, load_settings
from banzuke.leaderboard.service.submissions import SubmissionStore
from banzuke.leaderboard.service.worker import Worker
from banzuke.testing.server import Server


def echo_label(prompt: str) -> str:
    """Answer something that some metrics can read; the same prompt gets the same answer."""
    return "ABCD"[len(prompt) % 4]


def until(reached: Callable[[], bool], *, seconds: float = 120) -> None:
    """Wait for something to happen, which on a busy machine takes its time."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "nothing moves any more"
        time.sleep(0.02)


class Board:
    """Everything that a test asks."""

    def __init__(self, settings: ServiceSettings, server: Server) -> None:
        self.settings = settings
        self.server = server
        self.database = Database(settings.results_database)
        upgrade(self.database)
        self.store = SubmissionStore(self.database, settings)

    def submit(self, **changes: Any) -> str:
        """Submit a model of the test server, and return the submission's name."""
        given = {"model": "test-model", "endpoint": self.server.url, **changes}
        return self.store.create(SubmissionRequest(**given), submitter="ann").id

    def work(self, **options: Any) -> None:
        """Run a worker until nothing is left to do."""
        Worker(self.settings, **options).run(until_idle=True)


@contextmanager
def board(
    data: str, *, server: Mapping[str, Any] | None = None, **settings: Any
) -> Iterator[Board]:
    """Open a board whose evaluations ask two items of each data set."""
    chosen = {
        "item_limit": 2,
        "poll_seconds": 0.05,
        "max_pending": 500,
        "allowed_private_hosts": ("127.0.0.1",),
        **settings,
    }
    with Server(**{"respond": echo_label, **(server or {})}) as running:
        found = Board(load_settings(data=data, **chosen), running)
        try:
            yield found
        finally:
            found.database.close()
