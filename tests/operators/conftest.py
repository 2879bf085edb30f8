from __future__ import annotations

import pytest

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
