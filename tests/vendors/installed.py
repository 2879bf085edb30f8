"""The tiny package, really installed, in a folder of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ACME = Path(__file__).parent / "acme"


def install(target: Path) -> Path:
    """
    Install the package as its author would, without its dependencies: they are here.

    :param target: the folder that it is installed in.
    """
    # Not in the source: a build leaves files there.
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target", str(target))
    command = [sys.executable, "-m", "uv", "pip", "install", "--python", sys.executable, *options, str(ACME)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return target
