"""A result that another task stored for the same inputs is not bought again; and files that change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_provider_faceswap.apis.job import Cost
from airflow_provider_faceswap.exceptions import NotSentError
from airflow_provider_faceswap.storage import records
from tests.fakes import MP4, job
from tests.operators.world import REUSE, URL, World, another_run


def record(tmp_path: Path) -> Path:
    (found,) = (tmp_path / "out" / "_faceswap" / "records").iterdir()
    return found


def test_another_run_takes_what_is_stored(world: World, folder: str) -> None:
    first = world.start(output_path=folder)
    another_run(world)
    again = world.start(output_path=folder, **REUSE)
    assert again == {**first, "output": [], "reused": True}
    assert world.vendor.accepted == 1
    assert world.entry is None, "nothing was bought here"
    assert world.start(output_path=folder, **REUSE) == again


def test_only_who_asks_for_it_takes_what_is_stored(one: World, folder: str) -> None:
    one.start(output_path=folder)
    another_run(one)
    assert "reused" not in one.start(output_path=folder)
    assert one.vendor.accepted == 2


def test_presigned_links_are_the_same_inputs(one: World, folder: str) -> None:
    one.start(media=f"{URL}?X-Amz-Signature=1", output_path=folder)
    another_run(one)
    assert one.start(media=f"{URL}?X-Amz-Signature=2", output_path=folder, **REUSE)["reused"] is True


@pytest.mark.parametrize(
    "changed",
    [
        {"init_image": "https://example.com/other.jpg"},
        {"output_format": "mov"},
        {"idempotency_key": "order-7"},
    ],
)
def test_other_inputs_are_bought(one: World, folder: str, changed: dict[str, Any]) -> None:
    one.start(output_path=folder)
    another_run(one)
    assert "reused" not in one.start(output_path=folder, **REUSE, **changed)
    assert one.vendor.accepted == 2


def test_a_key_stands_for_the_options_and_not_for_other_media(
    one: World, folder: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A key that is the same for all map indexes must not file one clip's result under all of them."""
    key = {"idempotency_key": "order-7"}
    one.start(output_path=folder, **key)
    another_run(one)
    assert one.start(output_path=folder, output_format="mov", **key, **REUSE)["reused"] is True
    another = one.start(output_path=folder, init_image="https://example.com/other.jpg", **key, **REUSE)
    assert "reused" not in another and one.vendor.accepted == 2
    assert "Job 278 has the same idempotency_key and other inputs: not reused" in caplog.text


@pytest.mark.parametrize(
    "same", [{"watermark": True}, {"track_id": 7}, {"webhook": "https://example.com/hook"}, {"conn_id": "b"}]
)
def test_what_changes_nothing_about_the_result_is_the_same(
    one: World, folder: str, same: dict[str, Any]
) -> None:
    one.start(output_path=folder)
    another_run(one)
    assert one.start(output_path=folder, **same, **REUSE)["reused"] is True


def test_a_clear_with_resubmit_buys_also_where_nothing_was_bought_before(one: World, folder: str) -> None:
    one.start(output_path=folder)
    another_run(one)
    assert one.start(output_path=folder, on_clear="resubmit", **REUSE)["reused"] is True
    one.clear()
    assert "reused" not in one.start(output_path=folder, on_clear="resubmit", **REUSE)
    assert one.vendor.accepted == 2


def test_the_retry_after_a_clear_with_resubmit_buys_too(one: World, folder: str) -> None:
    one.start(output_path=folder)
    one.clear()
    one.vendor.submissions = [NotSentError("no route")]
    with pytest.raises(AirflowException, match="no route"):
        one.start(output_path=folder, on_clear="resubmit", **REUSE)
    assert "reused" not in one.start(output_path=folder, on_clear="resubmit", **REUSE)
    assert one.vendor.accepted == 2


def test_a_result_of_another_host_is_not_reused(one: World, folder: str) -> None:
    """What the sandbox made is not the vendor's."""
    one.start(output_path=folder)
    another_run(one)
    one.vendor.moves_to("http://127.0.0.1:8765")
    assert "reused" not in one.start(output_path=folder, **REUSE)


def test_a_reused_result_cost_nothing(one: World, folder: str) -> None:
    one.vendor.polls = [job(cost=Cost(amount=3))]
    assert one.start(output_path=folder)["cost"]["amount"] == 3
    another_run(one)
    assert one.start(output_path=folder, **REUSE)["cost"] is None


