from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from banzuke.prediction.similarity import _openai
from tests.prediction.similarity.fake_server import FakeServer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    monkeypatch.setattr(_openai, "_WAITS", (0.0, 0.0))
    fake = FakeServer()
    thread = threading.Thread(target=fake.server.serve_forever, args=(0.01,))
    thread.start()
    yield fake
    fake.server.shutdown()
    fake.server.server_close()
    thread.join()
