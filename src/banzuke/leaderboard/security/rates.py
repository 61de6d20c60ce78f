"""How often one client may ask: budgets for submitting, logging in and the API."""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp

from banzuke.exceptions import InvalidInputError
from banzuke.leaderboard.security.refusals import Guard, Refusal, Refuse

if TYPE_CHECKING:
    from limits import RateLimitItem


@dataclass(frozen=True, kw_only=True)
class Budgets:
    """What one client may ask, in the notation of the library limits: ``20/hour``.

    Attributes
    ----------
    submit : str
        Submissions, re-runs, withdrawals and flags.
    login : str
        Attempts to log in, and requests with a token that is wrong.
    api : str
        Requests below ``/api``.
    """

    submit: str = "30/hour"
    login: str = "10/minute"
    api: str = "600/minute"


class TooManyRequestsError(HTTPException):
    """A client is over a budget; holds how many seconds to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": str(seconds)})
        self.seconds = seconds


class RateLimits:
    """Counts requests by budget and client, in a moving window.

    Parameters
    ----------
    budgets : Budgets
    storage : str, default "memory://"
        Where the counts are, as a storage address of the library limits; many web
        processes share one with ``redis://``.

    Raises
    ------
    InvalidInputError
        Where a budget or the storage cannot be read.
    """

    def __init__(self, budgets: Budgets | None = None, storage: str = "memory://") -> None:
        from limits.storage import storage_from_string
        from limits.strategies import MovingWindowRateLimiter

        budgets = budgets or Budgets()
        try:
            self._limiter = MovingWindowRateLimiter(storage_from_string(storage))
        except Exception as error:  # limits raises its own, and those of optional packages
            raise InvalidInputError(f"the storage of rate limits does not work: {error}") from None
        self._items: Mapping[str, RateLimitItem] = {
            name: _item(name, getattr(budgets, name)) for name in ("submit", "login", "api")
        }

    def spend(self, budget: str, client: str) -> None:
        """Count one request.

        Raises
        ------
        TooManyRequestsError
            Where the budget is used up; the request is not counted.
        """
        if not self._limiter.hit(self._items[budget], client):
            raise TooManyRequestsError(self._wait(budget, client))

    def check(self, budget: str, client: str) -> None:
        """Refuse a client whose budget is used up, without counting.

        Raises
        ------
        TooManyRequestsError
        """
        if not self._limiter.test(self._items[budget], client):
            raise TooManyRequestsError(self._wait(budget, client))

    def _wait(self, budget: str, client: str) -> int:
        reset = self._limiter.get_window_stats(self._items[budget], client).reset_time
        return max(1, math.ceil(reset - time.time()))


class ApiRate(Guard):
    """ASGI middleware that spends the budget ``api`` on requests below ``/api``.

    Parameters
    ----------
    app : ASGI application
    limits : RateLimits
    refuse : callable
        Makes the answer.
    """

    def __init__(self, app: ASGIApp, *, limits: RateLimits, refuse: Refuse) -> None:
        super().__init__(app, refuse=refuse)
        self._limits = limits

    def refusal(self, request: Request) -> Refusal | None:
        """Refuse a client that is over its budget."""
        if not request.scope["path"].startswith("/api/"):
            return None
        try:
            self._limits.spend("api", client_of(request))
        except TooManyRequestsError as over:
            return too_many(over)
        return None


def too_many(over: TooManyRequestsError) -> Refusal:
    """Return what a client over its budget is told."""
    return Refusal(
        status=HTTPStatus.TOO_MANY_REQUESTS,
        code="too_many",
        sentence=f"too many requests; try again in {over.seconds} seconds",
        headers={"Retry-After": str(over.seconds)},
        values={"n": over.seconds},
    )


def client_of(request: Request) -> str:
    """Return whose budget a request is counted on: its address, of IPv6 the /64 it is in.

    Behind a proxy the web server must be told to trust it, or all visitors are one client.
    """
    host = request.client.host if request.client else "unknown"
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host[:64]
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


def _item(name: str, text: str) -> RateLimitItem:
    from limits import parse

    try:
        return parse(text)
    except ValueError:
        raise InvalidInputError(
            f"'{text}' is not a rate for {name}; write it like 20/hour or 10/minute"
        ) from None
