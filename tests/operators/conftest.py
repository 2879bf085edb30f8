from __future__ import annotations

from pathlib import Path

import pytest

from tests.operators.shop import Shop
from tests.operators.till import Till
from tests.operators.world import PURCHASES, World


@pytest.fixture(params=PURCHASES)
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> World:
    """One task of each vendor."""
    return World(request.param, monkeypatch)


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch) -> World:
    """A task of a vendor that is polled, where the vendor makes no difference."""
    return World("modelslab", monkeypatch)


@pytest.fixture
def callbacks(monkeypatch: pytest.MonkeyPatch) -> World:
    """A task of the vendor that calls back."""
    return World("aifaceswap", monkeypatch)


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return f"file://{tmp_path}/out"


@pytest.fixture
def till(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Till:
    return Till(monkeypatch, tmp_path)


@pytest.fixture
def modelslab(monkeypatch: pytest.MonkeyPatch) -> Shop:
    return Shop("modelslab", monkeypatch)
