"""What fails once a job is paid: the store, the folder, and what people are told to do then."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from airflow_provider_faceswap.callbacks.inbox import Inbox
from airflow_provider_faceswap.exceptions import InputError, JournalError
from airflow_provider_faceswap.operators.aifaceswap import AIFaceSwapImageOperator
from airflow_provider_faceswap.sensors.modelslab import ModelsLabFetchSensor
from airflow_provider_faceswap.storage import outputs
from tests.execution.vendors import PICTURE, Task, Vendor, connect
from tests.fakes import JPEG, api_error


class TestAStoreThatFailsAfterTheResultIsKept:
    """Nothing that fails from then on may fail the task."""

    def breaks(self, task: Task) -> None:
        store = task.store
        assert store is not None
        real = store.set

        def set_(key: str, value: Any, *, retention: Any = None) -> None:
            if key == "faceswap" and value["state"] == "finished":
                raise api_error(500)
            real(key, value, retention=retention)

        store.set = set_  # type: ignore[method-assign]

    def test_a_polled_job_succeeds_and_is_collected_again(self, modelslab: Task, vendor: Vendor) -> None:
        self.breaks(modelslab)
        assert modelslab.start()["stored"] and modelslab.entry["state"] == "running"
        modelslab.clear()
        assert modelslab.start()["stored"] and len(vendor.submitted) == 1

    def test_a_picture_that_came_at_once_is_returned(self, segmind: Task, vendor: Vendor) -> None:
        vendor.submissions = [JPEG]
        self.breaks(segmind)
        assert segmind.start()["stored"]

    def test_a_callback_that_is_the_only_note_stays(
        self, vendor: Vendor, monkeypatch: pytest.MonkeyPatch, callbacks: Inbox, tmp_path: Path
    ) -> None:
        body = b'{"success": 1, "task_id": "t1", "result_image": "%s/files/a.jpg?x=1"}' % vendor.url.encode()
        vendor.submissions = [{"code": 200, "data": {"task_id": "t1"}}]
        arguments = {"source_image": PICTURE, "face_image": PICTURE, "output_path": f"file://{tmp_path}/out"}
        task = Task(AIFaceSwapImageOperator, monkeypatch, **arguments)
        self.breaks(task)
        deferral = task.defers(short_wait=0)
        callbacks.put("aifaceswap", task.entry["nonce"], body)
        first = task.resume(deferral, {"states": {"t1": "called_back"}})
        task.clear()
        assert task.start()["stored"] == first["stored"] and len(vendor.submitted) == 1


def test_a_sensor_refuses_another_vendors_result(modelslab: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    result = {"provider": "segmind", "job_id": "278"}
    error = Task(ModelsLabFetchSensor, monkeypatch, job_id=result).fails()
    assert isinstance(error, InputError) and "segmind" in str(error)


class TestWithoutATaskStateStore:
    """Below Airflow 3.3 a clear pays again, so no message may send people there."""

    def test_a_result_that_is_not_stored(
        self, modelslab: Task, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(outputs, "download", partial(outputs.download, patience=0))
        modelslab.store, vendor.files = None, [(404, "gone")]
        error = modelslab.fails()
        assert "a retry or clear pays again" in str(error) and "nothing is paid again" not in str(error)

    def test_a_picture_that_is_not_stored(self, segmind: Task, vendor: Vendor, tmp_path: Path) -> None:
        async def breaks_the_folder(_: web.Request) -> bytes:
            shutil.rmtree(tmp_path / "out", ignore_errors=True)
            (tmp_path / "out").write_text("no folder")
            return JPEG

        segmind.store, vendor.submissions = None, [breaks_the_folder]
        error = str(segmind.fails())
        assert "nothing is paid again" not in error and "faceswap-paid-" in error

    def test_a_moved_connection(self, modelslab: Task, monkeypatch: pytest.MonkeyPatch) -> None:
        modelslab.store = None
        deferral = modelslab.defers(short_wait=0)
        connect(monkeypatch, "modelslab", "http://127.0.0.1:1")
        with pytest.raises(JournalError, match="a clear pays again"):
            modelslab.resume(deferral, {"states": {"278": "success"}})
