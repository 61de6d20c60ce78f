"""What load balancers and Prometheus are told."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from banzuke.leaderboard.service.settings import load_settings
from tests.leaderboard.service.board import board
from tests.leaderboard.serving import serving


@pytest.fixture
def here(tmp_path):
    with board(str(tmp_path / "data")) as found:
        yield found


@contextmanager
def client_of(settings):
    with (
        serving(Path(settings.data), settings) as server,
        httpx.Client(base_url=server.url) as found,
    ):
        yield found


def values(body):
    lines = [line for line in body.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_metrics_count_the_queue_and_requests_by_route(here):
    here.submit()
    with client_of(here.settings) as client:
        assert client.get("/healthz").json()["checks"] == {"data": "ok", "database": "ok"}
        assert client.get("/no/such/page/at-all").status_code == 404
        found = values(client.get("/metrics").text)
        assert found['banzuke_submissions{state="pending"}'] == 1
        assert found['banzuke_submissions{state="finished"}'] == 0
        assert found["banzuke_workers"] == 0
        assert found["banzuke_database_up"] == 1
        healthy = 'banzuke_http_requests_total{method="GET",route="/healthz",status="200"}'
        assert found[healthy] == 1
        assert not any("at-all" in name for name in found)


def test_a_database_without_its_tables_is_not_healthy(here):
    with client_of(here.settings) as client:
        with here.database.writing() as session:
            session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
        answer = client.get("/healthz")
        assert answer.status_code == 503
        assert answer.json()["checks"]["database"] == "failing"


def test_metrics_may_need_a_token(here):
    settings = load_settings(data=here.settings.data, metrics_token="scrape-me")
    with client_of(settings) as client:
        assert client.get("/metrics").status_code == 401
        wrong = {"Authorization": "Bearer scrape-you"}
        assert client.get("/metrics", headers=wrong).status_code == 401
        right = {"Authorization": "Bearer scrape-me"}
        assert client.get("/metrics", headers=right).status_code == 200
