"""Calling a client back when its job has ended, as the policy says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from anyio import move_on_after

from airflow_provider_faceswap.sandbox.callbacks.policy import CallbackPolicy
from airflow_provider_faceswap.sandbox.callbacks.webhooks import Webhooks
from airflow_provider_faceswap.sandbox.counts import Counts
from airflow_provider_faceswap.sandbox.jobs.job import Job

# A callback waits for the submission's answer to be sent unless it is early; a fault may hold that answer.
ANSWER_WAIT = 1.0
# How long a submission's answer waits for an early callback.
EARLY_WAIT = 20.0

Body = dict[str, Any]


class CallbackSender:
    """
    Calls one client back.

    :param url: the client's URL.
    :param body_for: returns the vendor's callback for a job, as a success or as a failure.
    :param policy: how to call back.
    :param webhooks: delivers.
    :param counts: where deliveries are counted.
    """

    def __init__(
        self,
        url: str,
        body_for: Callable[[Job, bool], Body],
        policy: CallbackPolicy,
        webhooks: Webhooks,
        counts: Counts,
    ) -> None:
        self._url = url
        self._body_for = body_for
        self._policy = policy
        self._webhooks = webhooks
        self._counts = counts
        self._answered = asyncio.Event()
        self._delivered = asyncio.Event()

    async def on_answered(self) -> None:
        """Note that the submission's answer is sent."""
        self._answered.set()

    async def before_answer(self) -> None:
        """Wait for what the submission's answer has to wait for: nothing, or an early callback."""
        if self._policy.early:
            self._answered.set()
            await _wait(self._delivered, EARLY_WAIT)

    async def __call__(self, job: Job) -> None:
        """
        Call back.

        :param job: the job that has ended.
        """
        await _wait(self._answered, ANSWER_WAIT)
        await asyncio.sleep(self._policy.delay_seconds)
        succeeded = job.state == "success"
        for number in range(self._policy.deliveries):
            if number:
                await asyncio.sleep(self._policy.interval_seconds)
            await self._deliver(self._body_for(job, succeeded))
        if not self._policy.deliveries:
            self._counts.callbacks["dropped"] += 1
            self._delivered.set()
        if self._policy.contradict:
            await self._deliver(self._body_for(job, not succeeded))

    async def _deliver(self, body: Body) -> None:
        changed = self._policy.apply(body)
        for number in range(1 + self._policy.retries):
            if number:
                await asyncio.sleep(self._policy.retry_seconds)
            outcome = await self._webhooks.post(self._url, changed, self._policy.encoding)
            self._counts.callbacks[outcome] += 1
            self._delivered.set()
            if outcome == "delivered":
                return


async def _wait(event: asyncio.Event, seconds: float) -> None:
    # Not asyncio.wait_for: up to Python 3.11 it swallows a cancellation that meets the event.
    with move_on_after(seconds):
        await event.wait()
