"""The tiny package, and packages that are broken."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from airflow_provider_faceswap.apis import registry
from tests.vendors.installed import install

collect_ignore = ["acme"]  # its own test runs as its author runs it, see test_acme.py

Distribute = Callable[..., None]


def forget() -> None:
    registry.registered.cache_clear()
    registry._loaded.clear()


@pytest.fixture(scope="session")
def acme_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(tmp_path_factory.mktemp("acme"))


@pytest.fixture
def acme(acme_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Have the tiny package in reach, and not imported yet."""
    monkeypatch.syspath_prepend(str(acme_folder))
    forget()
    yield acme_folder
    forget()
    for name in [name for name in sys.modules if name.partition(".")[0] == "acme_faceswap"]:
        del sys.modules[name]


@pytest.fixture
def distribute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Distribute]:
    """Have a distribution in reach that registers vendors, with a module of its own."""

    def make(name: str, vendors: dict[str, str], module: str = "", code: str = "") -> None:
        folder = tmp_path / name
        info = folder / f"{name}-2.5.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.5\n")
        points = "".join(f"{vendor} = {value}\n" for vendor, value in vendors.items())
        (info / "entry_points.txt").write_text(f"[{registry.GROUP}]\n{points}")
        if module:
            (folder / f"{module}.py").write_text(code)
            made.append(module)
        monkeypatch.syspath_prepend(str(folder))
        forget()

    made: list[str] = []
    yield make
    forget()
    for module in made:
        sys.modules.pop(module, None)
