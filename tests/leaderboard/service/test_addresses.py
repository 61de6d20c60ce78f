"""Endpoint addresses: what is refused, and that the connection keeps to what was checked."""

from __future__ import annotations

import asyncio
import http.server
import threading

import httpx
import pytest

from banzuke.exceptions import InvalidInputError
from banzuke.leaderboard.service.addresses import (
    AddressPolicy,
    PinnedTransport,
    RefusedAddressError,
    check_endpoint,
    parse_endpoint,
)

PUBLIC = {"models.example.org": ["93.184.216.34", "2606:2800:220:1::1"]}


def resolve(table):
    return lambda host, port: table.get(host, [])


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1:8000/v1", "private"),
        ("http://127.8.9.10/v1", "private"),
        ("http://0.0.0.0:8000", "private"),
        ("http://0.1.2.3", "private"),
        ("http://10.1.2.3/v1", "private"),
        ("http://172.16.0.1/v1", "private"),
        ("http://172.31.255.255/v1", "private"),
        ("http://192.168.1.1/v1", "private"),
        ("http://169.254.169.254/latest/meta-data", "private"),
        ("http://168.63.129.16/", "private"),
        ("http://100.64.0.1/", "private"),
        ("http://100.100.100.200/", "private"),
        ("http://192.0.0.8/", "private"),
        ("http://192.0.2.1/", "private"),
        ("http://192.88.99.1/", "private"),
        ("http://198.18.0.1/", "private"),
        ("http://224.0.0.1/", "private"),
        ("http://240.0.0.1/", "private"),
        ("http://255.255.255.255/", "private"),
        ("http://[::1]:8000/v1", "translated"),
        ("http://[::]/", "translated"),
        ("http://[fe80::1]/", "private"),
        ("http://[fe80::1%25eth0]/", "private"),
        ("http://[fec0::1]/", "private"),
        ("http://[fd00:ec2::254]/", "private"),
        ("http://[ff02::1]/", "private"),
        ("http://[2001:db8::1]/", "private"),
        ("http://[::ffff:127.0.0.1]/", "translated"),
        ("http://[::ffff:93.184.216.34]/", "translated"),
        ("http://[::7f00:1]/", "translated"),
        ("http://[64:ff9b::7f00:1]/", "translated"),
        ("http://[64:ff9b:1::a00:1]/", "translated"),
        ("http://[2002:7f00:1::]/", "translated"),
        ("http://[2001:0:7f00:1::]/", "translated"),
        ("http://2130706433/", "encoding"),
        ("http://0x7f000001/", "encoding"),
        ("http://0x7f.1/", "encoding"),
        ("http://127.1/", "encoding"),
        ("http://0177.0.0.1/", "encoding"),
        ("http://127.0.0.01/", "encoding"),
        ("http://127.0.0.1.:80/", "private"),
        ("http://1.2.3.4.5/", "encoding"),
        ("http://999.1.1.1/", "encoding"),
        ("http://localhost:8000/v1", "private"),
        ("http://LOCALHOST./", "private"),
        ("http://api.localhost/", "private"),
        ("http://vllm:8000/v1", "private"),
        ("http://metadata.google.internal/", "private"),
        ("http://printer.local/", "private"),
        ("http://user:pass@models.example.org/", "userinfo"),
        ("http://models.example.org@127.0.0.1/", "userinfo"),
        ("http://models.example.org\\@127.0.0.1/", "unreadable"),
        ("http://models.example.org /", "unreadable"),
        ("http://models.example.org/\r\nHost: evil", "unreadable"),
        ("http://１２７.0.0.1/", "unreadable"),
        ("http://127。0。0。1/", "unreadable"),
        ("http://models.example.org/?q=1", "unreadable"),
        ("http://models.example.org/#x", "unreadable"),
        ("http://models.example.org:99999/", "unreadable"),
        ("http://" + "a" * 600 + ".org/", "unreadable"),
        ("ftp://models.example.org/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://models.example.org/", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("//models.example.org/", "scheme"),
        ("models.example.org", "scheme"),
        ("", "scheme"),
        ("http://", "host"),
        ("http:///etc/passwd", "host"),
        ("http://-bad-.example.org/", "host"),
        ("http://a..example.org/", "host"),
        ("http://[nonsense]/", "unreadable"),
        ("http://models.example.org:22/", "port"),
        ("http://models.example.org:25/", "port"),
        ("http://unknown.example.org/", "unresolved"),
    ],
)
def test_addresses_that_are_refused(url, code):
    with pytest.raises(RefusedAddressError) as caught:
        check_endpoint(url, resolve=resolve(PUBLIC))
    assert caught.value.code == code
    assert len(str(caught.value)) > 20


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://models.example.org/v1", "models.example.org", 443),
        ("http://Models.Example.org:8000/v1", "models.example.org", 8000),
        ("http://93.184.216.34/v1", "93.184.216.34", 80),
        ("https://[2606:2800:220:1::1]:8443/v1", "2606:2800:220:1::1", 8443),
    ],
)
def test_public_addresses_are_taken(url, host, port):
    endpoint = check_endpoint(url, resolve=resolve(PUBLIC))
    assert (endpoint.host, endpoint.port) == (host, port)


