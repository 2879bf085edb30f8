"""What the next start of a task does, by what the journal's entry says: pure decisions, no I/O."""

from __future__ import annotations

import enum
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from airflow_provider_faceswap.journal.entry import Entry, Left, State

SETTLE_SECONDS = 15.0
"""Beyond the HTTP timeout: until then the worker that wrote an intent may still be alive."""
NO_ANSWER = "the worker ended between the submission and its answer"
"""Why a submission is in doubt whose entry does not say."""
DOUBTS = (State.INTENT, State.IN_DOUBT)
"""States in which, without an id, nobody knows whether the vendor took it."""


class Step(str, enum.Enum):
    """What to do."""

    SUBMIT = "submit"
    WAIT_OUT = "wait out"
    """Read the entry again after ``Decision.seconds``."""
    ASK_ABOUT_DOUBT = "in doubt"
    """Do what the user wants done with a submission in doubt."""
    REATTACH = "reattach"
    POLL_ONCE = "poll once"
    """Take a finished result, otherwise fail: the deadline has passed."""
    COLLECT = "collect"
    FAIL = "fail"


@dataclass(frozen=True)
class Decision:
    """
    A step, and the entry to take it with.

    :param step: what to do.
    :param entry: the entry: to submit, the one whose counts go on; else the job's.
    :param leaves: the entry of a job that the step leaves behind.
    :param cleared: whether a person cleared the task since the entry was written.
    :param again: whether the user asked to buy once more what is bought.
    :param back: whether the job is one that an earlier purchase of the task had left behind.
    :param seconds: how long to wait out.
    :param reason: for people.
    """

    step: Step
    entry: Entry | None
    leaves: Entry | None = None
    cleared: bool = False
    again: bool = False
    back: bool = False
    seconds: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class Situation:
    """
    What is known when a task starts.

    :param now: seconds since the epoch.
    :param inputs: a digest of each input as it is now.
    :param base_url: where the connection leads now.
    :param max_tries: the task's, now.
    :param clear_number: how often tasks of the Dag run were cleared so far.
    :param tries_after_clear: what ``max_tries`` is in the first try after a person's clear.
    :param timeout: seconds from submission to deadline.
    :param http_timeout: seconds that the submission may take.
    :param buy_again: whether a person's clear buys what is finished again.
    :param versions: a digest of the version of each input that is a file, as far as it is known now.
    :param identity: one text for inputs and versions; nothing while one is not known.
    :param waited_out: when the intent was submitted that this try has waited out, if it has.
    """

    now: float
    inputs: Mapping[str, str]
    base_url: str
    max_tries: int
    clear_number: int
    tries_after_clear: int
    timeout: float
    http_timeout: float
    buy_again: bool = False
    versions: Mapping[str, str] = field(default_factory=dict)
    identity: str = ""
    waited_out: float | None = None

    def wait_for(self, intent: Entry) -> float:
        """Return the seconds until the worker that wrote an intent cannot be submitting any more."""
        if intent.attempted_at == self.waited_out:
            return 0.0
        settle = self.http_timeout + SETTLE_SECONDS
        # The clocks of two workers may disagree, and nobody waits longer for that.
        return max(0.0, min(intent.attempted_at + settle - self.now, settle))

    def cleared(self, entry: Entry) -> bool:
        """
        Tell a person's clear from Airflow's own retry.

        A clear sets ``max_tries`` to the tries so far and the task's retries; a retry leaves it. Where
        somebody lowered ``retries`` both may give the same number: then the run's own count decides.
        """
        if entry.adopted:
            return False
        same_number = self.max_tries == self.tries_after_clear and self.clear_number > entry.clear_number
        return self.max_tries != entry.max_tries or same_number


