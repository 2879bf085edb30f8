"""Whatever happens to a task, in whatever order: each purchase has a reason, and none is forgotten."""

from __future__ import annotations

from itertools import chain
from typing import Any
from uuid import uuid4

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
WISHES = ("adopt", "resubmit", "buy_another", "again")
"""Decisions in the UI about the attempt that the journal shows; "again" sends the last one once more."""
BETWEEN = st.sampled_from(("nothing", "clear", "clear", "clear", "move", "later", *WISHES))
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
        self.wish: dict[str, Any] = {}
        self.asked_for = ""
        """The decision that asked for the purchase that comes next."""
        self.obeyed: set[str] = set()
        self.replaced: set[str] = set()
        """Jobs beside which a person wanted another one."""

    def play(self, action: Any) -> None:
        world = self.world
        if action == "clear":
            if world.try_number:
                world.clear()
                self.clears += 1
        elif action == "move":
            world.vendor.moves_to(THERE if world.vendor.hook.settings.base_url == HOME else HOME)
        elif action in WISHES:
            self._decide(action)
        elif action == "later":
            world.clock.seconds += 4000
        elif action != "nothing":
            self._start(action)

    def _decide(self, action: str) -> None:
        """Decide as the page does: say so, and clear the task."""
        world = self.world
        if action != "again":
            found = self.bought[-1][0] if self.bought else "4711"  # where a person looks, at the vendor
            job_id = found if action == "adopt" else ""
            attempt = (world.entry or {}).get("attempted_at", 0.0)
            self.wish = {"id": uuid4().hex, "attempt": attempt, "action": action, "job_id": job_id}
        assert world.store is not None
        world.store.set("faceswap_decision", self.wish or None)
        self.play("clear")

    def _wished(self) -> str:
        """Return the decision that asks for a purchase now, if one does."""
        entry = self.world.entry or {}
        ended = entry.get("state") in ("finished", "failed")
        doubt = entry.get("state") in ("intent", "in_doubt") and not entry.get("job_id")
        fits = {"buy_another": ended, "resubmit": doubt}.get(self.wish.get("action", ""), False)
        same = self.wish.get("attempt") == entry.get("attempted_at", 0.0)
        return str(self.wish["id"]) if fits and same and self.wish["id"] not in self.obeyed else ""

    def _start(self, action: dict[str, Any]) -> None:
        world, vendor = self.world, self.world.vendor
        world.clock.seconds += 1
        self.asked_for = self._wished()
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
        if self.asked_for:
            self.obeyed.add(self.asked_for)
            self.replaced = {job_id for job_id, *_ in self.bought}
            return
        if self.bought:
            job_id, before, clears, _ = self.bought[-1]
            assert self.clears > clears, f"job {job_id} was paid again without a person's word"
            assert media != before or job_id in self.failed, f"job {job_id} was paid again"
        for job_id, before, _, host in self.bought:
            known = job_id in self.noted - self.failed - self.replaced
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
