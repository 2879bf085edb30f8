"""
Imports what the provider's tasks need where a component of Airflow starts, so that those it forks share it.

A task of the ``LocalExecutor`` is a fork of the scheduler, and a Dag file is parsed by a fork of the Dag
processor. Without this each of them imports the provider by itself, a quarter of a second of CPU at each
start of a task.

A listener would say which component starts. But Airflow refuses ``end_from_trigger`` where one is registered.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import walk_packages

log = logging.getLogger(__name__)

COMPONENTS = ("scheduler", "dag-processor", "triggerer")
"""Commands of ``airflow`` that load plugins and fork; for Celery's workers see ``preload_celery.py``."""
ROOMS = ("apis", "hooks", "journal", "storage", "execution", "batch", "operators", "sensors", "triggers")
LATER = (
    "execution.openlineage",  # only where that provider asks for it
    "hooks.client",  # polls in the triggerer, over a client that is slow to import
)
OTHERS = ("anyio._backends._asyncio",)
"""Loaded by the first call in an event loop."""

_ROOT = "airflow_provider_faceswap"


def preload_if_it_forks() -> None:
    """Import the modules if this is the process of a component that forks; what it forks has them then."""
    if not sys.argv[1:2] or sys.argv[1] not in COMPONENTS:
        return
    from multiprocessing import parent_process

    if parent_process() is None:  # a process that was spawned has the arguments of its parent as well
        preload()


@cache
def preload() -> None:
    """Import the modules, and load the certificates that TLS is verified with."""
    from airflow.sdk.configuration import conf

    began = time.process_time()
    try:
        given = (conf.get("faceswap", "preload", fallback="") or "").strip()
        if given and not conf.getboolean("faceswap", "preload"):
            return
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
