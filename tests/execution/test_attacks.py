"""Paid results and their errors, tried from outside: real hooks, vendors on loopback."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_faceswap.exceptions import JobUnsettledError, JournalError, ResultError
from airflow_provider_faceswap.storage import outputs, spool
from tests.execution.vendors import Task, Vendor, connect
from tests.fakes import JPEG, Killed

OTHER = "https://example.com/b.jpg"
UNKNOWN = {"status": "failed", "message": "Request not found"}


def full(*_: Any) -> None:
    raise OSError(28, "No space left on device")


class TestAResultThatIsLost:
    """A picture that came once, paid, and could be kept nowhere: it is not in doubt."""

    def lose(self, segmind: Task, vendor: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        async def breaks_the_disk(_: web.Request) -> bytes:
            shutil.rmtree(tmp_path / "out", ignore_errors=True)
            (tmp_path / "out").write_text("no folder")
            return JPEG

        monkeypatch.setattr(spool, "_write_private", full)
        vendor.submissions = [breaks_the_disk, JPEG]
        assert isinstance(segmind.fails(), ResultError)
        (tmp_path / "out").unlink()

    def test_is_named_and_not_bought_again_by_a_retry(
        self, segmind: Task, vendor: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.lose(segmind, vendor, tmp_path, monkeypatch)
        for _ in range(2):
            error = segmind.fails(on_in_doubt="resubmit")
            assert isinstance(error, JournalError) and isinstance(error, AirflowFailException)
            assert "its result is lost" in str(error)[:100] and "No space left" in str(error)
            assert error.paid is True
            segmind.clear()
        assert len(vendor.submitted) == 1

    def test_is_bought_again_by_a_clear_that_may(
        self, segmind: Task, vendor: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.lose(segmind, vendor, tmp_path, monkeypatch)
        segmind.clear()
        assert segmind.start(on_clear="resubmit")["stored"]
        assert len(vendor.submitted) == 2 and len(segmind.entry["left"]) == 1

    def test_of_a_job_without_an_id_is_lost_with_its_signed_link(
        self, modelslab: Task, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        vendor.submissions = [{"status": "success", "output": [f"{vendor.url}/files/x.jpg?sig=1"]}]
        real = outputs.download

        def die(*_: Any) -> None:
            raise Killed

        monkeypatch.setattr(outputs, "download", die)
        with pytest.raises(Killed):
            modelslab.start()
        monkeypatch.setattr(outputs, "download", real)
        error = modelslab.fails(on_in_doubt="resubmit")
        assert "its result is lost" in str(error)[:100] and error.paid is True
        assert len(vendor.submitted) == 1


def test_a_result_that_is_gone_everywhere_says_how_to_buy_again(
    modelslab: Task, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs, "download", partial(outputs.download, patience=0))
    stored = modelslab.start()["stored"][0]
    Path(stored.removeprefix("file://")).unlink()
    vendor.polls, vendor.files = [UNKNOWN], [(404, "gone")]
    modelslab.clear()
    error = modelslab.fails()
    assert isinstance(error, ResultError)
    assert "Request not found" in str(error) and "to buy again, delete the key" in str(error)
    assert len(vendor.submitted) == 1


def test_a_job_without_a_link_is_not_sent_to_the_sensor(modelslab: Task, vendor: Vendor) -> None:
    vendor.polls = [{"status": "success", "output": []}]
    error = modelslab.fails()
    assert isinstance(error, JobUnsettledError)
    assert "holds no http(s) link" in str(error)[:100] and "sensor" not in str(error)


def test_a_moved_connection_says_what_collects(
    modelslab: Task, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    deferral = modelslab.defers(short_wait=0)
    connect(monkeypatch, "modelslab", "http://127.0.0.1:1")
    with pytest.raises(JournalError, match="point it back and clear the task to collect"):
        modelslab.resume(deferral, {"states": {"278": "success"}})
    connect(monkeypatch, "modelslab", vendor.url)
    modelslab.clear()
    assert modelslab.start()["stored"] and len(vendor.submitted) == 1


def test_a_job_adopted_by_its_bare_id_is_named_in_full_when_it_is_left(
    modelslab: Task, vendor: Vendor
) -> None:
    assert modelslab.store is not None
    modelslab.store.set("faceswap", "4711")
    modelslab.start()
    modelslab.clear()
    modelslab.start(init_image=OTHER)
    left = modelslab.entry["left"][0]
    assert (left["provider"], left["operation"], left["job_id"]) == (
        "modelslab",
        "multiple_face_swap",
        "4711",
    )
