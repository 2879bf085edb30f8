"""The form of a vendor's connection in Airflow's UI; Airflow reads it at its start, so it imports nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# The form shows a section of its own for those that few people need.
_NETWORK = "Network"


def connection_field(label: str, description: str, kind: str, **schema: Any) -> dict[str, Any]:
    """
    Return a field of a connection's form, which may be left empty.

    :param label: what stands beside it.
    :param description: what it does, and what holds where it is empty.
    :param kind: type in JSON Schema: ``string``, ``integer``, ``number`` or ``boolean``.
    :param schema: more of its JSON Schema, such as ``minimum`` or ``enum``.
    """
    return {"label": label, "description": description, "schema": {"type": [kind, "null"], **schema}}


# The settings of every hook; the form shows them in this order.
_COMMON_FIELDS: dict[str, Any] = {
    "max_active_jobs": connection_field(
        "Max active jobs",
        "How many jobs your plan allows to be queued or running at once. A batch submits at most this many. "
        "Empty: 15.",
        "integer",
        minimum=1,
        maximum=10_000,
    ),
    "requests_per_second": connection_field(
        "Max requests per second",
        "How many API calls one Airflow process may send per second. Empty: no limit.",
        "number",
        minimum=0.01,
    ),
    "timeout": connection_field(
        "Timeout (seconds)",
        "How long one API call may take. Empty: 30.",
        "number",
        minimum=1,
        maximum=600,
        section=_NETWORK,
    ),
    "max_connections": connection_field(
        "Max connections",
        "How many network connections one Airflow process may open to the API. Empty: 50.",
        "integer",
        minimum=1,
        maximum=1000,
        section=_NETWORK,
    ),
    "proxy": connection_field(
        "Proxy URL",
        "Proxy for API calls and downloads of results, such as http://user:password@proxy.example.com:3128. "
        "Airflow shows a saved one as ***. Empty: none.",
        "string",
        format="password",
        section=_NETWORK,
    ),
    "verify": connection_field(
        "Verify TLS",
        "true, false, or the path of a CA bundle on the workers. With false, others on the network can read "
        "the API key. Empty: true.",
        "string",
        examples=["true", "false"],
        section=_NETWORK,
    ),
    "allow_private_hosts": connection_field(
        "Allow private hosts",
        "On: results may come from private addresses, media and the receiver of callbacks may have them, "
        "and plain http is allowed. Off: none of that.",
        "boolean",
        section=_NETWORK,
    ),
}


def connection_type(
    *, name: str, title: str, hook: str, url: str, fields: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """
    Return an item of ``connection-types`` in a provider's info: password for the key, host for the base URL.

    :param name: the vendor's connection type.
    :param title: the vendor's name, for people.
    :param hook: path of its hook's class.
    :param url: the vendor's own origin.
    :param fields: what the settings of this hook alone read, each by :func:`connection_field`.
    """
    return {
        "connection-type": name,
        "hook-class-name": hook,
        "hook-name": title,
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "login", "port"],
            "relabeling": {"password": "API key", "host": "Base URL"},
            "placeholders": {
                "host": f"Leave empty for {url}",
                "password": f"Required: your {title} API key",
            },
        },
        "conn-fields": {**(fields or {}), **_COMMON_FIELDS},
    }
