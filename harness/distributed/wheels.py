"""Where the wheels of the extra ``cluster`` keep their servers."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from harness.cluster import ClusterError


def find_in_wheel(package: str, pattern: str) -> Path:
    """
    Return a file or folder of an installed package, without importing it.

    :param package: the package's import name.
    :param pattern: what to look for in its folder.
    """
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if found := next(Path(folder).glob(pattern), None):
            return found
    raise ClusterError(
        f"{package} has no {pattern}: run `make cluster-test`, which installs it (Python 3.11 on)"
    )
