from __future__ import annotations

from pathlib import Path

import pytest

from tests.batch.world import BatchWorld


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BatchWorld:
    """A folder, a vendor and a clock."""
    return BatchWorld(tmp_path / "out", monkeypatch)
