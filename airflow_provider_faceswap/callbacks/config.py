"""The three options of ``[faceswap]`` that callbacks need."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlsplit

from airflow_provider_faceswap.apis.fields import is_loopback
from airflow_provider_faceswap.exceptions import SettingsError
from airflow_provider_faceswap.options import SECTION, check_folder_url, required_option

log = logging.getLogger(__name__)

MIN_SECRET_LENGTH = 32


@dataclass(frozen=True)
class CallbackSettings:
    """
    Where vendors reach this Airflow.

    :param base_url: the API server's public URL, without a slash at its end.
    :param secrets: the first signs callback URLs, all verify them.
    :param inbox: URL of the folder that callbacks are written to and read from.
    """

    base_url: str
    secrets: tuple[str, ...] = field(repr=False)
    inbox: str


def callback_settings() -> CallbackSettings:
    """
    Read everything that a worker needs to ask for a callback.

    :raises SettingsError: naming the option and what to set it to.
    """
    return CallbackSettings(callback_base_url(), callback_secrets(), inbox_url())


def callback_base_url() -> str:
    """Return the API server's public URL, or raise SettingsError."""
    remedy = "the URL under which the vendor reaches the API server"
    url = required_option("callback_base_url", remedy).rstrip("/")
    host = _host_of(url)
    if not host:
        raise SettingsError(
            f"[{SECTION}] callback_base_url must be a URL such as https://airflow.example.com, without user, "
            "password, query or fragment"
        )
    if url.lower().startswith("http:") and not is_loopback(host):
        _warn_of_plain_http(host)
    return url


def callback_secrets() -> tuple[str, ...]:
    """Return the secrets, the one that signs first, or raise SettingsError."""
    text = required_option(
        "callback_secret", f"{MIN_SECRET_LENGTH} random characters or more, on all components"
    )
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    if not found or any(len(secret) < MIN_SECRET_LENGTH for secret in found):
        raise SettingsError(
            f"[{SECTION}] callback_secret: each secret must have at least {MIN_SECRET_LENGTH} characters; "
            "make one with: openssl rand -hex 32"
        )
    return found


def inbox_url() -> str:
    """Return the URL of the inbox, or raise SettingsError."""
    remedy = "the URL of a folder that API server, workers and triggerers reach"
    return check_folder_url("inbox", required_option("inbox", remedy))


def _host_of(url: str) -> str | None:
    """Return the host of a usable base URL, None for any other text."""
    if not url.isprintable() or set(url) & set(" \\{}"):
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        return None
    # Not parts.username: "https://:password@host" has none.
    return parts.hostname if usable and not ("@" in parts.netloc or parts.query or parts.fragment) else None


@cache  # once per process
def _warn_of_plain_http(host: str) -> None:
    log.warning(
        "[%s] callback_base_url is plain http: everybody between the vendor and %s can read the callback "
        "URLs and the results. Use https",
        SECTION,
        host,
    )
