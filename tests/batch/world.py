"""A batch that is started again and again, seen from the vendor's till."""

from __future__ import annotations

import io
import json
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.ticket import Ticket
from airflow_provider_faceswap.batch.manifest import read_manifest
from airflow_provider_faceswap.exceptions import FaceSwapError, InDoubtError
from airflow_provider_faceswap.operators import batches
from airflow_provider_faceswap.operators.batch import FaceSwapBatchOperator
from airflow_provider_faceswap.storage import outputs, places
from airflow_provider_faceswap.storage.formats import Fetched, measure
from tests.fakes import MP4, FakeClock, FakeCompletion, FakeStore, FakeTaskInstance, Killed, context

FACE = "https://a.example/face.jpg"


def rows(count: int, start: int = 0) -> list[dict[str, Any]]:
    """Return items that differ."""
    return [{"face": FACE, "target": f"https://a.example/clip-{n}.mp4"} for n in range(start, start + count)]


class Vendor(FakeCompletion):
    """
    A vendor that takes each submission as a job of its own.

    :param world: that it lives in.
    """

    def __init__(self, world: BatchWorld, provider: str) -> None:
        super().__init__(provider, "n0nce" if provider == "aifaceswap" else "")
        self.world = world
        self.lock = threading.Lock()
        self.jobs: dict[str, str] = {}
        """The media of each job that was taken."""
        self.answers_to: dict[str, list[Any]] = {}
        """What the next submissions of a medium are answered with, instead of being taken."""
        self.states: dict[str, JobState] = {}
        """How the jobs of media stand; finished if nothing is said."""
        self.looked_at: list[str] = []

    def _take(self, request: Any) -> Job:
        media = getattr(request, "init_video", None) or request.source_video
        with self.lock:
            self.world.happens("post")
            self.sent.append(request)
            script = self.answers_to.get(media) or []
            answer = script.pop(0) if script else None
            if isinstance(answer, FaceSwapError) and not isinstance(answer, TakenError):
                raise answer
            job_id = str(1000 + len(self.jobs))
            self.world.on_taken(media, job_id)
            self.jobs[job_id] = media
            if isinstance(answer, TakenError):
                raise answer
            self.world.happens("answer")
            return Job(job_id=job_id, state=JobState.PROCESSING, cost=request.price())

    def poll_all(self, tickets: Any) -> list[Job | FaceSwapError]:
        self.world.happens("polls")
        self.looked_at += [ticket.job_id for ticket in tickets]
        return [self._state(ticket) for ticket in tickets]

    def _state(self, ticket: Ticket) -> Job:
        assert ticket.job_id in self.jobs, "a job is asked for that was never bought"
        state = self.states.get(self.jobs[ticket.job_id], JobState.SUCCESS)
        output = (f"https://cdn.example.com/{ticket.job_id}.mp4",) if state is JobState.SUCCESS else ()
        return Job(job_id=ticket.job_id, state=state, output=output, message="why" if state.settled else "")

    def batch_trigger(self, **options: Any) -> Any:
        self.world.waits.append(options)
        return self

    async def batch_event(self) -> dict[str, Any]:
        """As a trigger's; nobody knows which jobs ended, so that all are looked at."""
        self.world.clock.seconds += 20
        return {"problem": "not watched"}

    def answers_all(self, tickets: Any, *, certain: bool = False) -> list[set[str]]:
        if certain and self.unknown:
            raise self.unknown
        return [set(self.called_back) for _ in tickets]

    @property
    def bought(self) -> Counter[str]:
        """How often each medium was bought."""
        return Counter(self.jobs.values())


class TakenError(InDoubtError):
    """The vendor took it, and the answer was lost."""


