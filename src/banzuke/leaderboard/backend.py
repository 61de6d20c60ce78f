"""What the pages and the API need to take submissions: stores, rates and log-in."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI, Request

from banzuke.exceptions import InvalidInputError, NotFoundError
from banzuke.leaderboard.security.oidc import OidcLogin, OidcProvider
from banzuke.leaderboard.security.rates import Budgets, RateLimits
from banzuke.leaderboard.service.addresses import check_submitted
from banzuke.leaderboard.service.database import Database
from banzuke.leaderboard.service.flags import FlagStore
from banzuke.leaderboard.service.item_logs import ItemLogs
from banzuke.leaderboard.service.migrating import upgrade
from banzuke.leaderboard.service.settings import ServiceSettings
from banzuke.leaderboard.service.submissions import SubmissionStore
from banzuke.leaderboard.service.tokens import TokenStore
from banzuke.leaderboard.service.users import UserStore


@dataclass(frozen=True, kw_only=True)
class Backend:
    """One service, open."""

    settings: ServiceSettings
    database: Database
    submissions: SubmissionStore
    flags: FlagStore
    tokens: TokenStore
    users: UserStore
    logs: ItemLogs
    rates: RateLimits
    oidc: OidcLogin | None


def open_backend(settings: ServiceSettings) -> Backend:
    """Open the stores of a service; makes or upgrades the tables of its results database.

    Raises
    ------
    InvalidInputError
        Where settings do not fit together.
    StorageError
        Where the database cannot be used.
    """
    database = Database(settings.results_database)
    upgrade(database)
    budgets = Budgets(
        submit=settings.rate_limit_submit,
        login=settings.rate_limit_login,
        api=settings.rate_limit_read,
    )
    return Backend(
        settings=settings,
        database=database,
        submissions=SubmissionStore(database, settings, check_address=check_submitted),
        flags=FlagStore(database),
        tokens=TokenStore(database),
        users=UserStore(database),
        logs=ItemLogs(settings.logs),
        rates=RateLimits(budgets),
        oidc=OidcLogin(_provider(settings)) if settings.has_oidc else None,
    )


def backend_of(app: FastAPI) -> Backend | None:
    """Return the service of an application, None where it only shows results."""
    found: Backend | None = getattr(app.state, "backend", None)
    return found


def backend(request: Request) -> Backend:
    """Return the service, for routes that need it.

    Raises
    ------
    NotFoundError
        Where this server takes no submissions.
    """
    found = backend_of(request.app)
    if found is None:
        raise NotFoundError("this server takes no submissions")
    return found


def _provider(settings: ServiceSettings) -> OidcProvider:
    if settings.cookie_same_site == "strict":
        raise InvalidInputError(
            "the setting 'cookie_same_site' must be lax where people log in by OpenID Connect: "
            "a strict cookie does not come back with them from the provider"
        )
    secret = settings.oidc_client_secret
    if secret is None:
        raise InvalidInputError(
            "the setting 'oidc_client_secret' (BANZUKE_OIDC_CLIENT_SECRET) is missing; "
            "log-in by OpenID Connect needs it"
        )
    return OidcProvider(
        issuer=settings.oidc_issuer or "",
        client_id=settings.oidc_client_id or "",
        client_secret=secret.get_secret_value(),
        scope=settings.oidc_scopes,
        operators=frozenset(settings.oidc_operators),
        submitters=frozenset(settings.oidc_submitters),
    )
