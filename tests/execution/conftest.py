"""A vendor on loopback, and a task of each vendor that buys there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_provider_faceswap.callbacks.inbox import Inbox
from airflow_provider_faceswap.operators.modelslab import ModelsLabMultipleFaceSwapOperator
from airflow_provider_faceswap.operators.segmind import SegmindFaceSwapOperator
from tests.buckets import S3
from tests.execution.vendors import PICTURE, TAKEN, Task, Vendor, connect, finished
from tests.fakes import JPEG, MP4
from tests.recipe.server import serve_app


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    vendor = Vendor()
    with serve_app(vendor.app()) as vendor.url:
        yield vendor


@pytest.fixture
def modelslab(vendor: Vendor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Task:
    connect(monkeypatch, "modelslab", vendor.url)
    vendor.submissions, vendor.polls = [TAKEN], [finished(vendor)]
    return Task(
        ModelsLabMultipleFaceSwapOperator,
        monkeypatch,
        init_image=PICTURE,
        target_image=PICTURE,
        output_path=f"file://{tmp_path}/out",
    )


@pytest.fixture
def segmind(vendor: Vendor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Task:
    connect(monkeypatch, "segmind", vendor.url)
    return Task(
        SegmindFaceSwapOperator,
        monkeypatch,
        source_img=PICTURE,
        target_img=PICTURE,
        output_path=f"file://{tmp_path}/out",
    )


@pytest.fixture
def callbacks(vendor: Vendor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Inbox:
    connect(monkeypatch, "aifaceswap", vendor.url)
    monkeypatch.setenv("AIRFLOW__FACESWAP__CALLBACK_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AIRFLOW__FACESWAP__CALLBACK_SECRET", "x" * 40)
    monkeypatch.setenv("AIRFLOW__FACESWAP__INBOX", f"file://{tmp_path}/inbox")
    return Inbox(f"file://{tmp_path}/inbox")


@pytest.fixture
def bucket(s3: S3) -> dict[str, str]:
    """A picture and a clip in a bucket."""
    s3.client.put_object(Bucket="bucket", Key="in/face.jpg", Body=JPEG)
    s3.client.put_object(Bucket="bucket", Key="in/clip.mp4", Body=MP4)
    return {"picture": f"{s3.url}/in/face.jpg", "clip": f"{s3.url}/in/clip.mp4"}
