"""
What the package of another vendor is made of: this module, and ``testing.vendors`` for its tests.

``docs/adding-a-vendor.md`` shows such a package whole. Everything here is imported when it is asked for, so
that a provider's info, which Airflow reads at its start, costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_faceswap.apis.contract import Vendor
    from airflow_provider_faceswap.apis.fields import (
        MediaUrl,
        OptionalUrl,
        Text,
        check_base64,
        check_picture,
    )
    from airflow_provider_faceswap.apis.job import Cost, Job, JobState
    from airflow_provider_faceswap.apis.kind import Kind
    from airflow_provider_faceswap.apis.media import Media
    from airflow_provider_faceswap.apis.reading import (
        read_id,
        read_meta,
        read_retry_after,
        read_seconds,
        read_urls,
    )
    from airflow_provider_faceswap.apis.reply import Reply
    from airflow_provider_faceswap.apis.request import Poll, Request, Submission
    from airflow_provider_faceswap.connection_form import connection_field, connection_type
    from airflow_provider_faceswap.exceptions import (
        AuthenticationError,
        InDoubtError,
        PollError,
        RefusedError,
        RefusedForNowError,
    )
    from airflow_provider_faceswap.hooks.base import SwapHook
    from airflow_provider_faceswap.hooks.settings import Settings
    from airflow_provider_faceswap.operators.base import SwapOperator
    from airflow_provider_faceswap.operators.called_back import CalledBackOperator
    from airflow_provider_faceswap.sensors.base import JobSensor

__all__ = [
    "AuthenticationError",
    "CalledBackOperator",
    "Cost",
    "InDoubtError",
    "Job",
    "JobSensor",
    "JobState",
    "Kind",
    "Media",
    "MediaUrl",
    "OptionalUrl",
    "Poll",
    "PollError",
    "RefusedError",
    "RefusedForNowError",
    "Reply",
    "Request",
    "Settings",
    "Submission",
    "SwapHook",
    "SwapOperator",
    "Text",
    "Vendor",
    "check_base64",
    "check_picture",
    "connection_field",
    "connection_type",
    "read_id",
    "read_meta",
    "read_retry_after",
    "read_seconds",
    "read_urls",
]

_HOMES = {
    "apis.contract": ("Vendor",),
    "apis.fields": ("MediaUrl", "OptionalUrl", "Text", "check_base64", "check_picture"),
    "apis.job": ("Cost", "Job", "JobState"),
    "apis.kind": ("Kind",),
    "apis.media": ("Media",),
    "apis.reading": ("read_id", "read_meta", "read_retry_after", "read_seconds", "read_urls"),
    "apis.reply": ("Reply",),
    "apis.request": ("Poll", "Request", "Submission"),
    "connection_form": ("connection_field", "connection_type"),
    "exceptions": (
        "AuthenticationError",
        "InDoubtError",
        "PollError",
        "RefusedError",
        "RefusedForNowError",
    ),
    "hooks.base": ("SwapHook",),
    "hooks.settings": ("Settings",),
    "operators.base": ("SwapOperator",),
    "operators.called_back": ("CalledBackOperator",),
    "sensors.base": ("JobSensor",),
}
_HOME_OF = {name: home for home, found in _HOMES.items() for name in found}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = f"{__name__.rpartition('.')[0]}.{_HOME_OF[name]}"
    return getattr(import_module(home), name)
