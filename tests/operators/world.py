"""A task that is started again and again, seen from the vendor's till."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from airflow_provider_faceswap.journal import state as task_state
from airflow_provider_faceswap.operators.aifaceswap import AIFaceSwapVideoOperator
from airflow_provider_faceswap.operators.base import SwapOperator
from airflow_provider_faceswap.operators.modelslab import ModelsLabSingleVideoSwapOperator
from airflow_provider_faceswap.operators.segmind import SegmindFaceSwapOperator
from tests.fakes import JPEG, MP4, FakeClock, FakeCompletion, FakeDownloads, FakeStore, Killed, context

URL = "https://example.com/a.mp4"
OTHER = "https://example.com/other.mp4"
REUSE: dict[str, Any] = {"reuse_stored": True}

PURCHASES: dict[str, Any] = {
    "modelslab": (ModelsLabSingleVideoSwapOperator, {"init_image": URL}, "init_video"),
    "segmind": (
        SegmindFaceSwapOperator,
        {"source_img": URL, "api_version": "v2", "short_wait": 0},
        "target_img",
    ),
    "aifaceswap": (
        AIFaceSwapVideoOperator,
        {"face_image": URL, "duration": 5, "in_doubt_wait": 0},
        "source_video",
    ),
}
"""An operator for each way of a vendor, its fixed arguments, and the argument that names the media."""


class World:
    """A task, its state store, its vendor and a clock. Each start is another try."""

    retries = 2

    def __init__(self, provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.provider = provider
        self.store: FakeStore | None = FakeStore()
        self.clock = FakeClock()
        self.vendor = FakeCompletion(provider, "n0nce" if provider == "aifaceswap" else "")
        self.downloads = FakeDownloads(monkeypatch, JPEG if provider == "segmind" else MP4)
        self.try_number, self.max_tries, self.clear_number = 0, self.retries, 0
        monkeypatch.setattr(SwapOperator, "hook", self.vendor.hook)
        monkeypatch.setattr(SwapOperator, "completion", self.vendor)
        monkeypatch.setattr(SwapOperator, "clock", self.clock)
        monkeypatch.setattr(task_state, "time", self.clock)

    def make(self, media: str = URL, **kwargs: Any) -> Any:
        """Return the task's operator."""
        cls, fixed, name = PURCHASES[self.provider]
        known = {"task_id": "swap", "deferrable": False, "retries": self.retries, name: media}
        return cls(**{**known, **fixed, **kwargs})

    def start(self, media: str = URL, **kwargs: Any) -> Any:
        """Run one try, to its result or its deferral."""
        self.operator = self.make(media, **kwargs)
        self.try_number += 1
        self.context = context(
            self.store,
            try_number=self.try_number,
            max_tries=self.max_tries,
            clear_number=self.clear_number,
        )
        return self.operator.execute(self.context)

    def defer(self, **kwargs: Any) -> TaskDeferred:
        """Run one try, to its deferral."""
        with pytest.raises(TaskDeferred) as caught:
            self.start(deferrable=True, **kwargs)
        return caught.value

    def resume(self, deferral: TaskDeferred, **event: Any) -> Any:
        """Resume after the trigger's event, as a worker does: from the database."""
        kwargs = json.loads(json.dumps({**(deferral.kwargs or {}), "event": event}))
        return self.operator.resume_execution(deferral.method_name, kwargs, self.context)

    def die(self, **kwargs: Any) -> None:
        """Run one try that is killed at its first poll."""
        self.vendor.polls.insert(0, Killed())
        with pytest.raises(Killed):
            self.start(**kwargs)

    def clear(self) -> None:
        """Clear the ended task, as a person does."""
        self.max_tries = self.try_number + self.retries
        self.clear_number += 1

    def die_at_save(self, number: int) -> None:
        """Kill the worker right before the given write of the entry (counted from 1)."""
        assert self.store is not None
        real, seen = self.store.set, []

        def set_(key: str, value: Any, *, retention: Any = None) -> None:
            if key == "faceswap":
                seen.append(value)
                if len(seen) == number:
                    raise Killed
            real(key, value, retention=retention)

        self.store.set = set_  # type: ignore[method-assign]

    def heal(self) -> None:
        """Let the store work again."""
        assert self.store is not None
        self.store.__dict__.pop("set", None)

    @property
    def entry(self) -> Any:
        """The journal's entry."""
        assert self.store is not None
        return self.store.get("faceswap")

    @property
    def states(self) -> list[str]:
        """The states of all entries that were written."""
        assert self.store is not None
        return [value["state"] for key, value in self.store.history if key == "faceswap"]


def another_run(world: World) -> None:
    """Let the next start be that of a task of another run: its state store is empty."""
    world.store = FakeStore()
    world.try_number, world.max_tries, world.clear_number = 0, world.retries, 0
