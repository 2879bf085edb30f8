"""What Airflow's providers manager asks this provider."""

from __future__ import annotations

from typing import Any

_PACKAGE = "airflow_provider_faceswap"

# The form of the connections UI; the hook's settings read the same names.
_COMMON_FIELDS: dict[str, Any] = {
    "requests_per_second": {
        "label": "Requests per second",
        "description": "At most so many calls per second from one process. Empty: no limit.",
        "schema": {"type": ["number", "null"], "exclusiveMinimum": 0},
    },
    "timeout": {
        "label": "Timeout (seconds)",
        "description": "For one call: to connect, and between two parts of an answer. Empty: 30.",
        "schema": {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 600},
    },
    "max_connections": {
        "label": "Connections",
        "description": "At most so many connections from one process. Empty: 50.",
        "schema": {"type": ["integer", "null"], "minimum": 1, "maximum": 1000},
    },
    "verify": {
        "label": "Verify TLS",
        "description": "true, false, or the path of a CA bundle. Empty: true.",
        "schema": {"type": ["string", "boolean", "null"]},
    },
    "proxy": {
        "label": "Proxy",
        "description": "URL of a proxy for the API and for the results, such as http://proxy.example.com:3128.",
        "schema": {"type": ["string", "null"]},
    },
    "allow_private_hosts": {
        "label": "Allow private hosts",
        "description": "Whether results may be downloaded from private addresses. Empty: false.",
        "schema": {"type": ["boolean", "null"]},
    },
    "max_active_jobs": {
        "label": "Queue limit",
        "description": "How many jobs the account's plan lets wait or run at a time.",
        "schema": {"type": ["integer", "null"], "minimum": 1},
    },
}


def _connection(
    conn_type: str, hook: str, name: str, placeholder: str, fields: dict[str, Any]
) -> dict[str, Any]:
    return {
        "connection-type": conn_type,
        "hook-class-name": f"{_PACKAGE}.hooks.{conn_type}.{hook}",
        "hook-name": name,
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "login", "port"],
            "relabeling": {"password": "API key", "host": "Base URL"},
            "placeholders": {"host": placeholder, "password": f"{name} API key"},
        },
        "conn-fields": {**fields, **_COMMON_FIELDS},
    }


def _option(description: str, *, example: str | None = None, sensitive: bool = False) -> dict[str, Any]:
    return {
        "description": description,
        "version_added": "0.1.0",
        "type": "string",
        "example": example,
        "default": None,
        "sensitive": sensitive,
    }


def get_provider_info() -> dict[str, Any]:
    """Return the provider's metadata, as Airflow's ``provider_info.schema.json`` has it."""
    return {
        "package-name": "airflow-provider-faceswap",
        "name": "Face swap",
        "description": "Face swaps by ModelsLab: deferrable operators and sensors, and an offline sandbox.",
        "integrations": [
            {
                "integration-name": "ModelsLab",
                "external-doc-url": "https://docs.modelslab.com/",
                "tags": ["service"],
            },
        ],
        "operators": [
            {"integration-name": "ModelsLab", "python-modules": [f"{_PACKAGE}.operators.modelslab"]},
        ],
        "sensors": [
            {"integration-name": "ModelsLab", "python-modules": [f"{_PACKAGE}.sensors.modelslab"]},
        ],
        "hooks": [
            {"integration-name": "ModelsLab", "python-modules": [f"{_PACKAGE}.hooks.modelslab"]},
        ],
        "triggers": [
            {"integration-name": "ModelsLab", "python-modules": [f"{_PACKAGE}.triggers.jobs"]},
        ],
        "connection-types": [
            _connection(
                "modelslab",
                "ModelsLabHook",
                "ModelsLab",
                "https://modelslab.com",
                {
                    "namespace": {
                        "label": "Namespace",
                        "description": "faceswap, or deepfake for the older pages. Empty: faceswap.",
                        "schema": {"type": ["string", "null"], "enum": ["faceswap", "deepfake", None]},
                    },
                },
            ),
        ],
        "config": {
            "faceswap": {
                "description": "Where vendors that answer by callback reach this Airflow.",
                "options": {
                    "callback_base_url": _option(
                        "Public URL of the API server, as a vendor reaches it. Needed by vendors that "
                        "answer by callback; none of the operators of this version does.",
                        example="https://airflow.example.com",
                    ),
                    "callback_secret": _option(
                        "Signs callback URLs: at least 32 characters. Several, comma-separated, for "
                        "rotation: the first signs, all are accepted.",
                        sensitive=True,
                    ),
                    "inbox": _option(
                        "Folder in object storage that callbacks are written to and read from.",
                        example="s3://my_conn@my-bucket/faceswap-inbox",
                    ),
                },
            },
        },
    }
