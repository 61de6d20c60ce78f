"""A fresh results database for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from banzuke.leaderboard.service.database import Database
from banzuke.leaderboard.service.migrating import upgrade
from banzuke.leaderboard.service.settings import ServiceSettings, load_settings


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BANZUKE_CONFIG", raising=False)


@pytest.fixture
def settings(tmp_path) -> ServiceSettings:
    return load_settings(data=str(tmp_path / "data"), max_pending=500)


@pytest.fixture
def database(settings) -> Iterator[Database]:
    found = Database(settings.results_database, patience_seconds=1)
    upgrade(found)
    yield found
    found.close()
