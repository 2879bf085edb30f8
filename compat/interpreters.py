"""Where the Pythons are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# What Airflow needs and a Python that was built by hand may lack.
PROBE = "import ctypes, sqlite3, ssl, sys; print('%d.%d' % sys.version_info[:2])"


def find_python(version: str) -> Path | None:
    """
    Find a Python that runs: this one, one on the path, or one that pyenv or uv installed.

    :param version: without the patch.
    """
    return next((path for path in _candidates(version) if _runs(path, version)), None)


def _candidates(version: str) -> Iterator[Path]:
    yield Path(sys.executable)
    if found := shutil.which(f"python{version}"):
        yield Path(found)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python")
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python"))
    yield from sorted(uv.glob(f"cpython-{version}.*/bin/python"))


def _runs(path: Path, version: str) -> bool:
    # A shim of pyenv is on the path for versions that it then refuses to start.
    done = subprocess.run([path, "-c", PROBE], capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout.strip() == version
