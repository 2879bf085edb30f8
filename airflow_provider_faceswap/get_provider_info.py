"""What Airflow's providers manager asks this provider."""

from __future__ import annotations

from typing import Any, NamedTuple

from airflow_provider_faceswap.apis import VENDORS
from airflow_provider_faceswap.connection_form import connection_field, connection_type

_PACKAGE = "airflow_provider_faceswap"

_MODELSLAB_FIELDS: dict[str, Any] = {
    "namespace": connection_field(
        "API name",
        "ModelsLab has the same operations under two names. Choose deepfake only if your account uses the "
        "older Deepfake API. Empty: faceswap.",
        "string",
        enum=["faceswap", "deepfake"],
    ),
}
_SEGMIND_FIELDS: dict[str, Any] = {
    "path": connection_field(
        "Path of API v1",
        "Segmind's documents name two. Change it if calls of v1 end in HTTP 404. "
        "Empty: /v1/models/faceswap-v2.",
        "string",
        examples=["/v1/models/faceswap-v2", "/v1/faceswap-v2"],
    ),
    "sync_timeout": connection_field(
        "Timeout of API v1 (seconds)",
        "How long one call of v1 may take: its answer is the finished picture. Empty: 150.",
        "number",
        minimum=1,
        maximum=600,
    ),
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
        "cli": [f"{_PACKAGE}.cli.commands.get_cli_commands"],
        "connection-types": [
            connection_type(
                name=vendor,
                title=VENDORS[vendor],
                hook=f"{_PACKAGE}.hooks.{vendor}.{entry.hook}",
                url=entry.url,
                fields=entry.fields,
            )
            for vendor, entry in _ENTRIES.items()
        ],
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
                        "Folders of local disk, comma-separated. Workers read inputs below them, and API "
                        "servers show what lies below them. Empty: none.",
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
