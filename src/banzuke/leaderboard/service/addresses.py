"""Which endpoint addresses a submitter may name, and connections that keep to what was checked.

An address is checked twice: when it is submitted (so that a person reads why it is refused)
and again at each connection, where the checked address is the one connected to. A name that
resolves to something else in between gains nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from banzuke.exceptions import InvalidInputError

if TYPE_CHECKING:
    from banzuke.leaderboard.service.settings import ServiceSettings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], list[str]]

LONGEST_URL = 500
_LOW_PORTS = (80, 443)  # from 1024 up, any
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_DOTTED_QUAD = re.compile(r"(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_LOCAL_SUFFIXES = ("localhost", "local", "localdomain", "internal", "intranet", "lan", "home.arpa")
# global in some Python versions or registries, yet no place for a model: protocol assignments,
# Azure's wire server, the 6to4 relay
_SPECIAL = [
    ipaddress.ip_network(text)
    for text in ("192.0.0.0/24", "168.63.129.16/32", "192.88.99.0/24", "2001::/23")
]
# IPv6 that carries an IPv4 address, which a gateway may unwrap
_TRANSLATED = [
    ipaddress.ip_network(text)
    for text in (
        "::/96",
        "::ffff:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/32",
        "2002::/16",
    )
]


class RefusedAddressError(InvalidInputError):
    """An endpoint address is not one that this server calls.

    Parameters
    ----------
    code : str
        What is wrong, for a message in the reader's language: ``unreadable``, ``scheme``,
        ``userinfo``, ``host``, ``encoding``, ``port``, ``private``, ``translated``,
        ``unresolved``.
    sentence : str
    """

    field = "endpoint"

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        super().__init__(sentence)


@dataclass(frozen=True, kw_only=True)
class AddressPolicy:
    """What an operator allows beyond public addresses.

    Attributes
    ----------
    networks : tuple of networks
        Ranges that are called although they are private, such as ``10.1.0.0/16``.
    hosts : frozenset of (str, int or None)
        Names or addresses that are called whatever they resolve to, at one port or at any
        from 1024 up: ``vllm`` of a compose file, ``127.0.0.1:8000``.
    """

    networks: tuple[Network, ...] = ()
    hosts: frozenset[tuple[str, int | None]] = frozenset()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> AddressPolicy:
        """Read hosts, host:port pairs and networks, as the settings write them.

        Raises
        ------
        InvalidInputError
            Where one is none of these.

        Examples
        --------
        >>> policy = AddressPolicy.parse(["10.1.0.0/16", "vllm:8000", "[::1]:8000"])
        >>> sorted(policy.hosts)
        [('::1', 8000), ('vllm', 8000)]
        """
        networks: list[Network] = []
        hosts: set[tuple[str, int | None]] = set()
        for entry in entries:
            text = entry.strip().lower()
            try:
                networks.append(ipaddress.ip_network(text))
            except ValueError:
                hosts.add(_host_entry(text))
        return cls(networks=tuple(networks), hosts=frozenset(hosts))

    def allows(self, address: Address) -> bool:
        """Whether the operator named a range that holds the address."""
        return any(address in network for network in self.networks)

    def allows_host(self, host: str, port: int) -> bool:
        """Whether the operator named the host itself."""
        return (host, port) in self.hosts or (host, None) in self.hosts


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An address taken apart: scheme, host (lower case, ASCII) and port."""

    scheme: str
    host: str
    port: int


