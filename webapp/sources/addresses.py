"""Connections to public addresses only, whoever names them: a name, an odd spelling of a number, a redirect.

The name is resolved here, every address that it has is looked at, and the connection is made to one of those that
were looked at, so that DNS cannot change between the two. TLS is still checked against the name.
"""

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

import httpcore

Address = IPv4Address | IPv6Address

# Each holds an IPv4 address inside, by which a gateway would lead to it: mapped, compatible, NAT64 (two), 6to4, Teredo.
CARRIERS = ("::ffff:0:0/96", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
SITE_LOCAL = "fec0::/10"  # given up, so Python calls it global; routers may still lead to it
NEVER = [IPv6Network(text) for text in (*CARRIERS, SITE_LOCAL)]


class NotPublic(Exception):
    """A sentence for the person. It never says which address: that would map this network for a stranger."""


def is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and (address.scope_id or any(address in net for net in NEVER)):
        return False
    inside = address.is_private or address.is_loopback or address.is_link_local or address.is_unspecified
    return address.is_global and not (inside or address.is_multicast or address.is_reserved)


def public_addresses(host: str, port: int) -> list[str]:
    """Where to connect for this host. NotPublic unless every one of its addresses is public."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host} is not known") from error
    addresses = list(dict.fromkeys(str(place[0]) for *_, place in found))
    if not addresses or not all(is_public(ip_address(address)) for address in addresses):
        raise NotPublic(f"«{host}» is not a public address, so nothing is fetched from it.")
    return addresses


class PublicBackend(httpcore.NetworkBackend):
    """What httpcore makes its connections with."""

    def __init__(self) -> None:
        self.plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        problem: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in public_addresses(host, port):
            try:
                return self.plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        raise NotPublic("A socket file is not a public address.")
