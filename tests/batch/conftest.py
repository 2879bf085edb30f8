"""Folders to write to, on local disk and in a bucket."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(params=["file", "s3"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty folder, on each of the two."""
    if request.param == "file":
        return f"file://{tmp_path}/out"
    return f"{request.getfixturevalue('s3').url}/{tmp_path.name}/out"
