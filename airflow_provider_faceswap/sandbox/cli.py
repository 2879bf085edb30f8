"""The command line of the sandbox."""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer

from airflow_provider_faceswap.sandbox.server import SandboxServer
from airflow_provider_faceswap.sandbox.settings import Settings

DEFAULTS = Settings()


def serve(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 picks a free one.")
    ] = 8765,
    image_seconds: Annotated[
        float, typer.Option(min=0, help="How long an image takes; 0 answers with the result.")
    ] = DEFAULTS.image_seconds,
    video_seconds: Annotated[
        float, typer.Option(min=0, help="How long a video takes; 0 answers with the result.")
    ] = DEFAULTS.video_seconds,
    max_queued: Annotated[
        int | None, typer.Option(min=0, help="How many unfinished jobs the account may hold.")
    ] = None,
    key: Annotated[str, typer.Option(help="The only API key that is accepted.")] = DEFAULTS.key,
) -> None:
    """Run the face-swap vendors on loopback, until Ctrl-C or SIGTERM."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    settings = Settings(
        key=key, image_seconds=image_seconds, video_seconds=video_seconds, max_queued=max_queued
    )
    try:
        server = SandboxServer(settings, port)
    except OSError as error:
        sys.exit(f"Cannot listen on 127.0.0.1:{port}: {error.strerror}")
    print(f"Sandbox: {server.url}  key {server.key}", flush=True)
    server.run()


def main() -> None:
    """The entry point."""
    typer.run(serve)
