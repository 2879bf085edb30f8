"""One job: what was asked for, how far it is, what came of it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from airflow_provider_faceswap.sandbox.progress import Progress
from airflow_provider_faceswap.sandbox.swap import Work

State = Literal["processing", "success", "failed"]
# A timer of the event loop may ring a trifle early.
TIMER_SLACK = 0.002


@dataclass(frozen=True)
class Submission:
    """A request that a vendor's front found in order.

    :param vendor: the vendor's name.
    :param operation: the vendor's name for the operation.
    :param inputs: what the result depends on, as it was sent.
    :param work: the same in no vendor's words.
    :param origin: scheme and authority under which the sandbox was reached.
    :param port: the port on which it was reached.
    :param failure: the vendor's words for a job that fails, by outcome.
    :param context: whatever the vendor's replies need later.
    :param id_form: how the vendor's ids look.
    :param readable: whether the vendor can be asked how far the job is.
    :param inputs_first: whether inputs that do not allow a swap are refused, and not found out by the job.
    :param problem: what is wrong with the request, where the vendor tells by a job that fails.
    """

    vendor: str
    operation: str
    inputs: Mapping[str, Any]
    work: Work
    origin: str
    port: int | None
    failure: Mapping[str, str]
    context: Mapping[str, Any] = field(default_factory=dict)
    id_form: Literal["number", "uuid", "hex"] = "number"
    readable: bool = True
    inputs_first: bool = False
    problem: str = ""

    @property
    def inputs_text(self) -> str:
        """The inputs as one text, to look for words in."""
        return " ".join(map(str, self.inputs.values()))

    @property
    def inputs_hash(self) -> str:
        """A digest by which repeated submissions are told."""
        text = json.dumps([self.vendor, self.operation, dict(self.inputs)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(eq=False)
class Job:
    """One accepted job; it ends when its policy says so and its rendering is done."""

    id: int | str
    submission: Submission
    progress: Progress
    rendering: asyncio.Future[bytes]
    seed: int
    file_prefix: str = field(default_factory=lambda: str(uuid.uuid4()))
    accepted_at: float = field(default_factory=time.monotonic)
    ended_at: float | None = None
    fetches: int = 0
    reads: int = 0
    due: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def file_name(self) -> str:
        """The name of the result's file."""
        return f"{self.file_prefix}.{self.submission.work.ending}"

    @property
    def url(self) -> str:
        """Where the result is, once it is there."""
        return f"{self.submission.origin}/generations/{self.file_name}"

    @property
    def state(self) -> State:
        """How far the job is."""
        if not self.due.is_set() or not self.rendering.done():
            return "processing"
        return "failed" if self.rendering.exception() else "success"

    @property
    def error(self) -> str:
        """Why the job failed, in words for the client; empty unless it did."""
        return str(self.rendering.exception()) if self.state == "failed" else ""

    @property
    def seconds(self) -> float:
        """How long the job took, or has taken until now."""
        return round((self.ended_at or time.monotonic()) - self.accepted_at, 2)

    async def wait(self, seconds: float) -> None:
        """Wait until the job has ended, but no longer than so many seconds."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.ended.wait(), seconds)

    def note_read(self) -> State:
        """Count a read and tell the state that this read sees."""
        self.reads += 1
        self.consider_due()
        return self.state

    def consider_due(self) -> None:
        """See whether the policy lets the job end."""
        late_enough = time.monotonic() >= self.accepted_at + self.progress.after_seconds - TIMER_SLACK
        read_enough = not self.progress.after_reads or self.reads > self.progress.after_reads
        if self.progress.outcome != "never" and late_enough and read_enough:
            self.due.set()

    def to_json(self) -> dict[str, Any]:
        """The job for the control routes."""
        return {
            "id": self.id,
            "vendor": self.submission.vendor,
            "operation": self.submission.operation,
            "state": self.state,
            "error": self.error,
            "inputs_hash": self.submission.inputs_hash,
            "fetches": self.fetches,
            "reads": self.reads,
            "seconds": self.seconds,
            "file": self.file_name,
        }
