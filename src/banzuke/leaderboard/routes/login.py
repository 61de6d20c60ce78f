"""Logging in and out, on the pages."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from banzuke.leaderboard.account import log_in, log_out, visitor
from banzuke.leaderboard.answers import html, say
from banzuke.leaderboard.backend import Backend
from banzuke.leaderboard.refusals import NotThereError
from banzuke.leaderboard.routes.access import Service
from banzuke.leaderboard.routes.forms import Form
from banzuke.leaderboard.routes.lookup import snapshot
from banzuke.leaderboard.security.cross_site import csrf_token
from banzuke.leaderboard.security.oidc import LoginError, OidcLogin
from banzuke.leaderboard.security.rates import client_of
from banzuke.leaderboard.security.redirects import local_path
from banzuke.leaderboard.service.tokens import Role
from banzuke.leaderboard.views.login_page import LoginPage

router = APIRouter(include_in_schema=False)

_BACK = "/login/oidc/back"
_NEXT = "next"
Next = Annotated[str, Query(alias=_NEXT, max_length=2000)]


@router.get("/login")
def login(request: Request, service: Service, back: Next = "/submissions") -> HTMLResponse:
    """Show how to log in, or who is logged in."""
    return _page(request, service, back)


@router.post("/login")
def with_token(request: Request, service: Service, form: Form) -> Response:
    """Log in with a token."""
    client = client_of(request)
    service.rates.check("login", client)
    token = service.tokens.verify(form.get("token", "").strip())
    back = form.get(_NEXT, "")
    if token is None:
        service.rates.spend("login", client)
        return _page(request, service, back, "login.wrong_token", HTTPStatus.UNAUTHORIZED)
    log_in(request, token)
    return _go(local_path(back, "/submissions"))


@router.post("/logout")
def logout(request: Request, service: Service, form: Form) -> Response:
    """End the session."""
    log_out(request)
    return _go("/login")


@router.get("/login/oidc")
async def to_provider(request: Request, service: Service, back: Next = "/submissions") -> Response:
    """Send the visitor to the provider."""
    service.rates.spend("login", client_of(request))
    request.session[_NEXT] = local_path(back, "/submissions")
    try:
        return await _oidc(service).redirect(request, _own_address(request, service))
    except LoginError as error:
        return _refused(request, service, error)


@router.get(_BACK)
async def from_provider(request: Request, service: Service) -> Response:
    """Check what the provider says, and log in whom it names."""
    service.rates.check("login", client_of(request))
    back = local_path(str(request.session.get(_NEXT, "")), "/submissions")
    login = _oidc(service)
    try:
        account = await login.complete(request)
    except LoginError as error:
        service.rates.spend("login", client_of(request))
        return _refused(request, service, error)
    user = service.users.seen(
        issuer=login.provider.issuer,
        subject=account.subject,
        name=account.name,
        role=Role(account.role),
    )
    log_in(request, user)
    return _go(back)


def _oidc(service: Backend) -> OidcLogin:
    if service.oidc is None:
        raise NotThereError("errors.no_page")
    return service.oidc


def _own_address(request: Request, service: Backend) -> str:
    base = service.settings.public_url or str(request.base_url).rstrip("/")
    return f"{base}{_BACK}"


def _refused(request: Request, service: Backend, error: LoginError) -> HTMLResponse:
    back = str(request.session.get(_NEXT, ""))
    key = f"login.failed_{error.code}"
    return _page(request, service, back, key, HTTPStatus.FORBIDDEN)


def _page(
    request: Request, service: Backend, back: str, problem: str = "", status: int = 200
) -> HTMLResponse:
    words = say(request)
    who = visitor(request)
    back = local_path(back, "/submissions")
    page = LoginPage(
        title=words("login.title"),
        csrf=csrf_token(request.session),
        back=back,
        name=None if who is None else who.owner,
        role=None if who is None else words(f"login.role_{who.role}"),
        problem=words(problem) if problem else "",
        oidc_url=f"/login/oidc?{urlencode({_NEXT: back})}" if service.oidc else None,
    )
    headers: dict[str, Any] = {"Cache-Control": "no-store"}
    return html(request, "login.html", page, snapshot(request), status=int(status), headers=headers)


def _go(path: str) -> RedirectResponse:
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)
