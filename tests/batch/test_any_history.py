"""Whatever happens to a batch, wherever it is killed: each purchase has a reason, and none is forgotten."""

from __future__ import annotations

import json
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.batch import manifest
from airflow_provider_faceswap.exceptions import InDoubtError, NotSentError, RefusedError, RefusedForNowError
from tests.batch.world import BatchWorld, TakenError, rows
from tests.fakes import Killed

ANSWERS = {
    "taken in doubt": lambda: TakenError("cut"),
    "not taken, in doubt": lambda: InDoubtError("a proxy's page"),
    "refused": lambda: RefusedError("no face", final=True),
    "refused for now": lambda: RefusedForNowError("queue full"),
    "not sent": lambda: NotSentError("no route"),
}
MEDIA = 5
START = st.fixed_dictionaries(
    {
        "first": st.integers(0, 2),
        "count": st.integers(1, MEDIA),
        "dies_at": st.sampled_from((0, 0, 0, *range(1, 60))),
        "on_in_doubt": st.sampled_from(("fail", "fail", "resubmit")),
        "max_failed": st.sampled_from((0, 1.0)),
        "max_active_jobs": st.sampled_from((1, 2, 16)),
        "answers": st.dictionaries(st.integers(0, MEDIA + 1), st.sampled_from(sorted(ANSWERS)), max_size=3),
        "fail": st.sets(st.integers(0, MEDIA + 1), max_size=2),
        "running": st.sets(st.integers(0, MEDIA + 1), max_size=2),
    }
)
BETWEEN = st.sampled_from(("nothing", "nothing", "clear", "next run", "later"))
HISTORIES = st.lists(st.tuples(START, BETWEEN), min_size=2, max_size=5)


class History:
    """Plays starts, and keeps the books that manifest and journal should agree with."""

    def __init__(self, world: BatchWorld) -> None:
        self.world = world
        world.on_taken = self._on_taken  # type: ignore[method-assign]
        self.words = 0
        """How often a person cleared the task, or another run began."""
        self.taken: dict[str, tuple[str, int]] = {}
        """The medium of each job, and the words until then."""
        self.failed: set[str] = set()
        self.accepts_doubt = False
        self.given_up: set[str] = set()
        """Jobs in doubt whose media the user accepted to pay twice."""

    def play(self, start: dict[str, Any], between: str) -> None:
        world = self.world
        clips = [item["target"] for item in rows(MEDIA + 2)]
        world.vendor.answers_to = {clips[n]: [ANSWERS[name]()] for n, name in start["answers"].items()}
        world.vendor.states = {clips[n]: JobState.PROCESSING for n in start["running"]}
        world.vendor.states |= {clips[n]: JobState.FAILED for n in start["fail"]}
        self.accepts_doubt = start["on_in_doubt"] == "resubmit"
        self._run(start)
        self._note_verdicts()
        if between == "clear":
            world.clear()
            self.words += 1
        elif between == "next run":
            world.next_run()
            self.words += 1
        elif between == "later":
            world.clock.seconds += 5000

    def _run(self, start: dict[str, Any]) -> None:
        self.world.dies_at = start["dies_at"]
        terms = {name: start[name] for name in ("on_in_doubt", "max_failed", "max_active_jobs")}
        with suppress(AirflowException, Killed):
            self.world.start(rows(start["count"], start["first"]), timeout=300, **terms)

    def _note_verdicts(self) -> None:
        for job_id in self.world.vendor.looked_at:
            if self.world.vendor.states.get(self.world.vendor.jobs[job_id]) is JobState.FAILED:
                self.failed.add(job_id)
        self.world.vendor.looked_at.clear()

    def _on_taken(self, media: str, job_id: str) -> None:
        self._note_verdicts()
        for former, (bought, words) in self.taken.items():
            if bought != media:
                continue
            if self.accepts_doubt and not self._noted(former):
                self.given_up.add(former)
            verdict = former in self.failed and self.words > words
            assert verdict or former in self.given_up, f"{media} was bought again: {former}, then {job_id}"
        self.taken[job_id] = (media, self.words)

    def _noted(self, job_id: str) -> bool:
        """Whether the folder names a job: a later run cannot read the journal of a former one."""
        parts = self.world.folder.rglob("*.jsonl")
        said = re.compile(rf'"job_id": ?"{job_id}"')
        return any(said.search(part.read_text()) for part in parts)

    def end(self) -> None:
        """Collect what there is: nothing that was bought and noted is missing."""
        world = self.world
        noted = {job_id for job_id in self.taken if self._noted(job_id)} - self.failed - self.given_up
        world.vendor.states, world.vendor.answers_to = {}, {}
        self.accepts_doubt = False
        world.next_run()
        self.words += 1
        world.start(rows(MEDIA + 2), max_failed=1.0)
        lines = {line["item"]["target"]: line for line in world.lines}
        assert len(world.lines) == len(lines) == MEDIA + 2
        for job_id in noted:
            line = lines[self.taken[job_id][0]]
            assert line["status"] in ("success", "in_doubt"), json.dumps(line)
        for line in lines.values():
            if line["status"] == "success":
                (stored,) = line["stored"]
                assert Path(stored.removeprefix("file://")).stat().st_size == line["bytes"]


@settings(max_examples=40, deadline=None)
@given(history=HISTORIES)
def test_each_purchase_has_a_reason_and_none_is_forgotten(history: list[Any]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch, tempfile.TemporaryDirectory() as folder:
        monkeypatch.setattr(manifest, "MANY", 2)
        played = History(BatchWorld(Path(folder, "out"), monkeypatch))
        for start, between in history:
            played.play(start, between)
        played.end()
