"""From an Airflow connection to the settings of an HTTP client."""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from airflow_provider_faceswap.apis.fields import is_loopback, is_url
from airflow_provider_faceswap.exceptions import SettingsError
from airflow_provider_faceswap.hooks.origin import Origin, base_url_of, origin_of

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from airflow_provider_faceswap.apis.request import Request

log = logging.getLogger(__name__)

SettingsT = TypeVar("SettingsT", bound="Settings")

SECONDS = "a number of seconds above 0, at most 600"
MAX_KEY = 512
"""Characters of an API key; masking it in a hostile reply costs in proportion."""
_MASK = "***"
_NO_EXTRAS = ("base_url", "api_key", "vendors_own")
_unverified: set[str] = set()


class Settings(BaseModel):
    """
    What a connection says, checked. A vendor's hook adds its own fields.

    :param base_url: the vendor's origin, or the one that the connection names instead.
    :param api_key: the key, from the connection's password.
    :param timeout: seconds that one call may take.
    :param max_connections: connections of one process to the vendor.
    :param requests_per_second: the most requests of one process; None for no limit.
    :param verify: whether TLS certificates are checked, or the path of a CA bundle.
    :param proxy: URL of a proxy for the vendor's API and its results.
    :param allow_private_hosts: whether results may come from private addresses, and media may have them.
    :param max_active_jobs: jobs that the vendor's plan runs at once; None if unknown.
    :param vendors_own: whether ``base_url`` is the one that the vendor's hook has by itself.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    # The descriptions complete the sentence "must be ..." of an error.
    base_url: str
    api_key: SecretStr
    timeout: float = Field(30.0, gt=0, le=600, description=SECONDS)
    max_connections: int = Field(50, ge=1, le=1000, description="a whole number from 1 to 1000")
    requests_per_second: float | None = Field(None, gt=0, description="a number above 0")
    verify: bool | str = Field(True, description="true, false or the path of a CA bundle")
    proxy: str | None = Field(None, description="a URL such as http://proxy.example.com:3128")
    allow_private_hosts: bool = Field(False, description="true or false")
    max_active_jobs: int | None = Field(None, ge=1, le=10_000, description="a whole number from 1 to 10000")
    vendors_own: bool = False

    @field_validator("verify", mode="before")
    @classmethod
    def _verify(cls, value: Any) -> Any:
        words = {"true": True, "false": False}
        return words.get(value.strip().lower(), value) if isinstance(value, str) else value

    @field_validator("proxy")
    @classmethod
    def _proxy(cls, value: str | None) -> str | None:
        if value and not is_url(value):
            raise ValueError("not a URL")
        return value

    @classmethod
    def extras(cls) -> tuple[str, ...]:
        """Return the names of the connection extras that are read."""
        return tuple(name for name in cls.model_fields if name not in _NO_EXTRAS)

    @classmethod
    def from_connection(
        cls: type[SettingsT], conn: Connection, extra: Mapping[str, Any], default_url: str
    ) -> SettingsT:
        """
        Check a connection.

        :param conn: the connection.
        :param extra: its extras, decoded.
        :param default_url: the vendor's own origin.
        :raises SettingsError: naming the field and the remedy.
        """
        where = f"connection {conn.conn_id!r}"
        key = (conn.password or "").strip()
        _check_key(key, where)
        if unknown := sorted(set(extra) - set(cls.extras())):
            log.warning("%s: unknown extras %s; known are %s", where, unknown, sorted(cls.extras()))
        given = {name: extra[name] for name in cls.extras() if extra.get(name) not in (None, "")}
        if masked := sorted(name for name, value in given.items() if _MASK in str(value)):
            raise SettingsError(f"{where}: extra {masked[0]} is {_MASK}, a mask; enter the value itself")
        try:
            url = base_url_of(conn, default_url)
            settings = cls(base_url=url, api_key=SecretStr(key), vendors_own=url == default_url, **given)
        except ValidationError as error:
            name = str(error.errors(include_url=False, include_input=False)[0]["loc"][0])
            expected = cls.model_fields[name].description
            raise SettingsError(f"{where}: extra {name} must be {expected}") from None
        except ValueError as error:
            raise SettingsError(f"{where}: host (Base URL) {error}") from None
        _check_plain_http(settings, where)
        if settings.verify is False and where not in _unverified:
            _unverified.add(where)
            log.warning("%s: verify is false, so anybody on the way can read the API key", where)
        return settings

    def check(self) -> None:
        """
        Find out whether an HTTP client can be made of these settings; nothing is sent.

        :raises SettingsError: naming the extra and the remedy.
        """
        try:
            httpx.Client(verify=self.tls_context, proxy=self.proxy).close()
        except (ValueError, ImportError, httpx.InvalidURL):
            where = "extra proxy" if self.proxy else "the environment's proxy (HTTPS_PROXY, ALL_PROXY)"
        else:
            return
        raise SettingsError(f"{where} cannot be used; give a URL such as http://proxy.example.com:3128")

    def timeout_for(self, request: type[Request]) -> float:
        """Return the seconds that one call of a request may take."""
        return self.timeout

    @property
    def origin(self) -> Origin:
        """Scheme, host and port of the vendor's API."""
        return origin_of(urlsplit(self.base_url))

    @property
    def tls(self) -> ssl.SSLContext | bool:
        """
        What an HTTP client takes as its TLS verification.

        :raises SettingsError: if the CA bundle cannot be read.
        """
        if isinstance(self.verify, bool):
            return self.verify
        try:
            return _bundle_tls(self.verify, os.stat(self.verify).st_mtime_ns)
        except OSError as error:
            problem = error.strerror or type(error).__name__
        raise SettingsError(
            f"extra verify: {self.verify} is not a CA bundle ({problem}); give a PEM file or a folder of them"
        )

    @property
    def tls_context(self) -> ssl.SSLContext:
        """
        What the calls of the API verify TLS with.

        :raises SettingsError: if the CA bundle, the connection's or the environment's, cannot be read.
        """
        verify = self.tls
        if not isinstance(verify, bool):
            return verify
        try:
            return usual_tls(verify)
        except OSError as error:
            problem = error.strerror or type(error).__name__
        raise SettingsError(f"the environment's SSL_CERT_FILE or SSL_CERT_DIR cannot be read ({problem})")

    def httpx_timeout(self, seconds: float | None = None) -> httpx.Timeout:
        """
        Return the limits of a call's single steps.

        To connect it is shorter: only then is it certain, within the call's own limit, that nothing was sent.

        :param seconds: that the call may take; None for the ordinary time.
        """
        return httpx.Timeout(seconds or self.timeout, connect=self.timeout / 2)

    @property
    def route(self) -> dict[str, str]:
        """The connection's own choices that endpoints need to know their path."""
        return {}


