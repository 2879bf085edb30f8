"""The sandbox, the receiver of callbacks, and an Airflow that knows both."""

from __future__ import annotations

import json
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from airflow_provider_faceswap.apis import VENDORS, vendor
from airflow_provider_faceswap.callbacks.app import make_app
from airflow_provider_faceswap.sandbox.server import SandboxServer
from airflow_provider_faceswap.testing.connections import default_connections
from airflow_provider_faceswap.testing.handle import FaceSwapSandbox
from airflow_provider_faceswap.testing.servers import serving

CLIP_SECONDS = 1.0
# One process runs everything in turn, so no scheduler can be overtaken.
PAUSES = ("triggers.base.MIN_EVENT_SECONDS", "execution.pause.FIRST_PAUSE")


@contextmanager
def running_sandbox(folder: Path, patch: pytest.MonkeyPatch | None = None) -> Iterator[FaceSwapSandbox]:
    """
    Run everything that a test of Dags needs, and stop it at the end.

    :param folder: an empty folder for the inbox, the inputs and the results.
    :param patch: undoes the environment; a test's own, as two of them would restore each other's values. None
        for one that ends here.
    """
    with ExitStack() as stack:
        patch = patch or stack.enter_context(pytest.MonkeyPatch.context())
        _hide_what_servers_say(stack)
        server = stack.enter_context(SandboxServer())
        receiver = stack.enter_context(serving(Starlette(routes=[Mount("/faceswap", make_app())])))
        for name, value in _environment(server.url, server.key, receiver, folder).items():
            patch.setenv(name, value)
        for name in PAUSES:
            patch.setattr(f"airflow_provider_faceswap.{name}", 0.0)
        sandbox = FaceSwapSandbox(server.url, server.key, folder / "media", patch.setenv)
        stack.callback(sandbox.close)
        sandbox.folder.mkdir()
        _make_clips_wait(sandbox)
        yield sandbox


def _hide_what_servers_say(stack: ExitStack) -> None:
    for name in ("uvicorn.access", "uvicorn.error"):
        logger = logging.getLogger(name)
        stack.callback(logger.setLevel, logger.level)
        logger.setLevel(logging.WARNING)


def _environment(url: str, key: str, receiver: str, folder: Path) -> dict[str, str]:
    connections = default_connections(url, key)
    options = {
        "callback_base_url": receiver,
        "callback_secret": secrets.token_hex(32),
        "inbox": (folder / "inbox").as_uri(),
        "local_roots": str(folder / "media"),
        "spool": (folder / "spool").as_uri(),
    }
    no_proxy = ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1"]))
    return {
        **{f"AIRFLOW_CONN_{name.upper()}": json.dumps(value) for name, value in connections.items()},
        **{f"AIRFLOW__FACESWAP__{name.upper()}": value for name, value in options.items()},
        **dict.fromkeys(("NO_PROXY", "no_proxy"), no_proxy),
    }


def _make_clips_wait(sandbox: FaceSwapSandbox) -> None:
    # Without an estimate: a clip that is expected within seconds is not deferred.
    for name in VENDORS:
        for request in vendor(name).operations.values():
            if request.kind == "video":
                sandbox.progress(operation=request.operation, after_seconds=CLIP_SECONDS, eta=None)
