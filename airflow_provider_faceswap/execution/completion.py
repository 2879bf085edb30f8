"""How a vendor brings a job's result: it is polled, or it calls back."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.exceptions import FaceSwapError, InputError
from airflow_provider_faceswap.hooks.exchange import run

if TYPE_CHECKING:
    from airflow.triggers.base import BaseTrigger

    from airflow_provider_faceswap.apis.request import Submission
    from airflow_provider_faceswap.apis.ticket import Ticket
    from airflow_provider_faceswap.apis.watch import Watch
    from airflow_provider_faceswap.execution.clock import Clock
    from airflow_provider_faceswap.hooks.base import SwapHook
    from airflow_provider_faceswap.triggers.base import SwapTrigger


class Completion(ABC):
    """
    How to learn of a job's end.

    :param provider: the vendor's connection type.
    :param hook: the vendor's hook.
    """

    repeatable: ClassVar[bool] = True
    """Whether the result can be asked for again; else what brought it is its only copy."""

    def __init__(self, provider: str, hook: SwapHook) -> None:
        self.provider = provider
        self.hook = hook

    @abstractmethod
    def poll(self, ticket: Ticket) -> Job:
        """
        Poll the job from a worker.

        :raises PollError: if the poll says nothing about the job.
        """

    @abstractmethod
    def poll_all(self, tickets: Sequence[Ticket]) -> list[Job | FaceSwapError]:
        """
        Poll many jobs from a worker, side by side.

        :param tickets: of the jobs.
        :return: an answer for each, or why there is none.
        """

    @abstractmethod
    def trigger(self, ticket: Ticket, **options: Any) -> BaseTrigger:
        """Return what waits for the job without a worker."""

    @abstractmethod
    def batch_trigger(self, **options: Any) -> SwapTrigger:
        """
        Return the trigger that watches the jobs of a batch.

        :param options: its ``jobs_url``, ``deadline`` and what else it takes.
        """

    def check_settings(self) -> None:  # noqa: B027 - nothing to check where the vendor is polled
        """Find what in the settings would keep the result from coming, without asking anybody."""

    def check(self) -> None:  # noqa: B027 - as above
        """Find what would keep the result from coming, before anything is paid."""

    def addressed(self, request: Submission, deadline: float) -> tuple[Submission, str]:
        """Return the request as it is sent, and the nonce of the callback that it asks for."""
        return request, ""

    def sleep(self, ticket: Ticket, watch: Watch, clock: Clock) -> bool:
        """
        Sleep on the worker until the next poll of a job is due.

        :param ticket: of the job.
        :param watch: the job's; it says when.
        :param clock: the time.
        :return: False where the watch is over, and another poll is not worth it.
        """
        clock.sleep(watch.wait(clock.time()))
        return True

    def claim(self, ticket: Ticket) -> None:  # noqa: B027 - as above
        """Let those who know the job's id alone find its callback."""

    def answers(self, ticket: Ticket) -> set[str]:
        """Return the ids of the jobs that callbacks to this submission name."""
        return set()

    def answers_all(self, tickets: Sequence[Ticket], *, certain: bool = False) -> list[set[str]]:
        """
        Return what :meth:`answers` does for each of many submissions.

        :param tickets: of the submissions.
        :param certain: whether an id that cannot be confirmed now is an error, instead of no answer.
        :raises FaceSwapError: with ``certain``, if an id cannot be confirmed now.
        """
        return [set() for _ in tickets]

    def forget(self, ticket: Ticket) -> None:  # noqa: B027 - as above
        """Delete what brought the job's result; it is kept elsewhere now."""


class Polling(Completion):
    """The vendor is polled."""

    def poll(self, ticket: Ticket) -> Job:
        """Ask the vendor once."""
        return self.hook.send(vendor(self.provider).poll_request(ticket.job_id, ticket.route))

    def poll_all(self, tickets: Sequence[Ticket]) -> list[Job | FaceSwapError]:
        """Ask the vendor side by side, over connections that all of them share."""
        found = run(self._poll_all(tickets))
        # What is too large to be read in an event loop is asked for once more.
        return [
            self._poll_again(ticket) if isinstance(job, Job) and _without_result(job) else job
            for ticket, job in zip(tickets, found, strict=True)
        ]

    async def _poll_all(self, tickets: Sequence[Ticket]) -> list[Job | FaceSwapError]:
        async with self.hook.connected():
            return list(await asyncio.gather(*map(self._apoll, tickets)))

    async def _apoll(self, ticket: Ticket) -> Job | FaceSwapError:
        try:
            request = vendor(self.provider).poll_request(ticket.job_id, ticket.route)
            return await self.hook.asend(request, ticket.base_url)
        except FaceSwapError as error:
            return error

    def _poll_again(self, ticket: Ticket) -> Job | FaceSwapError:
        try:
            return self.poll(ticket)
        except FaceSwapError as error:
            return error

    def trigger(self, ticket: Ticket, **options: Any) -> BaseTrigger:
        """Return the trigger that polls."""
        from airflow_provider_faceswap.triggers.jobs import SwapJobsTrigger

        return SwapJobsTrigger(
            provider=self.provider, conn_id=self.hook.conn_id, jobs=[ticket.as_dict()], **options
        )

    def batch_trigger(self, **options: Any) -> SwapTrigger:
        """Return the trigger that polls."""
        from airflow_provider_faceswap.triggers.jobs import SwapJobsTrigger

        return SwapJobsTrigger(provider=self.provider, conn_id=self.hook.conn_id, **options)


def _without_result(job: Job) -> bool:
    return job.state is JobState.SUCCESS and not job.output and job.content is None


def completion_for(
    provider: str, hook: SwapHook, request: type[Submission] | None = None, *, use_callback: bool = False
) -> Completion:
    """
    Return how a vendor brings results.

    :param provider: its connection type.
    :param hook: its hook.
    :param request: what is submitted, if that is known: a vendor may answer some requests at once.
    :param use_callback: whether a callback shall say when to poll.
    :raises InputError: if the vendor's jobs are polled and it calls nobody.
    """
    from airflow_provider_faceswap.execution.callback_completion import Callback, PollingOnCallback

    chosen = vendor(provider)
    if request.webhook_is_ours if request else not chosen.poll:
        return Callback(provider, hook)
    if chosen.says_when:
        return PollingOnCallback(provider, hook, asks=use_callback)
    if use_callback:
        raise InputError("use_callback", f"must be False: {chosen.title} takes no callback URL")
    return Polling(provider, hook)
