"""How a vendor brings a job's result: it is polled, or it calls back."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.exceptions import FaceSwapError, InboxError, InputError, PollError
from airflow_provider_faceswap.hooks.exchange import run

if TYPE_CHECKING:
    from airflow.triggers.base import BaseTrigger

    from airflow_provider_faceswap.apis.request import Submission
    from airflow_provider_faceswap.apis.ticket import Ticket
    from airflow_provider_faceswap.callbacks.config import CallbackSettings
    from airflow_provider_faceswap.callbacks.inbox import Inbox
    from airflow_provider_faceswap.hooks.base import SwapHook
    from airflow_provider_faceswap.triggers.base import SwapTrigger


class Completion(ABC):
    """
    How to learn of a job's end.

    :param provider: the vendor's connection type.
    :param hook: the vendor's hook.
    """

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

    def check(self) -> None:  # noqa: B027 - nothing to check where the vendor is polled
        """Find what would keep the result from coming, before anything is paid."""

    def addressed(self, request: Submission, deadline: float) -> tuple[Submission, str]:
        """Return the request as it is sent, and the nonce of the callback that it asks for."""
        return request, ""

    def claim(self, ticket: Ticket) -> None:  # noqa: B027 - as above
        """Let those who know the job's id alone find its callback."""

    def answers(self, ticket: Ticket) -> set[str]:
        """Return the ids of the jobs that callbacks to this submission name."""
        return set()

    def answers_all(self, tickets: Sequence[Ticket]) -> list[set[str]]:
        """Return what :meth:`answers` does for each of many submissions."""
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


class Callback(Completion):
    """The vendor posts to a URL of ours; the receiver puts that into the inbox."""

    @cached_property
    def settings(self) -> CallbackSettings:
        """Where callbacks arrive; raises SettingsError."""
        from airflow_provider_faceswap.callbacks.config import callback_settings

        return callback_settings()

    @cached_property
    def inbox(self) -> Inbox:
        """The folder that the receiver writes to."""
        from airflow_provider_faceswap.callbacks.inbox import Inbox

        return Inbox(self.settings.inbox)

    def check(self) -> None:
        """Send a callback of our own through the receiver."""
        from airflow_provider_faceswap.callbacks import probe

        probe.check(self.settings)

    def addressed(self, request: Submission, deadline: float) -> tuple[Submission, str]:
        """Mint the URL before the submission: a callback can overtake its answer."""
        from airflow_provider_faceswap.callbacks.tokens import callback_url, mint

        token = mint(self.provider, self.settings.secrets, deadline)
        return request.model_copy(update={"webhook": callback_url(self.settings, token)}), token.nonce

    def claim(self, ticket: Ticket) -> None:
        """Leave a claim for a sensor, which knows the id alone."""
        if ticket.nonce and ticket.job_id:
            self.inbox.claim(self.provider, ticket.job_id, ticket.nonce)

    def poll(self, ticket: Ticket) -> Job:
        """Read the inbox; the first body that names the job counts, and a contradiction changes nothing."""
        for job in self._read(self._nonce(ticket)):
            if job.job_id == ticket.job_id:
                return job
        return Job(job_id=ticket.job_id, state=JobState.PROCESSING)

    def poll_all(self, tickets: Sequence[Ticket]) -> list[Job | FaceSwapError]:
        """Read what came for all jobs, with one listing of the inbox."""
        try:
            arrived = self._read_all([ticket.nonce for ticket in tickets])
        except InboxError as error:
            return [error for _ in tickets]
        found: list[Job | FaceSwapError] = []
        for ticket, jobs in zip(tickets, arrived, strict=True):
            own = (job for job in jobs if job.job_id == ticket.job_id)
            found.append(next(own, Job(job_id=ticket.job_id, state=JobState.PROCESSING)))
        return found

    def answers(self, ticket: Ticket) -> set[str]:
        """Return the ids that callbacks to this submission's URL named."""
        return {job.job_id for job in self._read(ticket.nonce)}

    def answers_all(self, tickets: Sequence[Ticket]) -> list[set[str]]:
        """Return the ids that callbacks to each submission's URL named."""
        return [{job.job_id for job in jobs} for jobs in self._read_all([ticket.nonce for ticket in tickets])]

    def trigger(self, ticket: Ticket, **options: Any) -> BaseTrigger:
        """Return the trigger that watches the inbox."""
        from airflow_provider_faceswap.triggers.callbacks import SwapCallbackTrigger

        options.pop("poll_interval", None)
        nonce = self._nonce(ticket)
        if not nonce:
            raise InputError(
                "job_id", "no callback is awaited for this job: it was not submitted from this Airflow"
            )
        return SwapCallbackTrigger(
            provider=self.provider, jobs=[{**ticket.as_dict(), "nonce": nonce}], **options
        )

    def batch_trigger(self, **options: Any) -> SwapTrigger:
        """Return the trigger that watches the inbox for all jobs of a batch."""
        from airflow_provider_faceswap.triggers.callbacks import SwapCallbackTrigger

        options.pop("poll_interval", None)
        return SwapCallbackTrigger(provider=self.provider, conn_id=self.hook.conn_id, **options)

    def forget(self, ticket: Ticket) -> None:
        """Delete the callback's files."""
        if nonce := self._nonce(ticket):
            self.inbox.delete(self.provider, nonce)

    def _nonce(self, ticket: Ticket) -> str:
        return ticket.nonce or self.inbox.claimed(self.provider, ticket.job_id) or ""

    def _read(self, nonce: str) -> list[Job]:
        return self._jobs(self.inbox.bodies(self.provider, nonce) if nonce else ())

    def _read_all(self, nonces: Sequence[str]) -> list[list[Job]]:
        arrived = self.inbox.arrived(self.provider)
        names = {nonce: arrived.get(nonce, set()) for nonce in nonces}
        single = [name for found in names.values() if len(found) == 1 for name in found]
        bodies = self.inbox.read(self.provider, single)
        return [
            # The oldest of several comes first, and the listing does not say which one that is.
            self._read(nonce)
            if len(names[nonce]) > 1
            else self._jobs(map(bodies.__getitem__, names[nonce] & bodies.keys()))
            for nonce in nonces
        ]

    def _jobs(self, bodies: Iterable[bytes]) -> list[Job]:
        read = vendor(self.provider).callback_reader()
        found = []
        for body in bodies:
            try:
                found.append(read(body))
            except PollError:
                continue
        return found


def _without_result(job: Job) -> bool:
    return job.state is JobState.SUCCESS and not job.output and job.content is None


def completion_for(provider: str, hook: SwapHook, request: type[Submission] | None = None) -> Completion:
    """
    Return how a vendor brings results.

    :param provider: its connection type.
    :param hook: its hook.
    :param request: what is submitted, if that is known: a vendor may answer some requests at once.
    """
    calls_back = vendor(provider).read_callback is not None if request is None else request.webhook_is_ours
    return Callback(provider, hook) if calls_back else Polling(provider, hook)
