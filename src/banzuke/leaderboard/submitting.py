"""The part of the application that takes submissions: log-in, forms, their API."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.middleware.sessions import SessionMiddleware

from banzuke.leaderboard.account import account
from banzuke.leaderboard.backend import open_backend
from banzuke.leaderboard.errors import refuse
from banzuke.leaderboard.routes import api_submissions, flags, health, login, submissions
from banzuke.leaderboard.security.rates import ApiRate
from banzuke.leaderboard.security.sessions import cookie_name
from banzuke.leaderboard.service.metrics import CountRequests, ServiceMetrics
from banzuke.leaderboard.service.settings import ServiceSettings


def take_submissions(app: FastAPI, settings: ServiceSettings) -> None:
    """Add log-in, forms and their API to an application.

    Raises
    ------
    InvalidInputError
        Where settings do not fit together.
    StorageError
        Where the results database cannot be used.
    """
    service = open_backend(settings)
    app.state.backend = service
    app.state.store.marks = service.flags.upheld
    app.add_middleware(
        SessionMiddleware,
        secret_key=settings.signing_key,
        session_cookie=cookie_name(secure=settings.cookies_are_secure),
        max_age=int(settings.session_hours * 3600),
        same_site=settings.cookie_same_site,
        https_only=settings.cookies_are_secure,
    )
    app.add_middleware(ApiRate, limits=service.rates, refuse=refuse)
    app.state.metrics = ServiceMetrics(service.database)
    app.add_middleware(CountRequests, metrics=app.state.metrics)
    app.state.account = account
    for part in (health, api_submissions, login, submissions, flags):
        app.include_router(part.router)
