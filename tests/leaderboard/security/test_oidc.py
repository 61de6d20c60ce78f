"""Log-in by OpenID Connect, against a provider that signs and one that cheats."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from banzuke.exceptions import InvalidInputError
from banzuke.leaderboard.security.oidc import LoginError, OidcLogin, OidcProvider
from tests.leaderboard.security.issuer import CLIENT_ID, CLIENT_SECRET, issuing


@pytest.fixture
def issuer():
    with issuing() as found:
        yield found


def provider(issuer, **options):
    return OidcProvider(
        issuer=issuer.url, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, **options
    )


def board(found):
    login = OidcLogin(found)

    async def begin(request: Request):
        return await login.redirect(request, "http://board.example/back")

    async def back(request: Request):
        try:
            who = await login.complete(request)
        except LoginError as error:
            return JSONResponse({"error": str(error)}, 403)
        return JSONResponse({"subject": who.subject, "name": who.name, "role": who.role})

    app = Starlette(routes=[Route("/login", begin), Route("/back", back)])
    app.add_middleware(SessionMiddleware, secret_key="k" * 40)
    return app


def log_in(app, change=lambda url: url):
    """Go through both steps; change may tamper with the way back."""

    async def go():
        transport = httpx.ASGITransport(app)
        visitor = httpx.AsyncClient(transport=transport, base_url="http://board.example")
        async with visitor, httpx.AsyncClient() as outside:
            away = (await visitor.get("/login")).headers["location"]
            back = (await outside.get(away)).headers["location"]
            return away, await visitor.get(change(back)), await visitor.get(back)

    return asyncio.run(go())


def test_log_in_with_state_nonce_and_pkce(issuer):
    app = board(provider(issuer, operators=frozenset({"person-1"})))
    away, answer, again = log_in(app)
    asked = parse_qs(urlsplit(away).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert min(len(asked[name][0]) for name in ("state", "nonce", "code_challenge")) >= 20
    assert answer.json() == {"subject": "person-1", "name": "Hanako", "role": "operator"}
    assert again.status_code == 403  # the way back works once


@pytest.mark.parametrize(
    "forged",
    [
        {"nonce": "another"},
        {"iss": "https://elsewhere.example"},
        {"aud": "another-client"},
        {"aud": ["another-client"], "azp": CLIENT_ID},
        {"exp": int(time.time()) - 1000},
        {"sub": None},
        {"sub": 7},
    ],
)
def test_tokens_that_say_something_else_are_refused(issuer, forged):
    issuer.forge = forged
    _, answer, _ = log_in(board(provider(issuer)))
    assert answer.status_code == 403
    assert "person-1" not in answer.text


def test_tokens_signed_by_another_key_are_refused(issuer):
    issuer.signing_key = RSAKey.generate_key(2048, parameters={"kid": "1"}, private=True)
    assert log_in(board(provider(issuer)))[1].status_code == 403


def test_an_answer_without_an_id_token_is_refused(issuer):
    issuer.with_id_token = False
    assert log_in(board(provider(issuer)))[1].status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("state=", "state=x"),
        lambda url: url.partition("&state=")[0],
        lambda url: url.replace("code=", "code=x"),
        lambda url: "/back?error=access_denied&error_description=<script>",
        lambda url: "/back",
    ],
)
def test_a_way_back_that_was_tampered_with_is_refused(issuer, change):
    _, answer, _ = log_in(board(provider(issuer)), change)
    assert answer.json() == {"error": "the log-in was not completed; start it again"}


def test_a_provider_that_names_another_issuer_is_refused(issuer):
    issuer.issuer = "https://elsewhere.example"
    login = OidcLogin(provider(issuer))
    request = Request({"type": "http", "session": {}, "headers": []})
    with pytest.raises(LoginError, match="another issuer"):
        asyncio.run(login.redirect(request, "http://board.example/back"))


def test_a_provider_that_is_away_is_told():
    gone = OidcProvider(issuer="http://127.0.0.1:1", client_id="a", client_secret="b")
    request = Request({"type": "http", "session": {}, "headers": []})
    with pytest.raises(LoginError, match="cannot be reached"):
        asyncio.run(OidcLogin(gone).redirect(request, "http://board.example/back"))


def test_roles_come_from_subjects_and_verified_addresses():
    found = OidcProvider(
        issuer="https://id.example",
        client_id="a",
        client_secret="b",
        operators=frozenset({"boss@lab.example"}),
        submitters=frozenset({"@lab.example", "sub-9"}),
    )
    assert found.role("x", "Boss@lab.example") == "operator"
    assert found.role("x", "hanako@lab.example") == "submitter"
    assert found.role("sub-9", None) == "submitter"
    assert found.role("x", None) is None
    assert found.role("x", "boss@evil.example") is None
    assert found.role("x", "boss@lab.example.evil.example") is None


def test_an_unverified_address_gives_no_role(issuer):
    issuer.person = {"sub": "x", "email": "boss@lab.example", "email_verified": False}
    found = provider(issuer, submitters=frozenset({"boss@lab.example"}))
    assert log_in(board(found))[1].json() == {
        "error": "this account may not submit here; ask the operator"
    }


@pytest.mark.parametrize("issuer_url", ["http://id.example", "id.example", ""])
def test_an_issuer_without_https_is_refused(issuer_url):
    with pytest.raises(InvalidInputError, match="https"):
        OidcProvider(issuer=issuer_url, client_id="a", client_secret="b")
