"""Vendors that answer with the result itself: what is paid is written down before anything else can fail."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_provider_faceswap.apis.job import Cost, Job, JobState
from airflow_provider_faceswap.exceptions import InDoubtError
from airflow_provider_faceswap.operators.aifaceswap import (
    AIFaceSwapExtractFacesOperator,
    AIFaceSwapExtractFrameFacesOperator,
)
from airflow_provider_faceswap.operators.segmind import SegmindFaceSwapOperator
from airflow_provider_faceswap.storage import keep
from tests import fakes
from tests.fakes import FakeStore

URL = "https://example.com/a.png"
JPEG = b"\xff\xd8\xff\xe0" + b"jpeg" * 100
PICTURE = Job(
    job_id="r-1",
    state=JobState.SUCCESS,
    content=JPEG,
    seconds=2.9,
    cost=Cost(amount=0.5),
    meta={"remaining_credits": 7.5},
)
BOXES = Job(job_id="", state=JobState.SUCCESS, faces=((1, 2, 3, 4), (5, 6, 7, 8)), cost=Cost(amount=2))


class Till:
    """A task that is started again and again, and how often it paid."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        self.store = FakeStore()
        self.folder = tmp_path / "out"
        self.scratch = tmp_path / "scratch"
        self.scratch.mkdir()
        self.answer: Any = PICTURE
        self.paid = 0
        self.max_tries = 2
        monkeypatch.setattr("tempfile.tempdir", str(self.scratch))
        self.monkeypatch = monkeypatch

    def _send(self, call: Any) -> Job:
        self.paid += 1
        if isinstance(self.answer, BaseException):
            raise self.answer
        answer: Job = self.answer
        return answer

    def start(self, cls: Any = SegmindFaceSwapOperator, **fields: Any) -> Any:
        known: dict[str, Any] = {"img": URL} if cls is AIFaceSwapExtractFacesOperator else {}
        if cls is SegmindFaceSwapOperator:
            known = {"source_img": URL, "target_img": URL, "output_path": f"file://{self.folder}"}
        hook = fakes.hook_double(cls.provider)
        hook.send.side_effect = self._send
        self.monkeypatch.setattr("airflow_provider_faceswap.hooks.hook_for", lambda provider, conn_id: hook)
        self.monkeypatch.setattr(
            "airflow_provider_faceswap.execution.completion.Callback.check", lambda completion: None
        )
        operator = cls(**{"task_id": "swap", **known, **fields})
        return operator.execute(fakes.context(self.store, self.max_tries))

    @property
    def entry(self) -> Any:
        return self.store.get("faceswap")

    @property
    def left_over(self) -> list[Path]:
        return [path for path in self.scratch.iterdir() if path.name.startswith("faceswap-paid-")]


@pytest.fixture
def till(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Till:
    return Till(monkeypatch, tmp_path)


def test_a_picture_is_stored_and_described(till: Till) -> None:
    result = till.start()
    assert result["stored"] == [f"file://{till.folder}/r-1.jpg"]
    assert (till.folder / "r-1.jpg").read_bytes() == JPEG
    assert result["output"] == [] and result["cost"] == {"amount": 0.5, "unit": "credits"}
    assert result["meta"] == {"remaining_credits": 7.5} and result["job_id"] == "r-1"
    assert json.loads((till.folder / "r-1.jpg.provenance.json").read_text())["job_id"] == "r-1"
    assert not till.left_over


def test_a_retry_after_success_returns_the_same_for_free(till: Till) -> None:
    assert till.start() == till.start()
    assert till.paid == 1
    till.max_tries = 5
    till.start()
    assert till.paid == 2, "a person's clear buys anew"


def test_a_paid_picture_outlives_a_store_that_fails(till: Till) -> None:
    till.folder.parent.joinpath("out").write_text("in the way")
    with pytest.raises(AirflowException, match="could not be written") as caught:
        till.start()
    assert not isinstance(caught.value, AirflowFailException)
    assert till.entry["kept"] and till.left_over
    till.folder.unlink()
    assert (till.start()["stored"], till.paid) == ([f"file://{till.folder}/r-1.jpg"], 1)
    assert not till.left_over


def test_it_is_written_down_before_the_journal_is(till: Till) -> None:
    seen = []
    real = FakeStore.set

    def watching(key: str, value: Any, *, retention: Any = None) -> None:
        if isinstance(value, dict) and value["state"] == "running":
            seen.append([path.read_bytes() for path in till.left_over])
        real(till.store, key, value)

    till.store.set = watching  # type: ignore[method-assign]
    till.start()
    assert seen == [[JPEG]]


def test_a_picture_on_another_worker_is_named(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep, "put", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        till.start()
    monkeypatch.undo()
    till.monkeypatch.setattr(
        "airflow_provider_faceswap.execution.completion.Callback.check", lambda completion: None
    )
    (path,) = till.left_over
    path.unlink()
    with pytest.raises(AirflowException, match=re.escape(str(path))):
        till.start()
    assert till.paid == 1


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
    for _ in range(2):
        found = till.start(AIFaceSwapExtractFacesOperator, wait_for_completion=wait_for_completion)
        assert found == expected
    assert till.paid == 1


def test_an_extraction_is_dearer_than_allowed(till: Till) -> None:
    with pytest.raises(AirflowFailException, match="costs 2 credits by the price list, and 1 are allowed"):
        till.start(AIFaceSwapExtractFacesOperator, max_cost=1)
    assert till.paid == 0


def test_a_frame_is_read_from_a_file(till: Till, tmp_path: Path) -> None:
    till.answer = BOXES
    (tmp_path / "frame.jpg").write_bytes(JPEG)
    assert till.start(AIFaceSwapExtractFrameFacesOperator, base64_img=str(tmp_path / "frame.jpg"))["faces"]
    with pytest.raises(AirflowFailException, match="base64_img: names a file that does not exist"):
        till.start(AIFaceSwapExtractFrameFacesOperator, base64_img=f"file://{tmp_path}/none.jpg")
    assert till.paid == 1
