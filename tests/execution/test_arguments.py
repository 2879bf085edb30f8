"""Arguments and results as people pass them and read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import ObjectStoragePath

from tests.execution.vendors import Task, Vendor
from tests.fakes import JPEG


@pytest.mark.parametrize("kind", [Path, lambda path: ObjectStoragePath(f"file://{path}")])
def test_media_may_be_paths(
    segmind: Task, vendor: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Any
) -> None:
    monkeypatch.setenv("AIRFLOW__FACESWAP__LOCAL_ROOTS", str(tmp_path))
    (tmp_path / "face.jpg").write_bytes(JPEG)
    vendor.submissions = [JPEG]
    picture = kind(tmp_path / "face.jpg")
    first = segmind.start(source_img=picture)
    assert segmind.start(source_img=picture) == first
    assert len(vendor.submitted) == 1


def test_a_job_without_an_id_has_none_in_the_result(segmind: Task, vendor: Vendor) -> None:
    vendor.submissions = [JPEG]
    assert segmind.start()["job_id"] is None
