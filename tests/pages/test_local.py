from __future__ import annotations

import os
from pathlib import Path

import pytest

from airflow_provider_faceswap.pages.errors import NotShownError
from airflow_provider_faceswap.pages.local import folder_below_roots, open_in
from tests.pages.scene import JPEG


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "media"
    (root / "swaps").mkdir(parents=True)
    (tmp_path / "media-of-others").mkdir()
    monkeypatch.setenv("AIRFLOW__FACESWAP__LOCAL_ROOTS", str(root))
    return root


@pytest.mark.parametrize("name", ["", "/", "/swaps", "/./swaps//"])
def test_a_folder_below_a_root_is_opened(root: Path, name: str) -> None:
    with folder_below_roots(f"{root}{name}") as folder:
        assert os.path.samestat(os.fstat(folder), os.stat(f"{root}{name}"))
    with pytest.raises(OSError):  # it is closed again
        os.fstat(folder)


@pytest.mark.parametrize("name", ["/..", "/../media-of-others", "/swaps/../..", "-of-others", "/swaps\0"])
def test_no_other_folder_is_opened(root: Path, name: str) -> None:
    with pytest.raises(NotShownError) as error, folder_below_roots(f"{root}{name}"):
        pass
    assert error.value.reason == "not_allowed"


@pytest.mark.parametrize("name", ["", ".", "..", "../a.jpg", "a/b.jpg", "a\0.jpg"])
def test_a_name_is_no_path(root: Path, name: str) -> None:
    (root / "a.jpg").write_bytes(JPEG)
    with folder_below_roots(f"{root}/swaps") as folder, pytest.raises(NotShownError) as error:
        open_in(folder, name)
    assert error.value.reason == "not_found"