class BatchWorld:
    """One folder, the tasks that write to it, their state stores, the vendor and a clock."""

    retries = 2

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, provider: str = "modelslab") -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.vendor = Vendor(self, provider)
        self.waits: list[dict[str, Any]] = []
        self.happened: list[str] = []
        self.dies_at, self.dies_before = 0, ""
        self.dead = False
        self.run_id = "run_1"
        self.ended: dict[str, str] = {}
        self.store = self._store()
        self.try_number, self.max_tries, self.clear_number = 0, self.retries, 0
        monkeypatch.setattr(FaceSwapBatchOperator, "hook", self.vendor.hook)
        monkeypatch.setattr(FaceSwapBatchOperator, "clock", self.clock)
        monkeypatch.setattr(batches, "completion_for", lambda *_, **__: self.vendor)
        monkeypatch.setattr(outputs, "download", self._download)
        for name in ("write", "create", "put", "remove"):
            monkeypatch.setattr(places.LocalPlace, name, self._mortal(getattr(places.LocalPlace, name), name))
        self.vendor.double.conn_type = provider

    def on_taken(self, media: str, job_id: str) -> None:
        """The vendor takes a job: a test may look on."""

    def happens(self, what: str) -> None:
        """Something that a kill may come before; nothing happens after it."""
        if self.dead:
            raise Killed
        self.happened.append(what)
        before = self.dies_before and what.startswith(self.dies_before)
        if before or (self.dies_at and len(self.happened) == self.dies_at):
            self.dead = True
            raise Killed

    def make(self, items: Any, **kwargs: Any) -> FaceSwapBatchOperator:
        known = {"task_id": "swap", "conn_id": "ml", "retries": self.retries, "deferrable": False}
        where = {"output_path": f"file://{self.folder}"}
        operator = FaceSwapBatchOperator(**{**known, **where, "items": [], **kwargs})
        operator.items = items  # as an XCom renders
        return operator

    def start(self, items: Any, **kwargs: Any) -> Any:
        """Run one try."""
        self.happened, self.dead = [], False
        self.operator = self.make(items, **kwargs)
        self.try_number += 1
        self.context = self._context()
        try:
            return self._noting_the_end(lambda: self.operator.execute(self.context))
        finally:
            self.dies_at, self.dies_before, self.dead = 0, "", False

    def die(self, items: Any, before: str, **kwargs: Any) -> None:
        """Run one try that is killed before something happens."""
        self.dies_before = before
        with pytest.raises(Killed):
            self.start(items, **kwargs)

    def resume(self, deferral: TaskDeferred, event: Any = None) -> Any:
        """Resume after a deferral, as a worker does: from the database."""
        self.operator.__dict__.pop("_run", None)
        kwargs = json.loads(json.dumps({**(deferral.kwargs or {}), "event": event}))
        return self._noting_the_end(
            lambda: self.operator.resume_execution(deferral.method_name, kwargs, self.context)
        )

    def clear(self) -> None:
        """Clear the ended task, as a person does."""
        self.max_tries = self.try_number + self.retries
        self.clear_number += 1

    def next_run(self) -> None:
        """Go on with another run of the Dag, whose task has a state of its own."""
        if self.ended.get(self.run_id) == "running":  # its worker was killed, and Airflow found out
            self.ended[self.run_id] = "failed"
        self.run_id = f"run_{int(self.run_id[4:]) + 1}"
        self.store = self._store()
        self.try_number, self.max_tries, self.clear_number = 0, self.retries, 0

    def run_again_after_it_was_deleted(self, *, durable: bool = True) -> None:
        """Delete the run, with the state of its task, and make another one of the same name."""
        self.ended.pop(self.run_id, None)
        self.store = self._store() if durable else None  # type: ignore[assignment]
        self.try_number, self.max_tries, self.clear_number = 0, self.retries, 0

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The manifest's lines."""
        return list(read_manifest(f"file://{self.folder}/manifest.jsonl"))

    @property
    def statuses(self) -> list[str]:
        return [line["status"] for line in self.lines if line["index"] is not None]

    def _noting_the_end(self, act: Any) -> Any:
        try:
            result = act()
        except (TaskDeferred, Killed):
            self.ended[self.run_id] = "running"
            raise
        except Exception:
            self.ended[self.run_id] = "failed"
            raise
        self.ended[self.run_id] = "success"
        return result

    def _context(self) -> Any:
        found = context(
            self.store, try_number=self.try_number, max_tries=self.max_tries, clear_number=self.clear_number
        )
        found["ti"] = FakeTi(self)
        return found

    def _store(self) -> FakeStore:
        store = FakeStore()
        real = store.set

        def set_(key: str, value: Any, *, retention: Any = None) -> None:
            self.happens(f"set {key}")
            real(key, value, retention=retention)
            assert len(store.kept[key]) < 64 * 1024, f"{key} is too large for the store"

        store.set = set_  # type: ignore[method-assign]
        return store

    def _mortal(self, real: Any, name: str) -> Any:
        def act(place: Any, *args: Any) -> Any:
            self.happens(f"{name} {args[0]}")
            return real(place, *args)

        return act

    def _download(self, url: str, target: Path, kind: Any, *_: Any) -> Fetched:
        self.happens("download")
        content = MP4 + url.encode()
        target.write_bytes(content)
        return measure(io.BytesIO(content), kind)


WOKEN = {"problem": "nobody knows what ended"}


def defer(world: BatchWorld, count: int, **kwargs: Any) -> TaskDeferred:
    """Start a try whose jobs go on."""
    world.vendor.states = {item["target"]: JobState.PROCESSING for item in rows(count)}
    with pytest.raises(TaskDeferred) as caught:
        world.start(rows(count), deferrable=True, **kwargs)
    return caught.value


class FakeTi(FakeTaskInstance):
    """A try of the batch's task."""

    def __init__(self, world: BatchWorld) -> None:
        super().__init__(world.try_number, world.max_tries)
        self.run_id = world.run_id
        self.world = world

    def get_task_states(self, run_ids: list[str], task_ids: list[str], **_: Any) -> Any:
        found = self.world.ended.get(run_ids[0])
        return {run_ids[0]: {task_ids[0]: found}} if found else {}
