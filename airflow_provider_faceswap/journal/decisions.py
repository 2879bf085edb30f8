"""What the next start of a task does, by what the journal's entry says: the table, without any I/O."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from airflow_provider_faceswap.journal.entry import Entry, State

SETTLE_SECONDS = 15.0
"""Beyond the HTTP timeout: until then the worker that wrote an intent may still be alive."""


class Step(str, enum.Enum):
    """What to do."""

    SUBMIT = "submit"
    WAIT_OUT = "wait out"
    """Read the entry again after ``Decision.seconds``."""
    ASK_ABOUT_DOUBT = "in doubt"
    """Do what the user wants done with a submission in doubt."""
    REATTACH = "reattach"
    POLL_ONCE = "look once"
    """Take a finished result, otherwise fail: the deadline has passed."""
    COLLECT = "collect"
    FAIL = "fail"


@dataclass(frozen=True)
class Decision:
    """
    A step, and the entry to take it with.

    :param step: what to do.
    :param entry: the entry, with a new deadline where a person's clear grants one.
    :param seconds: how long to wait out.
    :param reason: for people.
    """

    step: Step
    entry: Entry | None
    seconds: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class Start:
    """
    What is known when a task starts.

    :param now: seconds since the epoch.
    :param fingerprint: of the inputs as they are now.
    :param base_url: where the connection leads now.
    :param max_tries: the task's, now.
    :param timeout: seconds from submission to deadline.
    :param http_timeout: seconds that one call may take.
    """

    now: float
    fingerprint: str
    base_url: str
    max_tries: int
    timeout: float
    http_timeout: float


def decide(entry: Entry | None, start: Start) -> Decision:
    """
    Return what a start of the task does.

    :param entry: the journal's, or None.
    :param start: what is known now.
    """
    if entry is None:
        return Decision(Step.SUBMIT, None)
    cleared = start.max_tries > entry.max_tries and bool(entry.fingerprint)
    same = entry.fingerprint in ("", start.fingerprint)
    if entry.state is State.REFUSED:
        return Decision(Step.SUBMIT, entry if same and not cleared else None)
    if entry.base_url and entry.base_url != start.base_url:
        moved = f"the job was bought at {entry.base_url}, and the connection moved to {start.base_url}"
        return Decision(Step.FAIL, entry, reason=moved)
    if entry.state in (State.FINISHED, State.FAILED):
        return _ended(entry, cleared, same)
    if not same:
        if cleared:
            return Decision(Step.SUBMIT, None, reason="cleared with other inputs")
        changed = (
            f"the inputs changed while a job is open: it was bought for inputs {entry.fingerprint}, "
            f"the task now has {start.fingerprint}"
        )
        return Decision(Step.FAIL, entry, reason=changed)
    if entry.state is State.RUNNING:
        return _running(entry, start, cleared)
    return _no_id(entry, start, cleared)


def _ended(entry: Entry, cleared: bool, same: bool) -> Decision:
    if cleared or not same:
        return Decision(Step.SUBMIT, None, reason="cleared" if cleared else "ended with other inputs")
    if entry.state is State.FINISHED:
        return Decision(Step.COLLECT, entry)
    return Decision(Step.FAIL, entry, reason=f"the job failed for good before: {entry.problem}")


def _no_id(entry: Entry, start: Start, cleared: bool) -> Decision:
    settled = entry.attempted_at + start.http_timeout + SETTLE_SECONDS
    if entry.state is State.INTENT and start.now < settled:
        return Decision(Step.WAIT_OUT, entry, seconds=settled - start.now)
    if cleared:
        entry = entry.moved_to(State.IN_DOUBT, submitted_at=0.0, deadline=0.0)
    reason = entry.problem or "the worker ended between the submission and its answer"
    return Decision(Step.ASK_ABOUT_DOUBT, entry, reason=reason)


def _running(entry: Entry, start: Start, cleared: bool) -> Decision:
    adopted = not entry.deadline
    if cleared or adopted:
        renewed = entry.moved_to(
            State.RUNNING,
            submitted_at=entry.submitted_at or start.now,
            deadline=start.now + start.timeout,
            max_tries=start.max_tries,
            fingerprint=start.fingerprint,
            base_url=start.base_url,
        )
        return Decision(Step.REATTACH, renewed, reason="cleared" if cleared else "adopted")
    if start.now >= entry.deadline:
        return Decision(Step.POLL_ONCE, entry)
    return Decision(Step.REATTACH, entry)
