"""Which IP addresses are public, with those seen through that other addresses carry inside them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from airflow_provider_faceswap.hooks.settings import Settings

OR_ALLOW = "; if it can, set the connection's extra allow_private_hosts"
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


# Link-local, and where clouds hand out credentials or run their machines' agents.
_METADATA = _networks(
    "169.254.0.0/16", "fe80::/10", "168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32",
    "fd00:ec2::/32", "fd20:ce::254/128",
)  # fmt: skip
# What Python calls global, or did in older versions, and what translates into another address.
_NOT_PUBLIC = _networks(
    "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "64:ff9b::/96", "64:ff9b:1::/48",
    "2001::/23", "2002::/16", "3fff::/20",
)  # fmt: skip
_UNICAST = ipaddress.IPv6Network("2000::/3")
_LAST_FOUR_BYTES = _networks("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")
_ISATAP = (0x5EFE, 0x0200_5EFE)


def refusal(address: str, allow_private: bool) -> str | None:
    """
    Say why an address is not connected to.

    :param address: a literal IP address.
    :param allow_private: whether private addresses are allowed; metadata addresses never are.
    :return: the reason, or None if it is allowed.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    faces = {ip, *_inside(ip)}
    if any(_in(face, _METADATA) for face in faces):
        return f"{ip} is a link-local or metadata address"
    if allow_private or all(map(_public, faces)):
        return None
    return f"{ip} is not a public address; the connection's extra allow_private_hosts would allow it"


def private_host(url: str) -> str:
    """
    Return the host of a URL that only this machine or its network reaches, as far as the URL itself shows it.

    :param url: absolute.
    :return: an empty text for any other host, as nobody is asked for the address of a name.
    """
    host = ""
    try:
        host = urlsplit(url).hostname or ""
        return host if refusal(host, allow_private=False) else ""
    except ValueError:  # a name, or no URL
        return host if host == "localhost" or host.endswith(".localhost") else ""


def unreachable_host(url: str, settings: Settings) -> str:
    """
    Return the host of a URL that is given to a vendor who cannot reach it.

    :param url: absolute.
    :param settings: of the connection: the sandbox, a gateway or a vendor in this network may reach it.
    :return: an empty text for any other host.
    """
    if not settings.vendors_own or settings.allow_private_hosts or private_host(settings.base_url):
        return ""
    return private_host(url)


def _public(ip: Address) -> bool:
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return True  # the address inside decides
        if ip not in _UNICAST:
            return False
    return ip.is_global and not ip.is_multicast and not _in(ip, _NOT_PUBLIC)


def _in(ip: Address, networks: tuple[Network, ...]) -> bool:
    return any(ip in network for network in networks if network.version == ip.version)


def _inside(ip: Address) -> Iterator[Address]:
    """Return the IPv4 addresses that an IPv6 address may be translated or tunnelled to."""
    if not isinstance(ip, ipaddress.IPv6Address):
        return
    number = int(ip)
    if _in(ip, _LAST_FOUR_BYTES) or (number >> 32) & 0xFFFF_FFFF in _ISATAP:
        yield ipaddress.IPv4Address(number & 0xFFFF_FFFF)
    if ip.sixtofour:
        yield ip.sixtofour
    yield from ip.teredo or ()
