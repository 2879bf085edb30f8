"""Which addresses a result may be downloaded from: vendors send URLs, and they are not trusted."""

from __future__ import annotations

import errno
import ipaddress
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.hooks.settings import is_loopback, origin_of

if TYPE_CHECKING:
    from airflow_provider_faceswap.hooks.settings import Origin

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NOT_PUBLIC = tuple(
    ipaddress.ip_network(net) for net in ("100.64.0.0/10", "192.0.0.0/24", "168.63.129.16/32", "64:ff9b::/96")
)
_NEVER = tuple(
    ipaddress.ip_network(net)
    for net in ("169.254.0.0/16", "fe80::/10", "168.63.129.16/32", "100.100.100.200/32", "fd00:ec2::254/128")
)


class HostRules:
    """
    Decide on URLs and on the addresses that they lead to.

    :param own_origin: the connection's own origin, which is always allowed.
    :param allow_private: whether private addresses are allowed; metadata addresses never are.
    """

    def __init__(self, own_origin: Origin, allow_private: bool) -> None:
        self.own_origin = own_origin
        self.allow_private = allow_private

    def check_url(self, url: str) -> bool:
        """
        Check a URL before it is asked for.

        :return: whether it is on the connection's own origin.
        :raises ResultError: if the scheme or the host is not allowed; names the host at most.
        """
        try:
            parts = urlsplit(url)
            origin = origin_of(parts)
        except ValueError:
            raise ResultError("the vendor's link is no valid URL") from None
        scheme, host, _ = origin
        if scheme not in ("http", "https") or not host:
            raise ResultError("the vendor's link is no http(s) URL")
        if origin == self.own_origin:
            return True
        if scheme == "http" and not (is_loopback(host) or self.allow_private):
            raise ResultError(
                f"the vendor's link asks for plain http from {host}; "
                "the connection's extra allow_private_hosts would allow it"
            )
        return False

    def follow(self, url: str, location: str) -> tuple[str, bool]:
        """
        Return where a redirect leads, checked as :meth:`check_url` does.

        :param url: that redirects.
        :param location: the header's value.
        """
        try:
            target = urljoin(url, location)
        except ValueError:
            raise ResultError("the vendor's link redirects to no valid URL") from None
        return target, self.check_url(target)

    def refusal(self, address: str) -> str | None:
        """
        Tell why an address is not connected to.

        :param address: a literal IP address.
        :return: the reason, or None if it is allowed.
        """
        ip = _unwrapped(ipaddress.ip_address(address.split("%", 1)[0]))
        if any(ip in net for net in _NEVER if net.version == ip.version) or ip.is_link_local:
            return f"{ip} is a link-local or metadata address"
        if self.allow_private:
            return None
        shared = any(ip in net for net in _NOT_PUBLIC if net.version == ip.version)
        if not ip.is_global or ip.is_multicast or shared:
            return f"{ip} is no public address; the connection's extra allow_private_hosts would allow it"
        return None


class GuardedSockets:
    """
    A socket factory that refuses before connecting; an HTTP client's resolver alone would not see literals.

    :param rules: what is allowed.
    """

    def __init__(self, rules: HostRules) -> None:
        self._rules = rules
        self.refused = ""

    def __call__(self, addr_info: tuple[Any, ...]) -> socket.socket:
        """Make the socket for one resolved address, or raise OSError."""
        family, kind, proto, _, address = addr_info
        reason = self._rules.refusal(str(address[0]))
        if reason:
            self.refused = reason
            raise OSError(errno.EACCES, reason)
        return socket.socket(family=family, type=kind, proto=proto)


def _unwrapped(ip: Address) -> Address:
    if isinstance(ip, ipaddress.IPv6Address):
        return ip.ipv4_mapped or (ip.teredo or (None, None))[1] or ip.sixtofour or ip
    return ip
