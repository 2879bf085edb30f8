"""One job: what was asked for, its state, its result."""

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

from airflow_provider_faceswap.sandbox.jobs.progress import Progress
from airflow_provider_faceswap.sandbox.pictures.work import Work

State = Literal["processing", "success", "failed"]
# A timer of the event loop may fire slightly early.
TIMER_SLACK = 0.002


@dataclass(frozen=True)
class Submission:
    """
    A request that is valid at a vendor.

    :param vendor: the vendor's name.
    :param operation: the vendor's name for the operation.
    :param inputs: what the result depends on, as it was sent.
    :param work: the same for the renderer, without a vendor's words.
    :param origin: scheme and authority under which the sandbox was reached.
    :param port: the port on which it was reached.
    :param failure: the vendor's message for a job that fails, by outcome.
    :param context: what the vendor's replies need later.
    :param id_format: the format of the vendor's ids.
    :param pollable: whether the vendor can be asked for the job's state.
    :param checks_inputs: whether inputs that do not allow a swap are refused; otherwise their job fails.
    :param problem: what is wrong with the request, if the vendor accepts it and lets its job fail.
    """

    vendor: str
    operation: str
    inputs: Mapping[str, Any]
    work: Work
    origin: str
    port: int | None
    failure: Mapping[str, str]
    context: Mapping[str, Any] = field(default_factory=dict)
    id_format: Literal["number", "uuid", "hex"] = "number"
    pollable: bool = True
    checks_inputs: bool = False
    problem: str = ""

    @property
    def inputs_text(self) -> str:
        """The inputs as one text, for searching."""
        return " ".join(map(str, self.inputs.values()))

    @property
    def inputs_hash(self) -> str:
        """A digest that repeated submissions share."""
        text = json.dumps([self.vendor, self.operation, dict(self.inputs)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(eq=False)
class Job:
    """One accepted job; it ends when its policy allows it and its rendering is done."""

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
        return f"{self.file_prefix}.{self.submission.work.extension}"

    @property
    def url(self) -> str:
        """The URL of the result, once it exists."""
        return f"{self.submission.origin}/generations/{self.file_name}"

    @property
    def state(self) -> State:
        """The state of the job."""
        if not self.due.is_set() or not self.rendering.done():
            return "processing"
        return "failed" if self.rendering.exception() else "success"

    @property
    def error(self) -> str:
        """Why the job failed, for the client; empty unless it failed."""
        return str(self.rendering.exception()) if self.state == "failed" else ""

    @property
    def seconds(self) -> float:
        """How long the job took, or has taken until now."""
        return round((self.ended_at or time.monotonic()) - self.accepted_at, 2)

    async def wait(self, seconds: float) -> None:
        """Wait until the job has ended, at most this number of seconds."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.ended.wait(), seconds)

    def read(self) -> State:
        """Count a read and return the state that it sees."""
        self.reads += 1
        self.check_due()
        return self.state

    def check_due(self) -> None:
        """Let the job end if its policy allows it now."""
        late_enough = time.monotonic() >= self.accepted_at + self.progress.after_seconds - TIMER_SLACK
        read_enough = not self.progress.after_reads or self.reads > self.progress.after_reads
        if self.progress.outcome != "never" and late_enough and read_enough:
            self.due.set()

    def to_json(self) -> dict[str, Any]:
        """Return the job for the control routes."""
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