@pytest.mark.parametrize("answer", ["127.0.0.1", "10.0.0.1", "::1", "::ffff:10.0.0.1", "fe80::1%2"])
def test_a_public_name_with_one_private_address_is_refused(answer):
    table = {"models.example.org": ["93.184.216.34", answer]}
    with pytest.raises(RefusedAddressError):
        check_endpoint("http://models.example.org/", resolve=resolve(table))


def test_the_operator_allows_ranges_and_hosts():
    policy = AddressPolicy.parse(["10.1.0.0/16", "127.0.0.1:8000", "vllm", "gpu.internal:9000"])
    assert check_endpoint("http://127.0.0.1:8000/v1", policy).port == 8000
    table = resolve({"vllm": ["10.9.9.9"], "gpu.internal": ["10.9.9.9"], "a.org": ["10.1.2.3"]})
    for allowed in ("http://vllm:8000/v1", "http://gpu.internal:9000", "http://a.org:8000/v1"):
        check_endpoint(allowed, policy, table)
    for refused in (
        "http://127.0.0.1:8001/v1",
        "http://127.0.0.2:8000/v1",
        "http://gpu.internal:9001",
        "http://10.2.0.1:8000",
        "http://vllm:22",
    ):
        with pytest.raises(RefusedAddressError):
            check_endpoint(refused, policy, table)
    with pytest.raises(InvalidInputError, match=r"10\.1\.0\.0/16"):
        AddressPolicy.parse(["10.1.0.0/99"])


def test_parsing_asks_nothing_of_the_network():
    assert parse_endpoint("http://unknown.example.org/v1").host == "unknown.example.org"


class _Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:1/secret")
        else:
            self.send_response(200)
        self.end_headers()
        if self.path != "/away":
            self.wfile.write(self.headers["Host"].encode())

    def log_message(self, *arguments):
        pass


@pytest.fixture
def port():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def _get(transport, url):
    async def ask():
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.get(url)

    return asyncio.run(ask())


def test_the_connection_goes_to_the_checked_address_under_its_name(port):
    policy = AddressPolicy.parse(["127.0.0.1"])
    asked = []

    def once(host, port):
        asked.append(host)
        return ["127.0.0.1"]

    answer = _get(PinnedTransport(policy, once), f"http://models.example.org:{port}/")
    assert answer.text == f"models.example.org:{port}"
    assert asked == ["models.example.org"]  # never resolved a second time


def test_a_name_that_changes_its_address_between_check_and_call_is_refused(port):
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])

    def rebinding(host, port):
        return next(answers)

    url = f"http://models.example.org:{port}/"
    check_endpoint(url, resolve=rebinding)
    with pytest.raises(RefusedAddressError):
        _get(PinnedTransport(AddressPolicy(), rebinding), url)


def test_redirects_are_not_followed(port):
    transport = PinnedTransport(AddressPolicy.parse(["127.0.0.1"]))
    assert _get(transport, f"http://127.0.0.1:{port}/away").status_code == 302


def test_proxies_of_the_environment_are_not_used(port, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    transport = PinnedTransport(AddressPolicy.parse(["127.0.0.1"]))
    assert _get(transport, f"http://127.0.0.1:{port}/").status_code == 200
