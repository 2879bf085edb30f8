"""The three options of ``[faceswap]`` that callbacks need."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from airflow_provider_faceswap.exceptions import SettingsError
from airflow_provider_faceswap.options import SECTION, check_folder_url, required_option

MIN_SECRET = 32


@dataclass(frozen=True)
class CallbackSettings:
    """
    Where vendors reach this Airflow.

    :param base_url: the API server's public URL, without a slash at its end.
    :param secrets: sign callback URLs; the first signs, all verify.
    :param inbox: URL of the folder that callbacks are written to and read from.
    """

    base_url: str
    secrets: tuple[str, ...] = field(repr=False)
    inbox: str


def callback_settings() -> CallbackSettings:
    """
    Read all that a worker needs to ask for a callback.

    :raises SettingsError: naming the option and the remedy.
    """
    return CallbackSettings(callback_base_url(), callback_secrets(), inbox_url())


def callback_base_url() -> str:
    """Return the API server's public URL, or raise SettingsError."""
    url = required_option(
        "callback_base_url", "the URL under which the vendor reaches the API server"
    ).rstrip("/")
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        fine = False
    if not fine or parts.username or parts.query or parts.fragment or not url.isprintable() or " " in url:
        raise SettingsError(
            f"[{SECTION}] callback_base_url must be a URL such as https://airflow.example.com, without user, "
            "query or fragment"
        )
    return url


def callback_secrets() -> tuple[str, ...]:
    """Return the secrets, the one that signs first, or raise SettingsError."""
    text = required_option("callback_secret", f"{MIN_SECRET} random characters or more, on all components")
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    if not found or any(len(secret) < MIN_SECRET for secret in found):
        raise SettingsError(
            f"[{SECTION}] callback_secret: each secret must have at least {MIN_SECRET} characters; "
            "make one with: openssl rand -hex 32"
        )
    return found


def inbox_url() -> str:
    """Return the URL of the inbox, or raise SettingsError."""
    remedy = "the URL of a folder that API server, workers and triggerers reach"
    return check_folder_url("inbox", required_option("inbox", remedy))
