"""How a vendor's callbacks bring a job's result, or say when to ask for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.exceptions import (
    FaceSwapError,
    InboxError,
    InputError,
    PollError,
    SettingsError,
)
from airflow_provider_faceswap.execution.completion import Completion, Polling
from airflow_provider_faceswap.storage.addresses import OR_ALLOW, unreachable_host

if TYPE_CHECKING:
    from airflow.triggers.base import BaseTrigger

    from airflow_provider_faceswap.apis.request import Submission
    from airflow_provider_faceswap.apis.ticket import Ticket
    from airflow_provider_faceswap.apis.watch import Watch
    from airflow_provider_faceswap.callbacks.config import CallbackSettings
    from airflow_provider_faceswap.callbacks.inbox import Inbox
    from airflow_provider_faceswap.execution.clock import Clock
    from airflow_provider_faceswap.hooks.base import SwapHook
    from airflow_provider_faceswap.triggers.base import SwapTrigger

INTERVAL = 2.0
"""Seconds between two looks into the inbox where a worker waits."""
OWN_WEBHOOK = "is the URL of your own receiver, and use_callback needs that field: leave out one of the two"


class Callback(Completion):
    """The vendor posts to a URL of ours; the receiver puts that into the inbox."""

    repeatable = False

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

    def check_settings(self) -> None:
        """Look where the receiver is."""
        if host := unreachable_host(self.settings.base_url, self.hook.settings):
            raise SettingsError(
                f"[faceswap] callback_base_url leads to {host}, which {vendor(self.provider).title} cannot "
                f"reach; set the API server's public URL{OR_ALLOW}"
            )

    def check(self) -> None:
        """Send a callback of our own through the receiver."""
        from airflow_provider_faceswap.callbacks import probe

        self.check_settings()
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
        for job in self.read(self._nonce(ticket)):
            if job.job_id == ticket.job_id:
                return job
        return Job(job_id=ticket.job_id, state=JobState.PROCESSING)

    def poll_all(self, tickets: Sequence[Ticket]) -> list[Job | FaceSwapError]:
        """Read what came for all jobs, with one listing of the inbox."""
        unread: dict[str, InboxError] = {}
        try:
            arrived = self._read_all([ticket.nonce for ticket in tickets], unread)
        except InboxError as error:
            return [error for _ in tickets]
        errors = {name.partition(".")[0]: error for name, error in unread.items()}
        found: list[Job | FaceSwapError] = []
        for ticket, jobs in zip(tickets, arrived, strict=True):
            own = (job for job in jobs if job.job_id == ticket.job_id)
            running = Job(job_id=ticket.job_id, state=JobState.PROCESSING)
            found.append(next(own, errors.get(ticket.nonce, running)))
        return found

    def answers(self, ticket: Ticket) -> set[str]:
        """Return the ids that callbacks to this submission's URL named."""
        return {job.job_id for job in self.read(ticket.nonce)}

    def answers_all(self, tickets: Sequence[Ticket], *, certain: bool = False) -> list[set[str]]:
        """Return the ids that callbacks to each submission's URL named; none of them needs confirming."""
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

    def read(self, nonce: str) -> list[Job]:
        """Return what callbacks to a submission's URL say, the oldest first."""
        return self._jobs(self.inbox.bodies(self.provider, nonce) if nonce else ())

    def _read_all(
        self, nonces: Sequence[str], unread: dict[str, InboxError] | None = None
    ) -> list[list[Job]]:
        arrived = self.inbox.arrived(self.provider)
        names = {nonce: arrived.get(nonce, set()) for nonce in nonces}
        single = [name for found in names.values() if len(found) == 1 for name in found]
        bodies = self.inbox.read(self.provider, single, unread)
        found = []
        for nonce in nonces:
            if len(names[nonce]) < 2:
                found.append(self._jobs(map(bodies.__getitem__, names[nonce] & bodies.keys())))
                continue
            try:  # the oldest of several comes first, and the listing does not say which one that is
                found.append(self.read(nonce))
            except InboxError as error:
                if unread is None:
                    raise
                unread[nonce] = error
                found.append([])
        return found

    def _jobs(self, bodies: Iterable[bytes]) -> list[Job]:
        read = vendor(self.provider).callback_reader()
        found = []
        for body in bodies:
            try:
                found.append(read(body))
            except PollError:
                continue
        return found


