"""
Imports what the provider's tasks need where a component of Airflow starts, so that those it forks share it.

A task of the ``LocalExecutor`` is a fork of the scheduler, and a Dag file is parsed by a fork of the Dag
processor. Without this each of them imports the provider by itself, a quarter of a second of CPU at each
start of a task. A Celery worker or a pod is not a component in this sense: tasks import as usual there.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

from airflow.listeners import hookimpl

log = logging.getLogger(__name__)

ROOMS = ("apis", "hooks", "journal", "storage", "execution", "batch", "operators", "sensors", "triggers")
LATER = (
    "execution.openlineage",  # only where that provider asks for it
    "hooks.client",  # polls in the triggerer, over a client that is slow to import
)
OTHERS = ("anyio._backends._asyncio",)
"""Loaded by the first call in an event loop."""

_ROOT = "airflow_provider_faceswap"


@hookimpl
def on_starting(component: Any) -> None:
    """
    Import them, unless it is a task that starts: it imports what it needs.

    :param component: the job of a scheduler, a Dag processor or a triggerer, or the marker of a task.
    """
    if type(component).__name__ == "Job":
        preload()


def preload() -> None:
    """Import the modules, and load the certificates that TLS is verified with."""
    from airflow.sdk.configuration import conf

    if not conf.getboolean("faceswap", "preload", fallback=True):
        return
    began = time.process_time()
    try:
        for name in (*_modules(), *OTHERS):
            import_module(name)
        import_module(f"{_ROOT}.hooks.settings").usual_tls(True)
        import_module(f"{_ROOT}.storage.connections").system_tls()
    except Exception as error:  # the component can do without
        log.warning("The face swap provider is not preloaded; its tasks start slower: %r", error)
        return
    log.info("The face swap provider is preloaded, in %.1f s of CPU", time.process_time() - began)


def _modules() -> Iterator[str]:
    for room in ROOMS:
        package = import_module(f"{_ROOT}.{room}")
        for found in walk_packages(package.__path__, f"{package.__name__}."):
            if found.name.removeprefix(f"{_ROOT}.") not in LATER:
                yield found.name
