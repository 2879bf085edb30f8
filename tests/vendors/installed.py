"""The tiny package, really installed, in a folder of its own."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

ACME = Path(__file__).parent / "acme"


def install(target: Path) -> Path:
    """
    Build the package's wheel and install it.

    :param target: the folder that it is installed in.
    """
    wheels = target / "wheels"
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)]
    subprocess.run(command, cwd=ACME, check=True, capture_output=True, text=True)
    (wheel,) = wheels.glob("acme_faceswap-1.0.0-*.whl")
    # A wheel of pure Python is installed by unpacking it; not every environment of the tests has pip.
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def load_server() -> ModuleType:
    """Return the module that plays the vendor; it needs nothing else of the package."""
    spec = importlib.util.spec_from_file_location("acme_server", ACME / "acme_faceswap" / "server.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def running(server: Any) -> Iterator[Any]:
    """Let a server that plays the vendor run in a thread."""
    with server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