@pytest.mark.parametrize("damage", ["gone", "another size", "record gone", "another folder"])
def test_what_is_not_there_is_bought(one: World, folder: str, tmp_path: Path, damage: str) -> None:
    (stored,) = one.start(output_path=folder)["stored"]
    file = Path(stored.removeprefix("file://"))
    if damage == "gone":
        file.unlink()
    elif damage == "another size":
        file.write_bytes(b"short")
    elif damage == "record gone":
        record(tmp_path).unlink()
    else:
        folder = f"file://{tmp_path}/elsewhere"
    another_run(one)
    one.vendor.submissions = [job(job_id="279", state=job().state.PROCESSING)]
    again = one.start(output_path=folder, **REUSE)
    assert "reused" not in again and again["job_id"] == "279"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"5", b'{"result": 5}', b'{"result": {}}', b"[" * 60_000, b"\xff" * 9,
        json.dumps({"result": {"provider": "modelslab", "operation": "o", "files": [{"url": "file:///x"}]}})
        .encode(),
        b'{"schema_version": 1, "result": {"provider": "modelslab", "operation": "o", "status": "success"}}',
        b" " * 1_000_000,
    ],
)  # fmt: skip
def test_a_record_that_makes_no_sense_is_not_used(
    one: World, folder: str, tmp_path: Path, content: bytes
) -> None:
    one.start(output_path=folder)
    record(tmp_path).write_bytes(content)
    another_run(one)
    assert "reused" not in one.start(output_path=folder, **REUSE)
    assert one.vendor.accepted == 2


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("provider", "segmind"),
        ("job_id", "279"),
        ("status", "failed"),
        ("inputs", {"init_video": "s3://bucket/other.mp4"}),
        ("meta", {"seed": 2**70}),
        ("seconds", 10.0**30),
        ("cost", {"amount": 1, "unit": "credits", "note": "x"}),
        ("inputs", {"init_video": "s3://bucket/a.mp4?X-Amz-Signature=1"}),
    ],
)
def test_a_record_that_says_something_else_than_the_line_beside_its_file_is_not_used(
    one: World, folder: str, tmp_path: Path, key: str, value: Any
) -> None:
    one.start(output_path=folder)
    written = json.loads(record(tmp_path).read_text())
    written["result"][key] = value
    record(tmp_path).write_text(json.dumps(written))
    another_run(one)
    assert "reused" not in one.start(output_path=folder, **REUSE)


def test_a_record_leads_to_no_file_outside_its_folder(one: World, folder: str, tmp_path: Path) -> None:
    one.start(output_path=folder)
    written = json.loads(record(tmp_path).read_text())
    elsewhere = f"file://{tmp_path}/secret.mp4"
    (tmp_path / "secret.mp4").write_bytes(MP4)
    result = written["result"]
    result["files"][0]["url"], result["stored"] = elsewhere, [elsewhere]
    record(tmp_path).write_text(json.dumps(written))
    another_run(one)
    assert "reused" not in one.start(output_path=folder, **REUSE)


def test_a_folder_that_cannot_be_read_is_no_reason_to_buy(
    one: World, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr(records, "open_place", broken)
    with pytest.raises(AirflowException, match=r"output_path cannot be read now: TimeoutError") as caught:
        one.start(output_path=folder, **REUSE)
    assert isinstance(caught.value, NotSentError) and one.vendor.accepted == 0


def test_a_record_that_cannot_be_written_fails_no_paid_task(
    one: World, folder: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr(records.Records, "write", broken)
    assert one.start(output_path=folder)["status"] == "success"
    assert "No record for reuse_stored could be written" in caplog.text


def test_a_clear_that_asks_for_another_one_buys_it(one: World, folder: str) -> None:
    one.start(output_path=folder)
    one.clear()
    again = one.start(output_path=folder, on_clear="resubmit", **REUSE)
    assert "reused" not in again and one.vendor.accepted == 2


def test_it_needs_a_folder_to_look_in(one: World) -> None:
    with pytest.raises(AirflowFailException, match="reuse_stored: needs output_path"):
        one.start(**REUSE)


def test_it_does_not_go_with_a_sensor(one: World, folder: str) -> None:
    with pytest.raises(AirflowFailException, match="reuse_stored: needs wait_for_completion=True"):
        one.start(output_path=folder, wait_for_completion=False, **REUSE)


def test_a_text_is_no_yes(one: World, folder: str) -> None:
    with pytest.raises(AirflowFailException, match="reuse_stored: must be True or False"):
        one.start(output_path=folder, reuse_stored="False")
