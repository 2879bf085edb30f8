"""What every sensor does: poll, wait or defer, collect. It submits nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseSensorOperator, PokeReturnValue
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import AirflowSensorTimeout, TaskDeferralError, TaskDeferralTimeout

from airflow_provider_faceswap.apis.ticket import Ticket
from airflow_provider_faceswap.apis.watch import DEADLINE
from airflow_provider_faceswap.exceptions import (
    AuthenticationError,
    InputError,
    JobUnsettledError,
    JournalError,
    PollError,
)
from airflow_provider_faceswap.execution import waiting
from airflow_provider_faceswap.execution.airflow_errors import as_airflow, translated
from airflow_provider_faceswap.execution.clock import Clock
from airflow_provider_faceswap.execution.links import WithLinks
from airflow_provider_faceswap.execution.outcome import described_task
from airflow_provider_faceswap.execution.reporting import WithLineage, report
from airflow_provider_faceswap.journal.decisions import moved
from airflow_provider_faceswap.journal.entry import Entry, State
from airflow_provider_faceswap.operators.arguments import WithFullSignature, as_text, check_output_path
from airflow_provider_faceswap.sensors.given import Given, shown_of
from airflow_provider_faceswap.sensors.skipping import skipping

if TYPE_CHECKING:
    from os import PathLike

    from airflow.sdk import Context, ObjectStoragePath

    from airflow_provider_faceswap.apis.job import Job
    from airflow_provider_faceswap.apis.watch import Watch
    from airflow_provider_faceswap.execution.completion import Completion
    from airflow_provider_faceswap.hooks.base import SwapHook
    from airflow_provider_faceswap.sensors.keeping import Keeping

POKE_INTERVAL = 10.0
"""Seconds between two polls where neither the user nor an eta says."""


class JobSensor(WithFullSignature, WithLineage, WithLinks, BaseSensorOperator):
    """
    Wait for a job that was submitted elsewhere, and collect its result.

    :param job_id: the vendor's id of the job, or the submitter's whole result, which gives
        ``submitted_at`` and ``eta`` too.
    :param conn_id: the Airflow connection that holds the API key.
    :param deferrable: wait in the triggerer, without a worker slot.
    :param timeout: seconds from the sensor's start until AirflowSensorTimeout.
    :param poke_interval: seconds between two polls; None to follow ``eta`` (deferrable) or for ten.
    :param output_path: folder, as ``ObjectStoragePath`` or its URL, that the results are stored in.
    :param end_from_trigger: end the task in the triggerer, which saves a second start on a worker; not
        together with ``output_path`` or outlets.
    :param submitted_at: ISO 8601 time of the submission, from the submitter's result.
    :param eta: seconds from submission to the job's end, from the submitter's result.
    """

    provider: ClassVar[str]
    template_fields: Sequence[str] = ("job_id", "conn_id", "output_path", "submitted_at", "eta")
    ui_color = "#e8e4f7"

    def __init__(
        self,
        *,
        job_id: str | Mapping[str, Any],
        conn_id: str,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        timeout: float | timedelta = 3600,
        poke_interval: float | timedelta | None = None,
        output_path: str | PathLike[str] | ObjectStoragePath | None = None,
        end_from_trigger: bool = False,
        submitted_at: str | None = None,
        eta: float | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            timeout=timeout,
            poke_interval=POKE_INTERVAL if poke_interval is None else poke_interval,
            **kwargs,
        )
        self.job_id = job_id
        self.conn_id = conn_id
        self.deferrable = deferrable
        self.output_path = as_text(output_path)
        self.end_from_trigger = end_from_trigger
        self.submitted_at = submitted_at
        self.eta = eta
        self.follow_eta = poke_interval is None
        self._task: dict[str, Any] = {}
        self._answered = False

    @property
    def job_id(self) -> Any:
        """The job as it was given, without what a sensor does not read: Airflow shows it as rendered."""
        return self._job_id

    @job_id.setter
    def job_id(self, value: Any) -> None:
        # It stays the same object until it is rendered: so Airflow knows what it has resolved already.
        self._job_id = shown_of(value) if hasattr(self, "_job_id") else value

    @cached_property
    def hook(self) -> SwapHook:
        """The vendor's hook for ``conn_id``."""
        from airflow_provider_faceswap.hooks import hook_for

        return hook_for(self.provider, self.conn_id)

    @cached_property
    def completion(self) -> Completion:
        """How the vendor brings a job's result."""
        from airflow_provider_faceswap.execution.completion import completion_for

        return completion_for(self.provider, self.hook)

    @cached_property
    def clock(self) -> Clock:
        """The time."""
        return Clock()

    @property
    def nonce(self) -> str:
        """The callback that the job's submitter asked for, if the user says."""
        return ""

    @property
    def route(self) -> dict[str, str]:
        """Where to ask for the job, if the user says."""
        return {}

    @cached_property
    def ticket(self) -> Ticket:
        """The job as the user describes it; raises InputError."""
        given, now = self._given, self.clock.time()
        return Ticket(
            job_id=given.job_id,
            submitted_at=given.submitted_at or now,
            deadline=now + self.timeout,
            eta=given.eta,
            route=self.route,
            nonce=self.nonce,
            base_url=self.hook.settings.base_url,
        )

    @cached_property
    def _given(self) -> Given:
        made_by = self.job_id.get("provider") if isinstance(self.job_id, Mapping) else None
        if made_by not in (None, self.provider):
            raise InputError("job_id", f"is of a job of {str(made_by)[:40]!r}; use that vendor's sensor")
        return Given.read(self.job_id, self.submitted_at, self.eta)

    @property
    def _as_given(self) -> Ticket:
        # The ticket's time of submission may be this sensor's start: a result must not say that.
        return replace(self.ticket, submitted_at=self._given.submitted_at or 0.0)

    @cached_property
    def _watch(self) -> Watch:
        return self.ticket.watch(self.poke_interval)

    def execute(self, context: Context) -> Any:
        """
        Wait for the job.

        :return: the job as :func:`~airflow_provider_faceswap.apis.results.as_result` describes it.
        """
        self._task = described_task(context["ti"])
        with skipping(self.soft_fail or self.never_fail):
            with translated(self.provider):
                self._check()
                stored = self._keeping.find() if self.output_path else None
            if stored:
                return report(self, context, stored)
            if self.deferrable:
                with translated(self.provider):
                    end, job = self._poll_once()
                    if end not in (None, DEADLINE):
                        return report(self, context, self._finish(end, job))
                    self._defer()
            try:
                return super().execute(context)
            except AirflowSensorTimeout as error:
                said = f" ({self._watch.problem})" if self._watch.problem else ""
                which = f"{self.provider} job {self.ticket.job_id}"
                raise AirflowSensorTimeout(f"{which}: {error}{said}") from None

    def poke(self, context: Context) -> bool | PokeReturnValue:
        """Poll once."""
        with translated(self.provider):
            end, job = self._poll_once()
            if end in (None, DEADLINE):
                return False
            return PokeReturnValue(True, report(self, context, self._finish(end, job)))

    def execute_complete(self, context: Context, event: Any, base_url: str = "") -> dict[str, Any]:
        """
        Poll the job again after its trigger fired, and collect its result.

        :param event: the trigger's event; it holds states, no results.
        :param base_url: where the connection led when the sensor started; ``dag.test()`` drops it.
        """
        with translated(self.provider):
            self._check_host(base_url)
            end, problem = waiting.check_event(event, self.ticket.job_id)
        return report(self, context, self._collect(end, problem))

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Poll once more where Airflow ended the deferral by itself."""
        self._task = described_task(context["ti"])
        with skipping(self.soft_fail or self.never_fail):
            try:
                # Past the base sensor, whose skip does not say why.
                return super(BaseSensorOperator, self).resume_execution(next_method, next_kwargs, context)
            except (TaskDeferralError, TaskDeferralTimeout) as error:
                problem = f"the deferral was cut off: {error}"
                end = DEADLINE if isinstance(error, TaskDeferralTimeout) else waiting.CUT_OFF
            with translated(self.provider):
                self._check_host(str((next_kwargs or {}).get("base_url") or ""))
            return report(self, context, self._collect(end, problem))

    def _check(self) -> None:
        self.hook.settings  # noqa: B018 - checks the connection
        self.ticket  # noqa: B018 - checks the job's id
        if self.end_from_trigger and (self.output_path or self.outlets):
            raise InputError(
                "end_from_trigger", "a trigger stores nothing; leave out output_path and outlets"
            )
        if self.end_from_trigger and not self.deferrable:
            raise InputError("end_from_trigger", "needs deferrable=True")
        self.output_path = as_text(self.output_path)
        check_output_path(self.output_path)

    @property
    def _keeping(self) -> Keeping:
        from airflow_provider_faceswap.sensors.keeping import Keeping
        from airflow_provider_faceswap.storage.outputs import OutputStore

        outputs = OutputStore(self.output_path, "any", self._given.operation, task=self._task)
        return Keeping(self.ticket, self.completion, outputs, self.timeout)

    def _check_host(self, base_url: str) -> None:
        now = self.hook.settings.base_url
        if base_url and base_url != now:
            raise JournalError(f"{self.provider} {moved(self._entry(base_url), now)}")

    def _entry(self, base_url: str = "") -> Entry:
        return Entry.of_ticket(replace(self._as_given, base_url=base_url), provider=self.provider)

    def _poll_once(self) -> tuple[str | None, Job | None]:
        try:
            job = self.completion.poll(self.ticket)
        except (PollError, AuthenticationError) as error:
            if isinstance(error, AuthenticationError) and not self._answered:
                raise  # of a key that was never right, a person wants to know at once
            self.log.warning("Job %s: %s", self.ticket.job_id, error)
            return self._watch.on_error(str(error), self.clock.time()), None
        self._answered = True
        return self._watch.on_state(job, self.clock.time()), job

    def _collect(self, end: str, problem: str) -> dict[str, Any]:
        with translated(self.provider):
            end, job = waiting.confirm(self.completion, self.ticket, end, self.clock)
            try:
                return self._finish(end, job, problem)
            except JobUnsettledError as error:
                if end != DEADLINE:
                    raise
                raise as_airflow(error, AirflowSensorTimeout) from None

    def _finish(self, end: str | None, job: Job | None, problem: str = "") -> dict[str, Any]:
        said = (job and job.message) or problem
        if end != "success" or job is None:
            raise waiting.error_of(self.provider, self.ticket.job_id, str(end), said)
        entry = self._entry().moved_to(State.RUNNING, made_from=dict(self._given.inputs))
        return self._keeping.keep(entry, job)

    def _defer(self) -> None:
        waiting.announce_deferral(self.ticket)
        self.defer(
            trigger=self.completion.trigger(
                self._as_given,
                deadline=self.ticket.deadline,
                poll_interval=None if self.follow_eta else self.poke_interval,
                operation=self._given.operation,
                end_from_trigger=self.end_from_trigger,
            ),
            method_name="execute_complete",
            kwargs={"base_url": self.ticket.base_url},
            timeout=timedelta(seconds=self.timeout) + waiting.BACKSTOP,
        )
