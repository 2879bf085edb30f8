"""Calling a client back when its job has ended: late, early, often, never, or with a changed story."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Literal

from pydantic import Field

from airflow_provider_faceswap.sandbox.counts import Counts
from airflow_provider_faceswap.sandbox.jobs import Job
from airflow_provider_faceswap.sandbox.policies import Policy
from airflow_provider_faceswap.sandbox.webhooks import Webhooks

# A callback that is not early waits for the submission's answer to be sent, but not if a fault holds it.
ANSWER_WAIT = 1.0
# How long a submission's answer waits for an early callback.
EARLY_WAIT = 20.0

Body = dict[str, Any]


class CallbackPolicy(Policy):
    """How a job is called back.

    :param delay_seconds: from the end of the job to the first delivery.
    :param deliveries: how often the same callback is delivered; 0: it is dropped.
    :param interval_seconds: between two deliveries.
    :param early: deliver before the submission's own answer is sent.
    :param omit: the fields that are left out.
    :param fields: fields that are added or changed.
    :param text_numbers: numbers are sent as text.
    :param encoding: what the body is encoded as.
    :param contradict: after all deliveries, another one that tells the opposite.
    :param retries: how often a delivery that was not answered with 2xx is tried again.
    :param retry_seconds: between two tries.
    """

    delay_seconds: float = Field(default=0.0, ge=0)
    deliveries: int = Field(default=1, ge=0)
    interval_seconds: float = Field(default=0.0, ge=0)
    early: bool = False
    omit: tuple[str, ...] = ()
    fields: dict[str, Any] = Field(default_factory=dict)
    text_numbers: bool = False
    encoding: Literal["json", "form"] = "json"
    contradict: bool = False
    retries: int = Field(default=0, ge=0)
    retry_seconds: float = Field(default=0.5, ge=0)

    def shaped(self, body: Mapping[str, Any]) -> Body:
        """A callback in the form that this policy wants."""
        changed = {name: value for name, value in body.items() if name not in self.omit} | self.fields
        if not self.text_numbers:
            return changed
        return {k: str(v) if isinstance(v, int | float) else v for k, v in changed.items()}


class Caller:
    """Calls one client back.

    :param url: where to.
    :param tell: the vendor's callback for a job, told as a success or as a failure.
    :param policy: how.
    :param webhooks: what delivers.
    :param counts: where deliveries are counted.
    """

    def __init__(
        self,
        url: str,
        tell: Callable[[Job, bool], Body],
        policy: CallbackPolicy,
        webhooks: Webhooks,
        counts: Counts,
    ) -> None:
        self._url = url
        self._tell = tell
        self._policy = policy
        self._webhooks = webhooks
        self._counts = counts
        self._answered = asyncio.Event()
        self._delivered = asyncio.Event()

    async def note_answered(self) -> None:
        """The submission's answer is sent."""
        self._answered.set()

    async def before_answer(self) -> None:
        """What the submission's answer has to wait for: nothing, or an early callback."""
        if self._policy.early:
            self._answered.set()
            await _within(EARLY_WAIT, self._delivered)

    async def __call__(self, job: Job) -> None:
        """Call back.

        :param job: the job that has ended.
        """
        await _within(ANSWER_WAIT, self._answered)
        await asyncio.sleep(self._policy.delay_seconds)
        succeeded = job.state == "success"
        for number in range(self._policy.deliveries):
            if number:
                await asyncio.sleep(self._policy.interval_seconds)
            await self._deliver(self._tell(job, succeeded))
        if not self._policy.deliveries:
            self._counts.callbacks["dropped"] += 1
            self._delivered.set()
        if self._policy.contradict:
            await self._deliver(self._tell(job, not succeeded))

    async def _deliver(self, body: Body) -> None:
        shaped = self._policy.shaped(body)
        for number in range(1 + self._policy.retries):
            if number:
                await asyncio.sleep(self._policy.retry_seconds)
            outcome = await self._webhooks.post(self._url, shaped, self._policy.encoding)
            self._counts.callbacks[outcome] += 1
            self._delivered.set()
            if outcome == "delivered":
                return


async def _within(seconds: float, event: asyncio.Event) -> None:
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