def parse_endpoint(url: str, policy: AddressPolicy | None = None) -> Endpoint:
    """Take an address apart and refuse what is not plainly an http or https URL.

    Nothing is asked of the network.

    Raises
    ------
    RefusedAddressError
        Where there are user names, odd encodings of hosts, local names, other schemes or ports.
    """
    policy = policy or AddressPolicy()
    if len(url) > LONGEST_URL or not url.isascii() or re.search(r"[\x00-\x20\x7f\\^`{|}<>\"]", url):
        raise RefusedAddressError(
            "unreadable",
            f"the address is longer than {LONGEST_URL} characters or holds a space, a backslash "
            "or a sign that is not ASCII; write international names as xn--",
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise RefusedAddressError("unreadable", "the address cannot be read as a URL") from None
    if parts.scheme not in ("http", "https"):
        raise RefusedAddressError("scheme", "the address must start with http:// or https://")
    if "@" in parts.netloc:
        raise RefusedAddressError(
            "userinfo", "the address must not hold a user name or password; remove what is before @"
        )
    if parts.query or parts.fragment:
        raise RefusedAddressError("unreadable", "the address must end before any ? or #")
    port = (443 if parts.scheme == "https" else 80) if port is None else port
    host = _host(parts.netloc, parts.hostname)
    if not policy.allows_host(host, port):
        _refuse_local_name(host)
    if port < 1024 and port not in _LOW_PORTS and (host, port) not in policy.hosts:
        raise RefusedAddressError("port", f"port {port} is not one of a model server")
    return Endpoint(scheme=parts.scheme, host=host, port=port)


def check_endpoint(
    url: str, policy: AddressPolicy | None = None, resolve: Resolver | None = None
) -> Endpoint:
    """Check an address and everything its name resolves to.

    Raises
    ------
    RefusedAddressError
    """
    policy = policy or AddressPolicy()
    endpoint = parse_endpoint(url, policy)
    allowed_addresses(endpoint.host, endpoint.port, policy, resolve)
    return endpoint


def check_submitted(url: str, settings: ServiceSettings) -> None:
    """Refuse an endpoint that the settings do not allow; the rule of `SubmissionStore`.

    Raises
    ------
    RefusedAddressError
    """
    check_endpoint(url, AddressPolicy.parse(settings.allowed_private_hosts))


def allowed_addresses(
    host: str, port: int, policy: AddressPolicy, resolve: Resolver | None = None
) -> list[str]:
    """Resolve a host once and return its addresses, all of which may be called.

    Raises
    ------
    RefusedAddressError
        Where it does not resolve, or any of its addresses is not public.
    """
    if (literal := _literal(host)) is not None:
        found = [str(literal)]
    else:
        found = (resolve or resolve_host)(host, port)
    if not found:
        raise RefusedAddressError("unresolved", f"the name {host} has no address")
    if policy.allows_host(host, port):
        return found
    for text in found:
        refuse_address(ipaddress.ip_address(text.partition("%")[0]), policy)
    return found


def refuse_address(address: Address, policy: AddressPolicy) -> None:
    """Raise where an address is not public and the operator did not allow it.

    Raises
    ------
    RefusedAddressError
    """
    if policy.allows(address):
        return
    if any(address in network for network in _TRANSLATED):
        raise RefusedAddressError(
            "translated", f"{address} wraps an IPv4 address in IPv6; name the address itself"
        )
    private = (
        not address.is_global
        or address.is_multicast
        or address.is_reserved
        or getattr(address, "is_site_local", False)
        or any(address in network for network in _SPECIAL)
    )
    if private:
        raise RefusedAddressError(
            "private",
            "the address leads into a private, local or reserved network; "
            "this server calls public addresses only",
        )


def resolve_host(host: str, port: int) -> list[str]:
    """Ask the system's resolver.

    Raises
    ------
    RefusedAddressError
        Where the name is unknown.
    """
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise RefusedAddressError(
            "unresolved", f"the name {host} cannot be resolved; check its spelling"
        ) from None
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


class PinnedTransport(httpx.AsyncHTTPTransport):
    """Connects to the very address that was checked; for clients of a submitted endpoint.

    Each request resolves the host, refuses it as `check_endpoint` does, and goes to the
    first address found, under the host's name (Host header, TLS name and certificate). No
    proxy of the environment is used. httpx follows no redirect unless told to; a client of
    a submitted address must leave that as it is.

    Parameters
    ----------
    policy : AddressPolicy
    resolve : callable, optional
        Stands in for the system's resolver: (host, port) to addresses as text.
    """

    def __init__(self, policy: AddressPolicy, resolve: Resolver | None = None) -> None:
        super().__init__(trust_env=False)
        self._policy = policy
        self._resolve = resolve

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request to a checked address."""
        import anyio.to_thread

        endpoint = parse_endpoint(str(request.url.copy_with(query=None)), self._policy)
        # a thread, for the system's resolver blocks
        found = await anyio.to_thread.run_sync(
            allowed_addresses, endpoint.host, endpoint.port, self._policy, self._resolve
        )
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=found[0]),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": endpoint.host},
        )
        return await super().handle_async_request(pinned)


def _host(netloc: str, hostname: str | None) -> str:
    host = (hostname or "").lower().removesuffix(".")
    if netloc.startswith("["):
        return _bracketed(host)
    if not host or len(host) > 253 or not all(_LABEL.fullmatch(part) for part in host.split(".")):
        raise RefusedAddressError("host", "the address holds no host name that can be called")
    if _DOTTED_QUAD.fullmatch(host) and all(int(part) < 256 for part in host.split(".")):
        return host
    if _NUMBER.fullmatch(host.rsplit(".", 1)[-1]):
        # 2130706433, 0x7f.1 and 017700000001 are 127.0.0.1 to many resolvers
        raise RefusedAddressError(
            "encoding", "the host is a number in an unusual notation; write it as 203.0.113.7"
        )
    return host


def _refuse_local_name(host: str) -> None:
    if _literal(host) is not None:
        return
    if "." not in host or any(host == end or host.endswith(f".{end}") for end in _LOCAL_SUFFIXES):
        raise RefusedAddressError(
            "private", f"{host} is a name of a local network; this server calls public names only"
        )


def _host_entry(text: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(f"//{text}")
        host, port = _host(parts.netloc, parts.hostname), parts.port
        if parts.path or parts.query or parts.fragment or "@" in text:
            raise ValueError(text)
    except ValueError:
        raise InvalidInputError(
            f"'{text}' is neither a host, a host:port pair nor a range such as 10.1.0.0/16"
        ) from None
    return host, port


def _bracketed(host: str) -> str:
    if "%" in host:
        raise RefusedAddressError("private", "an IPv6 zone is local to one machine; remove it")
    try:
        return str(ipaddress.IPv6Address(host))
    except ValueError:
        raise RefusedAddressError("host", "the address between [ ] is not IPv6") from None


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