def decide(entry: Entry | None, situation: Situation) -> Decision:
    """
    Return what a start of the task does.

    :param entry: the journal's, or None.
    :param situation: what is known now.
    """
    if entry is None:
        return Decision(Step.SUBMIT, None)
    cleared, changed = situation.cleared(entry), entry.changed(situation.inputs)
    if cleared and entry.state not in DOUBTS:
        # For Airflow's own retry, and for a doubt, a file that was written again is what it was.
        changed = changed or entry.newer(situation.versions)
    if entry.state is State.REFUSED:
        if cleared and (back := _back(entry, situation)):
            return back
        return Decision(Step.SUBMIT, entry.left_behind() if cleared or changed else entry)
    if entry.erased and not (cleared and (changed or situation.buy_again)):
        return Decision(Step.FAIL, entry, reason=erased(entry))
    nothing_to_collect = cleared and entry.state is State.FAILED
    if entry.base_url and entry.base_url != situation.base_url and not nothing_to_collect:
        return Decision(Step.FAIL, entry, reason=moved(entry, situation.base_url))
    if entry.state is State.INTENT and (seconds := situation.wait_for(entry)):
        return Decision(Step.WAIT_OUT, entry, seconds=seconds)
    if changed:
        if cleared:
            if back := _back(entry, situation):
                return back
            return buy_again(entry, f"cleared with other inputs ({', '.join(changed)})")
        what = f"{_job(entry)} was bought with other inputs; changed: {', '.join(changed)}"
        remedy = "give the task its former inputs, or clear it to buy the new ones"
        return Decision(Step.FAIL, entry, reason=f"{what}; {remedy}")
    if entry.state is State.FINISHED:
        if cleared and situation.buy_again:
            return replace(buy_again(entry, "cleared with on_clear='resubmit'"), again=True)
        noted = {"max_tries": situation.max_tries, "clear_number": situation.clear_number} if cleared else {}
        return Decision(Step.COLLECT, entry.moved_to(State.FINISHED, **noted), cleared=cleared)
    if entry.state is State.FAILED:
        if cleared:
            return buy_again(entry, "cleared")
        return Decision(Step.FAIL, entry, reason=f"{_job(entry)} failed for good before: {entry.problem}")
    if entry.state is State.RUNNING:
        return _running(entry, situation, cleared)
    return _no_id(entry, cleared)


def _back(entry: Entry, situation: Situation) -> Decision | None:
    """Return to the job or doubt that was left behind for other inputs, if a clear brings its inputs back."""
    if situation.buy_again:
        return None
    for job in reversed(entry.left):
        bought = job.state in ((State.RUNNING, State.FINISHED) if job.job_id else DOUBTS)
        same = job.identity and job.identity == situation.identity
        if bought and same and job.base_url == situation.base_url:
            break
    else:
        return None
    if job.erased:
        return Decision(Step.FAIL, entry, cleared=True, back=True, reason=erased(job))
    again = Entry(
        state=State.RUNNING if job.job_id else State.IN_DOUBT,
        **job.model_dump(exclude={"state"}),
        inputs=dict(situation.inputs),
        versions=dict(situation.versions),
        submitted_at=job.attempted_at or situation.now,
        deadline=situation.now + situation.timeout,
        max_tries=situation.max_tries,
        clear_number=situation.clear_number,
        obeyed=entry.obeyed,
        left=tuple(left for left in entry.left_behind().left if left != job),
    )
    if not job.job_id:
        reason = f"{NO_ANSWER}, and other inputs were bought since"
        return Decision(Step.ASK_ABOUT_DOUBT, again, cleared=True, back=True, reason=reason)
    reason = f"cleared with the inputs of job {job.job_id}"
    return Decision(Step.REATTACH, again, cleared=True, back=True, reason=reason)


def moved(entry: Entry, base_url: str, remedy: str = "clear the task to collect the job") -> str:
    """Say that a job belongs to another host than the connection's."""
    return (
        f"{_job(entry)} was bought at {entry.base_url}, and the connection moved to {base_url}; "
        f"point it back and {remedy}"
    )


def erased(job: Entry | Left) -> str:
    """Say that a job's result was deleted, as a person asked."""
    when = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(job.erased))
    return f"{_job(job)} was erased on request at {when}, so nothing is collected and nothing is bought again"


def _job(entry: Entry | Left) -> str:
    return f"job {entry.job_id}" if entry.job_id else "a submission without an id"


def buy_again(entry: Entry, reason: str) -> Decision:
    """Return the decision to buy, and to leave what the entry holds."""
    return Decision(Step.SUBMIT, entry.left_behind(), leaves=entry, cleared=True, reason=reason)


def _no_id(entry: Entry, cleared: bool) -> Decision:
    if cleared:
        entry = entry.moved_to(State.IN_DOUBT, submitted_at=0.0, deadline=0.0)
    return Decision(Step.ASK_ABOUT_DOUBT, entry, cleared=cleared, reason=entry.problem or NO_ANSWER)


def _running(entry: Entry, situation: Situation, cleared: bool) -> Decision:
    if cleared or not entry.deadline:
        renewed = entry.moved_to(
            State.RUNNING,
            submitted_at=entry.submitted_at or situation.now,
            deadline=situation.now + situation.timeout,
            max_tries=situation.max_tries,
            clear_number=situation.clear_number,
            inputs=dict(situation.inputs),
            base_url=situation.base_url,
            replaceable=cleared and situation.buy_again,
        )
        reason = "cleared" if cleared else "adopted by hand"
        return Decision(Step.REATTACH, renewed, cleared=cleared, reason=reason)
    if situation.now >= entry.deadline:
        return Decision(Step.POLL_ONCE, entry)
    return Decision(Step.REATTACH, entry)
