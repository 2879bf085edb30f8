"""The connections that lead to a sandbox."""

from __future__ import annotations

from airflow_provider_faceswap.apis import VENDORS


def default_connections(url: str, key: str) -> dict[str, dict[str, str]]:
    """
    Return the vendors' default connections by their ids.

    :param url: of the sandbox.
    :param key: that it accepts.
    """
    return {f"{vendor}_default": connection(vendor, url, key) for vendor in VENDORS}


def connection(vendor: str, url: str, key: str) -> dict[str, str]:
    """
    Return a connection to the sandbox.

    :param vendor: its type.
    :param url: of the sandbox.
    :param key: that it accepts.
    """
    if vendor not in VENDORS:
        raise ValueError(f"{vendor!r} is not a known vendor: {', '.join(VENDORS)}")
    return {"conn_type": vendor, "host": url, "password": key}
