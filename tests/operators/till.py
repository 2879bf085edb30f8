"""A task whose vendor answers with the result, and how often it paid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_provider_faceswap import options
from airflow_provider_faceswap.apis.job import Cost, Job, JobState
from airflow_provider_faceswap.operators.aifaceswap import AIFaceSwapExtractFacesOperator
from airflow_provider_faceswap.operators.base import SwapOperator
from airflow_provider_faceswap.operators.segmind import SegmindFaceSwapOperator
from tests.fakes import JPEG, FakeClock, FakeCompletion, FakeStore, context

URL = "https://example.com/a.png"
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
        self.spool = tmp_path / "spool"
        self.scratch.mkdir()
        self.answer: Any = PICTURE
        self.monkeypatch = monkeypatch
        self.vendor = FakeCompletion("segmind")
        self.tries, self.clears = 0, 0
        self.clock = FakeClock()
        monkeypatch.setattr("tempfile.tempdir", str(self.scratch))

    def configure(self, **given: str) -> None:
        """Set options of the section [faceswap]."""
        self.monkeypatch.setattr(options, "option", lambda name: given.get(name, ""))

    def start(self, cls: Any = SegmindFaceSwapOperator, **fields: Any) -> Any:
        known: dict[str, Any] = {"img": URL} if cls is AIFaceSwapExtractFacesOperator else {}
        if cls is SegmindFaceSwapOperator:
            known = {"source_img": URL, "target_img": URL, "output_path": f"file://{self.folder}"}
        if self.vendor.provider != cls.provider:
            self.vendor = FakeCompletion(cls.provider)
        self.vendor.submissions = [self.answer]
        for name, stand_in in {
            "hook": self.vendor.hook, "completion": self.vendor, "clock": self.clock
        }.items():  # fmt: skip
            self.monkeypatch.setattr(SwapOperator, name, stand_in)
        self.tries += 1
        operator = cls(**{"task_id": "swap", **known, **fields})
        max_tries = 2 + self.clears * 3
        return operator.execute(
            context(self.store, try_number=self.tries, max_tries=max_tries, clear_number=self.clears)
        )

    def clear(self) -> None:
        self.clears += 1

    @property
    def paid(self) -> int:
        return self.vendor.accepted

    @property
    def entry(self) -> Any:
        return self.store.get("faceswap")

    @property
    def left_over(self) -> list[Path]:
        folders = [folder for folder in (self.scratch, self.spool) if folder.exists()]
        return [path for folder in folders for path in folder.iterdir() if "faceswap-paid-" in path.name]
