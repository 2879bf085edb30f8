"""Input files that are written again, or are gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.exceptions import NotSentError
from airflow_provider_faceswap.storage.files import LocalFile
from tests.fakes import JPEG, job
from tests.operators.world import REUSE, World, another_run


def test_another_version_may_have_the_name_of_the_former_one(segmind: World, clip: Path, folder: str) -> None:
    named = {"media": str(clip), "output_path": folder, "output_name": "target"}
    segmind.start(**named)
    clip.write_bytes(JPEG + b"edited")
    another_run(segmind)
    segmind.vendor.submissions = [job(JobState.PROCESSING, job_id="279")]
    (stored,) = segmind.start(**named, **REUSE)["stored"]
    assert stored == f"{folder}/target-279.jpg"


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A picture that Segmind gets sent along."""
    monkeypatch.setenv("AIRFLOW__FACESWAP__LOCAL_ROOTS", str(tmp_path))
    clip = tmp_path / "target.jpg"
    clip.write_bytes(JPEG)
    return clip


@pytest.fixture
def segmind(monkeypatch: pytest.MonkeyPatch) -> World:
    return World("segmind", monkeypatch)


def test_a_file_that_was_written_again_is_another_input_for_a_clear(
    segmind: World, clip: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = segmind.start(media=str(clip))
    clip.write_bytes(JPEG + b"edited")
    assert segmind.start(media=str(clip)) == first, "Airflow's own retry collects"
    assert "Written again since the job was bought: target_img; a clear buys that" in caplog.text
    assert segmind.vendor.accepted == 1

    segmind.clear()
    segmind.start(media=str(clip))
    assert segmind.vendor.accepted == 2
    assert segmind.entry["left"][0]["job_id"] == "278"
    segmind.clear()
    segmind.start(media=str(clip))
    assert segmind.vendor.accepted == 2, "it is the same version now"


def test_a_file_that_is_gone_does_not_keep_a_paid_result_away(segmind: World, clip: Path) -> None:
    segmind.die(media=str(clip))
    clip.unlink()
    assert segmind.start(media=str(clip))["status"] == "success"
    segmind.clear()
    assert segmind.start(media=str(clip))["inputs"]["target_img"] == f"file://{clip}"
    assert segmind.vendor.accepted == 1


def test_a_store_that_fails_now_does_not_keep_a_paid_result_away(
    segmind: World, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> str:
        raise NotSentError("target_img: the file cannot be read now")

    segmind.die(media=str(clip))
    monkeypatch.setattr(LocalFile, "version", property(broken))
    assert segmind.start(media=str(clip))["status"] == "success"
    segmind.clear()
    assert segmind.start(media=str(clip))["status"] == "success"
    assert segmind.vendor.accepted == 1


def test_another_version_of_a_file_is_not_reused(segmind: World, clip: Path, folder: str) -> None:
    segmind.start(media=str(clip), output_path=folder)
    another_run(segmind)
    assert segmind.start(media=str(clip), output_path=folder, **REUSE)["reused"] is True
    clip.write_bytes(JPEG + b"edited")
    another_run(segmind)
    assert "reused" not in segmind.start(media=str(clip), output_path=folder, **REUSE)
    assert segmind.vendor.accepted == 2


def test_the_same_file_by_another_name_is_reused_under_that_name(
    segmind: World, clip: Path, folder: str
) -> None:
    segmind.start(media=str(clip), output_path=folder)
    (written,) = (Path(folder.removeprefix("file://")) / "_faceswap" / "records").iterdir()
    for file in (written, Path(folder.removeprefix("file://")) / "segmind-278.jpg.provenance.json"):
        file.write_text(file.read_text().replace(f"file://{clip}", "s3://former_conn@bucket/target.jpg"))
    another_run(segmind)
    again = segmind.start(media=str(clip), output_path=folder, **REUSE)
    assert again["reused"] is True and again["inputs"]["target_img"] == f"file://{clip}"
    assert segmind.vendor.accepted == 1


def test_a_store_that_fails_once_does_not_hide_what_is_stored(
    segmind: World, clip: Path, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    segmind.start(media=str(clip), output_path=folder)
    another_run(segmind)

    def broken(_: object) -> str:
        raise NotSentError("target_img: the file cannot be read now")

    with monkeypatch.context() as patch:
        patch.setattr(LocalFile, "version", property(broken))
        with pytest.raises(NotSentError):
            segmind.start(media=str(clip), output_path=folder, **REUSE)
    assert segmind.start(media=str(clip), output_path=folder, **REUSE)["reused"] is True
    assert segmind.vendor.accepted == 1
