"""Vendors that answer with the result itself: what is paid is written down before anything else can fail."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowTaskTimeout

from airflow_provider_faceswap.exceptions import InDoubtError, ResultError
from airflow_provider_faceswap.operators.aifaceswap import (
    AIFaceSwapExtractFacesOperator,
    AIFaceSwapExtractFrameFacesOperator,
)
from airflow_provider_faceswap.storage import spool
from airflow_provider_faceswap.storage.outputs import OutputStore
from tests.fakes import JPEG, Killed
from tests.operators.till import BOXES, PICTURE, Till


def block(till: Till) -> None:
    """Let the folder pass its check before the payment, and fail after it."""
    till.monkeypatch.setattr(OutputStore, "save_content", _full)
    till.monkeypatch.setattr(OutputStore, "save_spooled", _full)


def _full(*_: Any, **__: Any) -> Any:
    raise ResultError("no space left; mend it and retry or clear: nothing is paid again")


def unblock(till: Till, *, save_content: Any, save_spooled: Any) -> None:
    till.monkeypatch.setattr(OutputStore, "save_content", save_content)
    till.monkeypatch.setattr(OutputStore, "save_spooled", save_spooled)


REAL = {"save_content": OutputStore.save_content, "save_spooled": OutputStore.save_spooled}


def test_a_picture_is_stored_and_described(till: Till) -> None:
    result = till.start()
    assert result["stored"] == [f"file://{till.folder}/segmind-r-1.jpg"]
    assert (till.folder / "segmind-r-1.jpg").read_bytes() == JPEG
    assert result["output"] == [] and result["cost"] == {"amount": 0.5, "unit": "credits"}
    assert result["meta"] == {"remaining_credits": 7.5} and result["job_id"] == "r-1"
    assert json.loads((till.folder / "segmind-r-1.jpg.provenance.json").read_text())["job_id"] == "r-1"
    assert not till.left_over


def test_pictures_without_an_id_have_names_of_their_own(till: Till) -> None:
    till.answer = PICTURE.model_copy(update={"job_id": ""})
    first = till.start()
    assert till.start() == first
    till.store.delete("faceswap")
    second = till.start()
    assert till.paid == 2 and len({*first["stored"], *second["stored"]}) == 2


@pytest.mark.parametrize("cleared", [True, False])
def test_a_second_start_returns_the_same_for_free(till: Till, cleared: bool) -> None:
    first = till.start()
    if cleared:
        till.clear()
    assert till.start() == first
    assert till.paid == 1


def test_a_clear_buys_again_if_it_is_told_to(till: Till) -> None:
    till.start()
    till.clear()
    till.answer = PICTURE.model_copy(update={"job_id": "r-2"})
    assert till.start(on_clear="resubmit")["job_id"] == "r-2"
    assert till.paid == 2


@pytest.mark.parametrize("option", ["spool", "inbox", None])
def test_a_paid_picture_outlives_a_store_that_fails(
    till: Till, option: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    till.configure(**({option: f"file://{till.spool}"} if option else {}))
    block(till)
    for _ in range(2):
        with pytest.raises(AirflowException, match=r"no space left; .*nothing is paid again") as caught:
            till.start()
        assert not isinstance(caught.value, AirflowFailException)
    place = till.entry["spooled_at"]
    below = {"spool": f"file://{till.spool}/", "inbox": f"file://{till.spool}/spool/"}
    assert place.startswith(below[option]) if option else f":{till.scratch}/" in place
    assert place in caplog.text, "so that a person finds it"
    assert ("set [faceswap] spool" in caplog.text) is (option is None)
    assert "jpeg" not in str(till.store.history), "never in the database"
    unblock(till, **REAL)
    result = till.start()
    assert (result["stored"], till.paid) == ([f"file://{till.folder}/segmind-r-1.jpg"], 1)
    assert (till.folder / "segmind-r-1.jpg").read_bytes() == JPEG
    assert result["cost"] == {"amount": 0.5, "unit": "credits"} and result["meta"]
    assert not till.left_over and till.entry["state"] == "finished" and "spooled_at" not in till.entry


@pytest.mark.parametrize("how", [AirflowTaskTimeout("execution_timeout"), Killed()])
def test_a_picture_outlives_a_task_that_is_ended_while_it_is_stored(till: Till, how: BaseException) -> None:
    def ended(*_: Any, **__: Any) -> Any:
        raise how

    till.monkeypatch.setattr(OutputStore, "save_content", ended)
    with pytest.raises(type(how)):
        till.start()
    unblock(till, **REAL)
    assert till.start()["stored"] and till.paid == 1


def test_the_picture_goes_to_the_folder_before_the_entry_is_written(till: Till) -> None:
    seen = []
    real = till.store.set

    def watching(key: str, value: Any, *, retention: Any = None) -> None:
        if isinstance(value, dict) and value["state"] not in ("intent",):
            seen.append((value["state"], sorted(path.name for path in till.folder.glob("*.jpg"))))
        real(key, value, retention=retention)

    till.store.set = watching  # type: ignore[method-assign]
    till.start()
    assert seen == [("finished", ["segmind-r-1.jpg"])]


def test_a_picture_on_another_worker_is_named(till: Till) -> None:
    block(till)
    with pytest.raises(AirflowException, match="no space left"):
        till.start()
    unblock(till, **REAL)
    (path,) = till.left_over
    path.unlink()
    with pytest.raises(AirflowException, match=re.escape(str(path))):
        till.start()
    assert till.paid == 1


@pytest.mark.parametrize(
    "place", ["host:/etc/passwd", "file:///etc/passwd", "file:///tmp/faceswap-paid-" + "0" * 32, "s3://b/k"]
)
def test_a_spooled_picture_that_is_not_ours_is_neither_read_nor_deleted(till: Till, place: str) -> None:
    block(till)
    with pytest.raises(AirflowException):
        till.start()
    unblock(till, **REAL)
    till.store.set("faceswap", {**till.entry, "spooled_at": place})
    with pytest.raises(AirflowException, match="cannot be read"):
        till.start()
    assert Path("/etc/passwd").exists() and not list(till.folder.glob("*.jpg"))


def test_a_spool_that_cannot_be_cleaned_up_fails_nothing(till: Till) -> None:
    block(till)
    with pytest.raises(AirflowException):
        till.start()
    unblock(till, **REAL)

    def broken(spooled_at: str) -> None:
        raise PermissionError(spooled_at)

    till.monkeypatch.setattr(spool, "discard", broken)
    assert till.start()["stored"]
    assert till.entry["state"] == "finished"


def test_a_young_submission_is_waited_out_for_as_long_as_an_answer_may_take(till: Till) -> None:
    till.answer = Killed()
    with pytest.raises(Killed):
        till.start()
    with pytest.raises(AirflowFailException, match="submission in doubt"):
        till.start()
    assert sum(till.clock.slept) == pytest.approx(150 + 15)


def test_without_a_folder_nothing_is_bought(till: Till) -> None:
    with pytest.raises(AirflowFailException, match="output_path: is required"):
        till.start(output_path=None)
    assert till.paid == 0


def test_an_answer_that_is_lost_is_in_doubt(till: Till) -> None:
    till.answer = InDoubtError("cut")
    for _ in range(2):
        with pytest.raises(AirflowFailException, match="submission in doubt"):
            till.start()
    assert till.paid == 1


@pytest.mark.parametrize("wait_for_completion", [True, False])
def test_an_extraction_returns_boxes_and_is_paid_once(till: Till, wait_for_completion: bool) -> None:
    till.answer = BOXES
    expected = {
        "provider": "aifaceswap", "operation": "extract_face", "faces": [[1, 2, 3, 4], [5, 6, 7, 8]],
        "cost": {"amount": 2.0, "unit": "credits"},
    }  # fmt: skip
    for cleared in (False, False, True):
        if cleared:
            till.clear()
        found = till.start(AIFaceSwapExtractFacesOperator, wait_for_completion=wait_for_completion)
        assert found == expected
    assert till.paid == 1


def test_an_extraction_costs_more_than_allowed(till: Till) -> None:
    with pytest.raises(AirflowFailException, match="costs 2 credits by the price list, and 1 are allowed"):
        till.start(AIFaceSwapExtractFacesOperator, max_cost=1)
    assert till.paid == 0


def test_a_frame_is_read_from_a_file(till: Till, tmp_path: Path) -> None:
    till.answer = BOXES
    till.configure(local_roots=str(tmp_path))
    (tmp_path / "frame.jpg").write_bytes(JPEG)
    assert till.start(AIFaceSwapExtractFrameFacesOperator, base64_img=str(tmp_path / "frame.jpg"))["faces"]
    till.store.delete("faceswap")
    with pytest.raises(AirflowFailException, match="base64_img: "):
        till.start(AIFaceSwapExtractFrameFacesOperator, base64_img=f"file://{tmp_path}/none.jpg")
    assert till.paid == 1
