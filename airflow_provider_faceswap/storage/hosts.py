"""Which hosts a result may be downloaded from: vendors send URLs, and they are not trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from yarl import URL

from airflow_provider_faceswap.apis.fields import is_loopback, is_url
from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.hooks.origin import origin_of
from airflow_provider_faceswap.storage import addresses

if TYPE_CHECKING:
    from airflow_provider_faceswap.hooks.origin import Origin


@dataclass(frozen=True)
class Link:
    """
    A URL that may be asked for, if the address that it leads to is allowed, too.

    :param url: as the vendor wrote it, not quoted again: that would break signatures.
    :param own: whether it is on the connection's own origin, where any address will do.
    """

    url: URL
    own: bool

    @property
    def host(self) -> str:
        """The host, fit for a message."""
        return (self.url.host or "")[:100]


class HostRules:
    """
    Decide on URLs and on the addresses that they lead to.

    :param own_origin: the connection's own origin, which is always allowed.
    :param allow_private: whether private addresses are allowed; metadata addresses never are.
    """

    def __init__(self, own_origin: Origin, allow_private: bool) -> None:
        self.own_origin = own_origin
        self.allow_private = allow_private

    def check(self, url: str) -> Link:
        """
        Check a URL before it is asked for.

        :raises ResultError: if it is not allowed; names the host at most.
        """
        if not is_url(url):
            raise ResultError("the vendor's link is not a valid http(s) URL")
        try:
            link = URL(url, encoded=url.isascii())
            scheme, host, port = origin = origin_of(urlsplit(url))
            # The reading that was checked must be the one that is connected to.
            same = (link.scheme, (link.host or "").lower().rstrip("."), link.port) == origin
        except ValueError:
            raise ResultError("the vendor's link is not a valid http(s) URL") from None
        if link.user is not None or link.password is not None:
            raise ResultError(f"the vendor's link to {host[:100]} holds a user or a password")
        if not same or not port or "%" in host:  # a zone names an interface of this machine
            raise ResultError("the vendor's link is not a valid http(s) URL")
        own = origin == self.own_origin and not (link.host or "").endswith(".")
        if scheme == "http" and not (own or is_loopback(host) or self.allow_private):
            raise ResultError(
                f"the vendor's link asks for plain http from {host[:100]}; "
                "the connection's extra allow_private_hosts would allow it"
            )
        return Link(link, own)

    def follow(self, link: Link, location: str) -> Link:
        """
        Return where a redirect leads, checked as :meth:`check` does.

        :param link: that redirects.
        :param location: the header's value.
        """
        if not location:
            raise ResultError(f"the vendor's link redirects from {link.host} to nowhere")
        try:
            target = urljoin(str(link.url), location)
        except ValueError:
            raise ResultError(f"the vendor's link redirects from {link.host} to an invalid URL") from None
        try:
            return self.check(target)
        except ResultError as error:
            problem = str(error)
        raise ResultError(f"a redirect from {link.host} was not followed: {problem}")

    def refusal(self, address: str) -> str | None:
        """Say why an address is not connected to, or return None."""
        return addresses.refusal(address, self.allow_private)
