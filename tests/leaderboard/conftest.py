"""One server for all tests of the pages."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from banzuke.outcomes import Lake
from tests.leaderboard.serving import Served, fill, serving


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve the boards of `fill`."""
    data = tmp_path_factory.mktemp("lake")
    fill(Lake(data))
    with serving(data) as found:
        yield found


@pytest.fixture(scope="session")
def connection(served: Served) -> Iterator[httpx.Client]:
    """Keep one connection to that server."""
    with httpx.Client(base_url=served.url) as found:
        yield found


@pytest.fixture
def client(connection: httpx.Client) -> httpx.Client:
    """Ask that server as a visitor who comes for the first time."""
    connection.cookies.clear()
    return connection
