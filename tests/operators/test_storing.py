"""Results are stored where output_path says, and what goes wrong there costs nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_provider_faceswap.exceptions import ResultError
from tests.fakes import MP4, RESULT, job
from tests.operators.world import World


def test_results_are_stored_where_output_path_says(one: World, tmp_path: Path) -> None:
    result = one.start(output_path=f"file://{tmp_path}", consent_reference="release 7")
    assert result["stored"] == [f"file://{tmp_path}/modelslab-278.mp4"]
    assert one.downloads.urls == [RESULT] and (tmp_path / "modelslab-278.mp4").read_bytes() == MP4
    beside = json.loads((tmp_path / "modelslab-278.mp4.provenance.json").read_text())
    assert beside["consent_reference"] == "release 7" and "t0k3n" not in str(beside)


def test_the_entry_keeps_size_and_digest_and_no_signed_link(one: World, tmp_path: Path) -> None:
    result = one.start(output_path=f"file://{tmp_path}")
    (file,) = one.entry["result"]["files"]
    assert file == result["files"][0] and file["bytes"] == len(MP4) and len(file["sha256"]) == 64
    assert result["output"] == [RESULT] and not one.entry["result"]["output"]


@pytest.mark.parametrize("store", [True, False])
def test_a_result_that_cannot_be_stored_is_collected_by_the_retry(
    world: World, tmp_path: Path, store: bool
) -> None:
    if not store:
        world.store = None
    world.downloads.problems = [ResultError("disk full")]
    again = "nothing is paid again" if store else "disk full; a retry or clear pays again"
    with pytest.raises(AirflowException, match=rf"job 278: .*{again}") as caught:
        world.start(output_path=f"file://{tmp_path}")
    assert caught.value.job_id == "278" and caught.value.paid is True  # type: ignore[attr-defined]
    assert isinstance(caught.value, AirflowFailException) is not store, "a retry would buy again"
    if store:
        assert len(world.start(output_path=f"file://{tmp_path}")["stored"]) == 1
    assert world.vendor.accepted == 1


def test_a_folder_that_cannot_be_written_is_found_before_anything_is_paid(
    world: World, tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(AirflowFailException, match="output_path") as caught:
        world.start(output_path=f"file://{tmp_path}/out")
    assert world.vendor.sent == [] and caught.value.paid is False  # type: ignore[attr-defined]


def test_a_name_that_another_job_has_is_found_before_anything_is_paid(one: World, tmp_path: Path) -> None:
    folder = f"file://{tmp_path}"
    one.start(output_path=folder, output_name="clip")
    assert one.store is not None
    one.store.delete("faceswap")
    with pytest.raises(AirflowFailException, match="belongs to job 278"):
        one.start(output_path=folder, output_name="clip")
    assert one.vendor.accepted == 1


def test_a_job_that_is_bought_again_by_name_takes_a_name_of_its_own(one: World, tmp_path: Path) -> None:
    folder = f"file://{tmp_path}"
    one.start(output_path=folder, output_name="clip")
    one.clear()
    one.vendor.submissions = [job(job_id="279")]
    result = one.start(output_path=folder, output_name="clip", on_clear="resubmit")
    assert result["stored"] == [f"{folder}/clip-279.mp4"] and (tmp_path / "clip.mp4").read_bytes() == MP4
    assert one.vendor.accepted == 2


def test_a_store_that_cannot_be_read_now_is_no_reason_to_ask_or_to_buy(
    one: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = f"file://{tmp_path}/out"
    one.start(output_path=folder)
    one.vendor.polled.clear()
    one.clear()

    def unreachable(files: object) -> bool:
        raise ResultError("it cannot be seen now whether it is still there: ConnectionError")

    with monkeypatch.context() as patch:
        patch.setattr("airflow_provider_faceswap.execution.results.still_there", unreachable)
        with pytest.raises(AirflowException, match="cannot be seen now") as caught:
            one.start(output_path=folder)
    assert not isinstance(caught.value, AirflowFailException) and not one.vendor.polled
    assert one.start(output_path=folder)["stored"]
    assert one.vendor.accepted == 1


@pytest.mark.parametrize(
    "file",
    [
        {"url": "file:///etc/passwd"},
        {"url": "file:///x/../etc/passwd", "bytes": 1, "sha256": "0" * 64, "format": "mp4"},
        {"url": "https://evil.example.com/x", "bytes": 1, "sha256": "0" * 64, "format": "mp4"},
    ],
)
def test_a_recorded_file_that_is_none_is_refused(one: World, tmp_path: Path, file: dict[str, object]) -> None:
    folder = f"file://{tmp_path}/out"
    one.start(output_path=folder)
    assert one.store is not None
    entry = one.entry
    result = {**entry["result"], "files": [file], "stored": [file["url"]]}
    one.store.set("faceswap", {**entry, "result": result})
    with pytest.raises(AirflowFailException, match=r"entry cannot be read: .*stored file") as caught:
        one.start(output_path=folder)
    assert "passwd" not in str(caught.value) and one.vendor.accepted == 1
