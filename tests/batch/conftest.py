"""A folder of inputs, on local disk and in a bucket."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from tests.batch.world import BatchWorld
from tests.buckets import S3


class Inputs:
    """
    A folder that a test puts files into.

    :param url: its URL.
    :param put: writes a file below it.
    """

    def __init__(self, url: str, put: Callable[[str, bytes], None]) -> None:
        self.url, self._put = url, put

    def put(self, name: str, content: bytes | str = b"x") -> str:
        """Write a file; return its URL."""
        self._put(name, content.encode() if isinstance(content, str) else content)
        return f"{self.url}/{name}"


@pytest.fixture(params=["file", "s3"])
def inputs(request: pytest.FixtureRequest) -> Inputs:
    """Empty, on each of the two."""
    found: Inputs = request.getfixturevalue("local" if request.param == "file" else "bucket")
    return found


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inputs:
    root = tmp_path / "media"
    root.mkdir()
    monkeypatch.setenv("AIRFLOW__FACESWAP__LOCAL_ROOTS", str(root))

    def put(name: str, content: bytes) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)

    return Inputs(f"file://{root}", put)


@pytest.fixture
def bucket(s3: S3) -> Inputs:
    folder = f"batch-{uuid4().hex}"

    def put(name: str, content: bytes) -> None:
        s3.client.put_object(Bucket="bucket", Key=f"{folder}/{name}", Body=content)

    return Inputs(f"{s3.url}/{folder}", put)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BatchWorld:
    """A folder of results, a vendor and a clock."""
    return BatchWorld(tmp_path / "out", monkeypatch)
