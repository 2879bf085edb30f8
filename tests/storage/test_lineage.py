"""What a task reads and writes, in Airflow's own collector of hook lineage."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import plugins_manager
from airflow.sdk.lineage import HookLineageCollector, HookLineageReader

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage import lineage
from airflow_provider_faceswap.storage.lineage import note_read, note_written, public_uri
from airflow_provider_faceswap.storage.outputs import OutputStore
from airflow_provider_faceswap.storage.places import open_place
from airflow_provider_faceswap.storage.provenance import Owner
from airflow_provider_faceswap.storage.sources import File, source_of
from tests.buckets import S3
from tests.storage.conftest import JPEG

JOB = Owner("segmind", "5", "", 1.8e9)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> HookLineageCollector:
    found = HookLineageCollector()
    monkeypatch.setattr(lineage, "get_hook_lineage_collector", lambda: found)
    monkeypatch.setattr(plugins_manager, "get_hook_lineage_readers_plugins", lambda: [HookLineageReader])
    return found


def uris(found: list[Any]) -> list[str]:
    return [info.asset.uri for info in found]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("s3://conn@bucket/out/a b.mp4", "s3://bucket/out/a b.mp4"),
        ("s3://conn@bucket/out", "s3://bucket/out"),
        ("gs://my.conn@bucket/a.mp4", "gs://bucket/a.mp4"),
        ("abfs://conn@container/a.mp4", "abfs://container/a.mp4"),
        ("file:///data/a%20b.mp4", "file:///data/a%20b.mp4"),
        ("https://me:pass@example.com:8443/a.mp4?X-Amz-Signature=x#t", "https://example.com:8443/a.mp4"),
    ],
)
def test_nothing_but_the_place_is_said(url: str, expected: str) -> None:
    assert public_uri(url) == expected


def test_paths_read_and_written_are_collected(collector: HookLineageCollector) -> None:
    note_read("s3://conn@bucket/clip.mp4?X-Amz-Signature=x")
    note_read("file:///data/face.jpg")
    note_written("gs://conn@bucket/out/a.mp4")
    found = collector.collected_assets
    assert uris(found.inputs) == ["s3://bucket/clip.mp4", "file:///data/face.jpg"]
    assert uris(found.outputs) == ["gs://bucket/out/a.mp4"]
    assert "conn@" not in str(found)


def test_a_file_that_is_read_again_is_counted(collector: HookLineageCollector) -> None:
    for conn_id in ("one", "one", "two"):
        note_read(f"s3://{conn_id}@bucket/clip.mp4")
    (found,) = collector.collected_assets.inputs
    assert found.count == 3


def test_a_stored_file_is_written_and_the_line_beside_it_is_not_named(
    collector: HookLineageCollector, folder: str
) -> None:
    file = OutputStore(folder, "image", "faceswap-v2").save_content(JPEG, JOB)
    assert uris(collector.collected_assets.outputs) == [file.url.replace("store@", "")]


@pytest.mark.parametrize("scheme", ["file", "s3"])
def test_an_input_that_a_worker_looks_at_is_read(
    collector: HookLineageCollector,
    s3: S3,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
) -> None:
    monkeypatch.setenv("AIRFLOW__FACESWAP__LOCAL_ROOTS", str(tmp_path))
    (tmp_path / "a.jpg").write_bytes(JPEG)
    s3.client.put_object(Bucket="bucket", Key=f"{tmp_path.name}/a.jpg", Body=JPEG)
    url = {"file": f"file://{tmp_path}/a.jpg", "s3": f"{s3.url}/{tmp_path.name}/a.jpg"}[scheme]
    source = source_of("target", url)
    assert isinstance(source, File)
    source.check("image")
    assert uris(collector.collected_assets.inputs) == [url.replace("store@", "")]


def test_an_upload_that_failed_is_not_written(
    collector: HookLineageCollector, s3: S3, tmp_path: Path
) -> None:
    place = open_place(f"{s3.url}/{tmp_path.name}", ResultError)
    with pytest.raises(OSError, match="arrived"):
        place.put("a.jpg", io.BytesIO(JPEG), len(JPEG) + 1)
    assert not collector.has_collected


@pytest.mark.parametrize("url", ["s3://[bucket/a.mp4", "nosuch://bucket/a.mp4"])
def test_lineage_that_cannot_be_noted_is_a_warning(
    collector: HookLineageCollector, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    note_written(url)
    assert "ValueError" in caplog.text and not collector.has_collected


def test_where_nobody_reads_lineage_no_collector_is_made(
    collector: HookLineageCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins_manager, "get_hook_lineage_readers_plugins", list)
    monkeypatch.setattr(lineage, "get_hook_lineage_collector", lambda: pytest.fail("it is costly"))
    note_written("file:///data/a.mp4")
    assert not collector.has_collected


def test_where_nobody_can_say_who_reads_it_is_collected(
    collector: HookLineageCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(plugins_manager, "get_hook_lineage_readers_plugins")
    note_written("file:///data/a.mp4")
    assert uris(collector.collected_assets.outputs) == ["file:///data/a.mp4"]
