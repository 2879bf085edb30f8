"""Whatever happens to a task, in whatever order: each purchase has a reason, and none is forgotten."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, TaskDeferred
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.exceptions import (
    InDoubtError,
    NotSentError,
    PollError,
    RefusedError,
    RefusedForNowError,
)
from tests.fakes import Killed, job
from tests.operators.world import OTHER, URL, World

POLLS = ("processing", "success", "failed", "unknown", "error", "killed")
SUBMISSIONS = ("taken", "done", "in doubt", "killed", "refused", "not sent", "refused for now")
ENDS = ("success", "failed", "unknown", "deadline", "cut off", "lost")
START = st.fixed_dictionaries(
    {
        "media": st.sampled_from((URL, URL, URL, OTHER)),
        "deferrable": st.booleans(),
        "wait_for_completion": st.sampled_from((True, True, False)),
        "submission": st.sampled_from(("done", "taken", *SUBMISSIONS)),
        "polls": st.lists(st.sampled_from(POLLS), max_size=3),
        "end": st.sampled_from(ENDS),
        "dies_at_save": st.sampled_from((0,) * 8 + (1, 2, 3)),
    }
)
BETWEEN = st.sampled_from(("nothing", "clear", "clear", "clear", "move", "later"))
ACTIONS = st.lists(st.tuples(START, BETWEEN), min_size=2, max_size=6)
HOME, THERE = "https://modelslab.com", "https://there.example.com"


class History:
    """Plays actions and keeps the books that the journal should agree with."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clears = 0
        self.bought: list[tuple[str, str, int, str]] = []
        """The id, the media, the clears so far and the host, of each submission that the vendor took."""
        self.failed: set[str] = set()
        self.noted: set[str] = set()
        """Ids that the journal has held."""

    def play(self, action: Any) -> None:
        world = self.world
        if action == "clear":
            if world.try_number:
                world.clear()
                self.clears += 1
        elif action == "move":
            world.vendor.moves_to(THERE if world.vendor.hook.settings.base_url == HOME else HOME)
        elif action == "later":
            world.clock.seconds += 4000
        elif action != "nothing":
            self._start(action)

    def _start(self, action: dict[str, Any]) -> None:
        world, vendor = self.world, self.world.vendor
        number = len(self.bought) + 1
        vendor.submissions = [_submission(kind, str(number)) for kind in (action["submission"], "taken")]
        vendor.double.send.side_effect = lambda request: self._take(request, action["media"])
        vendor.polls = [lambda kind=kind: self._poll(kind) for kind in action["polls"]]
        if action["dies_at_save"]:
            world.die_at_save(action["dies_at_save"])
        how = {name: action[name] for name in ("media", "deferrable", "wait_for_completion")}
        try:
            self._run(how, action["end"])
        except (AirflowException, Killed):
            pass
        finally:
            world.heal()
        if world.entry:
            self.noted.add(world.entry.get("job_id", ""))

    def _run(self, how: dict[str, Any], end: str) -> None:
        world = self.world
        try:
            world.start(timeout=3600, **how)
        except TaskDeferred as deferral:
            for _ in range(3):
                if end == "lost":
                    return
                try:
                    if end == "cut off":
                        world.operator.resume_execution("__fail__", {"error": "x"}, world.context)
                    else:
                        job_id = (world.entry or {}).get("job_id", "")
                        world.resume(deferral, states={job_id: end})
                    return
                except TaskDeferred as again:
                    deferral = again

    def _take(self, request: Any, media: str) -> Any:
        vendor, taken = self.world.vendor, self.world.vendor.accepted
        try:
            return vendor._take(request)
        finally:
            if vendor.accepted > taken:
                self._check_purchase(media)
                self.bought.append((str(len(self.bought) + 1), media, self.clears, self._host))
                vendor.submissions = [RefusedError("one is enough for one try")]

    def _poll(self, kind: str) -> Any:
        job_id = self.world.vendor.polled[-1]
        if kind == "failed":
            self.failed.add(job_id)
        if kind == "error":
            raise PollError("HTTP 502")
        if kind == "killed":
            raise Killed
        return job(JobState(kind), job_id=job_id)

    def _check_purchase(self, media: str) -> None:
        if self.bought:
            job_id, before, clears, _ = self.bought[-1]
            assert self.clears > clears, f"job {job_id} was paid again without a person's word"
            assert media != before or job_id in self.failed, f"job {job_id} was paid again"
        for job_id, before, _, host in self.bought:
            known = job_id in self.noted - self.failed
            assert not known or (media, self._host) != (before, host), f"job {job_id} was paid again"

    @property
    def _host(self) -> str:
        return str(self.world.vendor.hook.settings.base_url)

    def check(self) -> None:
        entry = self.world.entry or {}
        named = {entry.get("job_id", ""), *(left.get("job_id", "") for left in entry.get("left", ()))}
        assert self.noted <= named | {""}, "a job was left behind unnamed"


def _submission(kind: str, job_id: str) -> Any:
    return {
        "taken": job(JobState.PROCESSING, job_id=job_id),
        "done": job(job_id=job_id),
        "in doubt": InDoubtError("cut"),
        "killed": Killed(),
        "refused": RefusedError("no credits"),
        "not sent": NotSentError("no route"),
        "refused for now": RefusedForNowError("queue full"),
    }[kind]


@settings(max_examples=60)
@given(actions=ACTIONS)
def test_each_purchase_has_a_reason_and_none_is_forgotten(actions: list[Any]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        history = History(World("modelslab", monkeypatch))
        for action in chain.from_iterable(actions):
            history.play(action)
            history.check()