@lru_cache(maxsize=2)
def usual_tls(verify: bool) -> ssl.SSLContext:
    """
    Return httpx's own TLS context; to load its certificates takes some 20 ms of CPU, so it is done once.

    :param verify: whether certificates are checked.
    """
    return httpx.create_ssl_context(verify=verify)


@lru_cache(maxsize=8)
def _bundle_tls(path: str, changed: int) -> ssl.SSLContext:
    """
    Return the TLS context of a CA bundle: it is shared by all requests until the bundle changes.

    :param path: a PEM file, or a folder of them.
    :param changed: when it was changed last.
    """
    folder = os.path.isdir(path)
    return ssl.create_default_context(cafile=None if folder else path, capath=path if folder else None)


def _check_key(key: str, where: str) -> None:
    problem = ""
    if not key:
        problem = "is missing; enter it as API key (the connection's password)"
    elif key == _MASK:
        problem = f"is {_MASK}, which Airflow shows instead of a key; enter the key itself"
    elif not all("!" <= char <= "~" for char in key):
        problem = "holds blanks or characters that no HTTP header takes; copy it from the vendor again"
    elif len(key) > MAX_KEY:
        problem = f"has over {MAX_KEY} characters; copy it from the vendor again"
    if problem:
        raise SettingsError(f"{where}: the API key {problem}")


def _check_plain_http(settings: Settings, where: str) -> None:
    scheme, host, _ = settings.origin
    if scheme == "http" and not is_loopback(host) and not settings.allow_private_hosts:
        raise SettingsError(
            f"{where}: host (Base URL) is plain http, which would send the API key in clear to {host}; "
            "use https, or set the extra allow_private_hosts for a host of your own network"
        )
