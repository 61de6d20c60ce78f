"""What Prometheus reads: the queue, the workers, and the requests of this process."""

from __future__ import annotations

import time
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from banzuke._version import __version__
from banzuke.exceptions import StorageError
from banzuke.leaderboard.service.database import Database, clock
from banzuke.leaderboard.service.flags import FlagState
from banzuke.leaderboard.service.schemas import State
from banzuke.leaderboard.service.tables import FlagRow, ResultRow, SubmissionRow, WorkerRow

_ALIVE_SECONDS = 300.0
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class ServiceMetrics:
    """Metrics of one web process.

    Parameters
    ----------
    database : Database
        Asked at each scrape.

    Attributes
    ----------
    registry : CollectorRegistry
    """

    def __init__(self, database: Database) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_BoardCollector(database))
        self.requests = Counter(
            "banzuke_http_requests",
            "Requests answered by this process.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "banzuke_http_request_seconds",
            "Seconds from a request to the end of its answer.",
            ["route"],
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
            registry=self.registry,
        )


class _BoardCollector(Collector):
    """Reads the results database when Prometheus asks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> Iterable[Metric]:
        return ()  # so that registering asks nothing of the database

    def collect(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("banzuke_database_up", "1 where the results database answers.")
        try:
            found = self._database.read(_gauges)
        except StorageError:
            found = []
        up.add_metric([], 1.0 if found else 0.0)
        about = GaugeMetricFamily("banzuke_info", "Version of banzuke.", labels=["version"])
        about.add_metric([__version__], 1.0)
        return [up, about, *found]


def _gauges(session: Session) -> list[Metric]:
    now = clock(session)
    submissions = GaugeMetricFamily(
        "banzuke_submissions", "Submissions in each state.", labels=["state"]
    )
    counts = select(SubmissionRow.state, func.count()).group_by(SubmissionRow.state)
    by_state = {row[0]: row[1] for row in session.execute(counts)}
    for state in State:
        submissions.add_metric([state.value], by_state.get(state.value, 0))
    flags = GaugeMetricFamily("banzuke_flags", "Flags in each state.", labels=["state"])
    flag_counts = select(FlagRow.state, func.count()).group_by(FlagRow.state)
    by_flag = {row[0]: row[1] for row in session.execute(flag_counts)}
    for flag in FlagState:
        flags.add_metric([flag.value], by_flag.get(flag.value, 0))
    oldest = session.scalar(
        select(func.min(SubmissionRow.created_at)).where(SubmissionRow.state == State.PENDING)
    )
    waiting = 0.0 if oldest is None else max(0.0, now - oldest.timestamp())
    silent = select(func.count()).where(
        SubmissionRow.state == State.RUNNING, SubmissionRow.lease_until < now
    )
    alive = select(func.count()).where(WorkerRow.seen_at > now - _ALIVE_SECONDS)
    slots = select(func.coalesce(func.sum(WorkerRow.concurrency), 0)).where(
        WorkerRow.seen_at > now - _ALIVE_SECONDS
    )
    answers = select(func.count()).select_from(ResultRow)
    return [
        submissions,
        flags,
        _one("banzuke_oldest_pending_seconds", "How long the first in the queue waits.", waiting),
        _one(
            "banzuke_silent_evaluations",
            "Evaluations whose worker let its lease end and that nobody has taken over.",
            session.scalar(silent) or 0,
        ),
        _one("banzuke_workers", "Workers heard of in five minutes.", session.scalar(alive) or 0),
        _one(
            "banzuke_worker_slots",
            "Evaluations they may run at a time.",
            session.scalar(slots) or 0,
        ),
        _one("banzuke_answers", "Scored answers in all runs.", session.scalar(answers) or 0),
    ]


def _one(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=float(value))


class CountRequests:
    """ASGI middleware that counts and times requests by route, never by path."""

    def __init__(self, app: ASGIApp, metrics: ServiceMetrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            route = _route(scope)
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.requests.labels(method, route, str(status)).inc()
            self._metrics.seconds.labels(route).observe(time.perf_counter() - started)


def _route(scope: Scope) -> str:
    """Return the pattern of the route, so that strangers cannot make up new names."""
    found = scope.get("route")
    if found is not None:
        return str(getattr(found, "path", "other"))
    for route in getattr(scope.get("app"), "routes", ()):
        if route.matches(scope)[0] is not Match.NONE:
            return str(getattr(route, "path", "other"))
    return "none"
