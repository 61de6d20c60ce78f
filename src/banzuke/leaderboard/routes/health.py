"""``/healthz`` for load balancers and ``/metrics`` for Prometheus."""

from __future__ import annotations

import hmac
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from banzuke._version import __version__
from banzuke.exceptions import BanzukeError
from banzuke.leaderboard.backend import Backend, backend_of
from banzuke.leaderboard.service.metrics import ServiceMetrics
from banzuke.leaderboard.service.migrating import require_current

router = APIRouter(include_in_schema=False)
_NEVER = {"Cache-Control": "no-store"}


@router.get("/healthz")
def healthz(request: Request) -> Response:
    """Say whether this server can do its work: 200 or 503, and what is wrong."""
    checks = {"data": _works(request.app.state.store.lake.version)}
    service = backend_of(request.app)
    if service is not None:
        checks["database"] = _works(lambda: require_current(service.database))
    healthy = all(found == "ok" for found in checks.values())
    content = {"status": "ok" if healthy else "failing", "checks": checks, "version": __version__}
    return Response(
        orjson.dumps(content),
        status_code=200 if healthy else 503,
        media_type="application/json",
        headers=_NEVER,
    )


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Answer Prometheus; with the setting metrics_token only to who knows it."""
    service = backend_of(request.app)
    measured: ServiceMetrics | None = getattr(request.app.state, "metrics", None)
    if service is None or measured is None:
        return Response("this server takes no submissions\n", status_code=404, headers=_NEVER)
    if not _may_read(request, service):
        return Response(
            "the metrics need a token\n",
            status_code=401,
            headers={**_NEVER, "WWW-Authenticate": "Bearer"},
        )
    text = generate_latest(measured.registry)
    return Response(text, media_type=CONTENT_TYPE_LATEST, headers=_NEVER)


def _may_read(request: Request, service: Backend) -> bool:
    wanted = service.settings.metrics_token
    if wanted is None:
        return True
    given = request.headers.get("authorization", "")
    expected = f"Bearer {wanted.get_secret_value()}"
    return hmac.compare_digest(given.encode(), expected.encode())


def _works(check: Any) -> str:
    try:
        check()
    except BanzukeError:
        return "failing"  # the reason is in the log; it may name addresses
    return "ok"
