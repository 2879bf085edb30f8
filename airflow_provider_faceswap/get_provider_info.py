"""What Airflow's providers manager asks this provider."""

from __future__ import annotations

from typing import Any, NamedTuple

from airflow_provider_faceswap.apis import VENDORS

_PACKAGE = "airflow_provider_faceswap"

# The form of the connections UI; the hook's settings read the same names.
_COMMON_FIELDS: dict[str, Any] = {
    "requests_per_second": {
        "label": "Requests per second",
        "description": "The most calls that one process sends in a second. Empty: no limit.",
        "schema": {"type": ["number", "null"], "exclusiveMinimum": 0},
    },
    "timeout": {
        "label": "Timeout (seconds)",
        "description": "For one call, from connecting to the end of its answer. Empty: 30.",
        "schema": {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 600},
    },
    "max_connections": {
        "label": "Connections",
        "description": "The most connections that one process opens. Empty: 50.",
        "schema": {"type": ["integer", "null"], "minimum": 1, "maximum": 1000},
    },
    "max_active_jobs": {
        "label": "Active jobs",
        "description": "The queue limit of your plan: how many jobs may be queued or running at once. "
        "A batch submits at most this many. Empty: a batch submits 15.",
        "schema": {"type": ["integer", "null"], "minimum": 1, "maximum": 10000},
    },
    "verify": {
        "label": "Verify TLS",
        "description": "true, false, or the path of a CA bundle. Empty: true.",
        "schema": {"type": ["string", "null"]},
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
}


_MODELSLAB_FIELDS: dict[str, Any] = {
    "namespace": {
        "label": "Namespace",
        "description": "faceswap, or deepfake for the older pages. Empty: faceswap.",
        "schema": {"type": ["string", "null"], "enum": ["faceswap", "deepfake"]},
    },
}
_SEGMIND_FIELDS: dict[str, Any] = {
    "path": {
        "label": "Path of v1",
        "description": "/v1/models/faceswap-v2 in the documents, or /v1/faceswap-v2. Empty: the former.",
        "schema": {"type": ["string", "null"]},
    },
    "sync_timeout": {
        "label": "Timeout of v1 (seconds)",
        "description": "For one call of v1, which answers with the picture. Empty: 150.",
        "schema": {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 600},
    },
}


class _Entry(NamedTuple):
    """
    What Airflow needs to know of a vendor.

    :param hook: the hook's class.
    :param url: the vendor's origin.
    :param docs: the vendor's pages.
    :param trigger: the module of the trigger that waits for its jobs.
    :param fields: of its connections alone.
    """

    hook: str
    url: str
    docs: str
    trigger: str
    fields: dict[str, Any]


_ENTRIES = {
    "modelslab": _Entry(
        "ModelsLabHook", "https://modelslab.com", "https://docs.modelslab.com/", "jobs", _MODELSLAB_FIELDS
    ),
    "segmind": _Entry(
        "SegmindHook",
        "https://api.segmind.com",
        "https://www.segmind.com/models/faceswap-v2",
        "jobs",
        _SEGMIND_FIELDS,
    ),
    "aifaceswap": _Entry(
        "AIFaceSwapHook", "https://aifaceswap.io", "https://aifaceswap.io/api-doc", "callbacks", {}
    ),
}


def _connection(vendor: str, entry: _Entry) -> dict[str, Any]:
    title = VENDORS[vendor]
    return {
        "connection-type": vendor,
        "hook-class-name": f"{_PACKAGE}.hooks.{vendor}.{entry.hook}",
        "hook-name": title,
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "login", "port"],
            "relabeling": {"password": "API key", "host": "Base URL"},
            "placeholders": {"host": entry.url, "password": f"{title} API key"},
        },
        "conn-fields": {**entry.fields, **_COMMON_FIELDS},
    }


def _modules(room: str, *shared: str, **names: str) -> list[dict[str, Any]]:
    return [
        {
            "integration-name": VENDORS[vendor],
            "python-modules": [f"{_PACKAGE}.{room}.{name}" for name in (names.get(vendor, vendor), *shared)],
        }
        for vendor in _ENTRIES
    ]


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
        "description": "Face swaps by ModelsLab, Segmind and aifaceswap.io: operators that buy once, "
        "deferrable sensors, and an offline sandbox.",
        "integrations": [
            {"integration-name": VENDORS[vendor], "external-doc-url": entry.docs, "tags": ["service"]}
            for vendor, entry in _ENTRIES.items()
        ],
        "operators": _modules("operators", "faceswap", "batch"),
        "sensors": _modules("sensors"),
        "hooks": _modules("hooks"),
        "triggers": _modules("triggers", **{vendor: entry.trigger for vendor, entry in _ENTRIES.items()}),
        "extra-links": [
            f"{_PACKAGE}.execution.links.{name}" for name in ("FaceSwapLink", "StoredResultLink")
        ],
        "connection-types": [_connection(vendor, entry) for vendor, entry in _ENTRIES.items()],
        "config": {
            "faceswap": {
                "description": "How vendors call this Airflow back, and which folders are used.",
                "options": {
                    "callback_base_url": _option(
                        "Public URL of the API server, as a vendor reaches it; only the paths below "
                        "/faceswap/callbacks/ need to be public. Needed by vendors that answer by "
                        "callback: aifaceswap.io. Read by workers.",
                        example="https://airflow.example.com",
                    ),
                    "callback_secret": _option(
                        "Signs callback URLs: at least 32 random characters. Several, comma-separated, for "
                        "rotation: the first signs, all are accepted. Read by workers and API servers.",
                        sensitive=True,
                    ),
                    "inbox": _option(
                        "Folder in object storage that holds callbacks until a task takes them. API servers "
                        "write to it, triggerers read it, workers do both.",
                        example="s3://my_conn@my-bucket/faceswap-inbox",
                    ),
                    "spool": _option(
                        "Folder in object storage that keeps a paid picture which could not be stored at "
                        "output_path, until a later try of its task stores it. Empty: the inbox; without "
                        "an inbox, local disk of the worker. Read by workers.",
                        example="s3://my_conn@my-bucket/faceswap-spool",
                    ),
                    "local_roots": _option(
                        "Folders of local disk, comma-separated, that inputs may be read from. Empty: none. "
                        "Read by workers.",
                        example="/data/media,/mnt/clips",
                    ),
                    "preload": _option(
                        "Whether schedulers, Dag processors and triggerers import this provider when they "
                        "start, so that the tasks of a LocalExecutor share it. Takes half a second and "
                        "12 MB; saves a quarter of a second of CPU at each start of a task. Empty: true.",
                        example="false",
                    ),
                },
            },
        },
    }
