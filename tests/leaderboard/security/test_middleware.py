"""Sizes, origins and rates, against a small application."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from banzuke.exceptions import InvalidInputError
from banzuke.leaderboard.security import BodyLimit, CrossSiteGuard
from banzuke.leaderboard.security.cross_site import csrf_token, is_csrf_token
from banzuke.leaderboard.security.rates import (
    ApiRate,
    Budgets,
    RateLimits,
    TooManyRequestsError,
    client_of,
)


def refuse(request, refusal):
    return PlainTextResponse(refusal.code, refusal.status, refusal.headers)


async def echo(request: Request):
    return PlainTextResponse(str(len(await request.body())))


async def swallow(request: Request):
    try:
        await request.body()
    except Exception:
        return PlainTextResponse("swallowed")
    return PlainTextResponse("read")


def client(*middleware):
    routes = [
        Route("/", echo, methods=["GET", "POST"]),
        Route("/api/v1/x", echo),
        Route("/swallow", swallow, methods=["POST"]),
    ]
    app = Starlette(routes=routes)
    for kind, options in middleware:
        app.add_middleware(kind, **options)
    return Asking(app)


class Asking:
    """Asks an application without a network."""

    def __init__(self, app):
        self.app = app

    def get(self, path, **options):
        return asyncio.run(self._ask("GET", path, options))

    def post(self, path, **options):
        return asyncio.run(self._ask("POST", path, options))

    async def _ask(self, method, path, options):
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://board.example") as asked:
            return await asked.request(method, path, **options)


LIMITED = (BodyLimit, {"max_bytes": 1000, "refuse": refuse})


def chunks(n, size=100):
    for _ in range(n):
        yield b"x" * size


async def async_chunks(n):
    for chunk in chunks(n):
        yield chunk


@pytest.mark.parametrize("path", ["/", "/swallow"])
def test_bodies_over_the_limit_are_refused_with_and_without_a_length(path):
    asked = client(LIMITED)
    told = asked.post(path, content=b"x" * 1001)
    streamed = asked.post(path, content=async_chunks(11))
    assert "content-length" not in streamed.request.headers
    for answer in (told, streamed):
        assert (answer.status_code, answer.text) == (413, "too_large")
        assert answer.headers["connection"] == "close"
    assert asked.post("/", content=b"x" * 1000).text == "1000"
    assert asked.post("/", content=async_chunks(10)).text == "1000"


GUARDED = (CrossSiteGuard, {"refuse": refuse})


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "http://board.example"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://board.example.evil.example"}, 403),
        ({"origin": "http://board.example:81"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"sec-fetch-site": "same-origin", "origin": "http://board.example"}, 200),
        ({"origin": "http://board.example"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({}, 200),
    ],
)
def test_other_origins_change_nothing(headers, status):
    asked = client(GUARDED)
    assert asked.post("/", headers=headers).status_code == status
    assert asked.get("/", headers=headers).status_code == 200


def test_the_public_address_counts_behind_a_proxy():
    asked = client((CrossSiteGuard, {"refuse": refuse, "public_url": "https://llm.example/"}))
    assert asked.post("/", headers={"origin": "https://llm.example"}).status_code == 200


def test_form_tokens_belong_to_one_session_and_differ_each_time():
    mine, other = {}, {}
    first, second = csrf_token(mine), csrf_token(mine)
    assert first != second
    assert is_csrf_token(mine, first)
    assert is_csrf_token(mine, second)
    csrf_token(other)
    for session, token in [
        (other, first),
        ({}, first),
        (mine, ""),
        (mine, None),
        (mine, first[:-4]),
        (mine, "é" * 64),
        (mine, "A" * 64),
        (mine, "not base64 at all!"),
    ]:
        assert not is_csrf_token(session, token)


def test_a_client_over_its_budget_waits_and_others_do_not():
    limits = RateLimits(Budgets(submit="2/hour"))
    limits.spend("submit", "a")
    limits.check("submit", "a")
    limits.spend("submit", "a")
    for ask in (limits.spend, limits.check):
        with pytest.raises(TooManyRequestsError) as caught:
            ask("submit", "a")
        assert 3500 < caught.value.seconds <= 3601
        assert caught.value.headers == {"Retry-After": str(caught.value.seconds)}
    limits.spend("submit", "b")
    limits.spend("login", "a")


def test_the_api_answers_429_over_its_budget_and_pages_go_on():
    asked = client((ApiRate, {"limits": RateLimits(Budgets(api="3/minute")), "refuse": refuse}))
    statuses = [asked.get("/api/v1/x").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert 1 <= int(asked.get("/api/v1/x").headers["retry-after"]) <= 61
    assert asked.get("/").status_code == 200


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_clients_are_told_apart_by_address(host, client):
    assert client_of(Request({"type": "http", "client": (host, 1), "headers": []})) == client


@pytest.mark.parametrize("rate", ["", "often", "10/fortnight", "ten/hour"])
def test_a_rate_that_cannot_be_read_is_told(rate):
    with pytest.raises(InvalidInputError, match="20/hour"):
        RateLimits(Budgets(login=rate))


def test_a_storage_that_does_not_work_is_told():
    with pytest.raises(InvalidInputError, match="storage of rate limits"):
        RateLimits(storage="nonsense://")


def test_the_server_itself_refuses_large_and_foreign_requests(served):
    over = b"x" * (256 * 1024 + 1)
    large = httpx.post(f"{served.url}/api/v1/boards", content=over)
    assert (large.status_code, large.json()["title"]) == (413, "Request Entity Too Large")
    streamed = httpx.post(f"{served.url}/about", content=chunks(300, 1024))
    assert streamed.status_code == 405  # nothing reads it
    foreign = httpx.post(f"{served.url}/about", headers={"Origin": "http://evil.example"})
    assert foreign.status_code == 403
    assert "did not come from a page of this site" in foreign.text
    assert foreign.headers["content-security-policy"].startswith("default-src 'none'")