class PollingOnCallback(Polling):
    """
    The vendor is polled, and a callback says when.

    What a callback says is never believed: a poll brings every state, result and id. Jobs without a nonce
    are polled alone.

    :param provider: the vendor's connection type.
    :param hook: the vendor's hook.
    :param asks: whether submissions ask for callbacks.
    """

    def __init__(self, provider: str, hook: SwapHook, *, asks: bool) -> None:
        super().__init__(provider, hook)
        self._callback = Callback(provider, hook)
        self._asks = asks
        self._heard: set[str] = set()

    def check_settings(self) -> None:
        """Look where the receiver is, where submissions ask for callbacks."""
        if self._asks:
            self._callback.check_settings()

    def check(self) -> None:
        """Send a callback of our own through the receiver, where submissions ask for callbacks."""
        if self._asks:
            self._callback.check()

    def addressed(self, request: Submission, deadline: float) -> tuple[Submission, str]:
        """
        Add the URL, where submissions ask for callbacks.

        :raises InputError: if the user has a receiver.
        """
        if not self._asks:
            return super().addressed(request, deadline)
        if getattr(request, "webhook", None):
            raise InputError("webhook", OWN_WEBHOOK)
        return self._callback.addressed(request, deadline)

    def sleep(self, ticket: Ticket, watch: Watch, clock: Clock) -> bool:
        """Sleep until the next poll is due, or until the job's callback comes; that counts one time."""
        watch.patient = bool(ticket.nonce) and ticket.nonce not in self._heard
        until = clock.time() + watch.wait(clock.time())
        while (left := until - clock.time()) > 0:
            clock.sleep(min(INTERVAL, left) if watch.patient else left)
            if watch.patient and self._called(ticket):
                self._heard.add(ticket.nonce)
                return True
        # Where somebody else waits on, it is not worth a poll that no callback came so far.
        return not watch.patient or not watch.deadline <= clock.time() < ticket.deadline

    def _called(self, ticket: Ticket) -> bool:
        try:
            return any(job.job_id == ticket.job_id for job in self._callback.read(ticket.nonce))
        except (InboxError, SettingsError):  # the polls go on
            return False

    def answers(self, ticket: Ticket) -> set[str]:
        """Return the ids that callbacks to this submission's URL named, and that the vendor knows."""
        return self.answers_all([ticket])[0]

    def answers_all(self, tickets: Sequence[Ticket], *, certain: bool = False) -> list[set[str]]:
        """Return what :meth:`answers` does for each of many submissions."""
        awaited = [ticket for ticket in tickets if ticket.nonce]
        if not awaited:  # then callbacks need no settings either
            return [set() for _ in tickets]
        asked = [
            replace(ticket, job_id=job_id)
            for ticket, named in zip(awaited, self._callback.answers_all(awaited), strict=True)
            for job_id in sorted(named)
        ]
        known: dict[str, set[str]] = {}
        for ticket, answer in zip(asked, self.poll_all(asked), strict=True):
            if certain and isinstance(answer, FaceSwapError):
                raise answer
            if isinstance(answer, Job) and answer.state.known:
                known.setdefault(ticket.nonce, set()).add(ticket.job_id)
        return [known.get(ticket.nonce, set()) for ticket in tickets]

    def forget(self, ticket: Ticket) -> None:
        """Delete the callback's files."""
        if ticket.nonce:
            self._callback.forget(ticket)
