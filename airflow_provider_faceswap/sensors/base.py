"""The story that every sensor tells: look, wait or defer, collect. It submits nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import pendulum
from airflow.sdk import BaseSensorOperator, PokeReturnValue
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowSensorTimeout,
    AirflowSkipException,
    TaskDeferralError,
    TaskDeferralTimeout,
)

from airflow_provider_faceswap.apis.reading import read_id, read_seconds
from airflow_provider_faceswap.apis.ticket import Ticket
from airflow_provider_faceswap.apis.watch import DEADLINE
from airflow_provider_faceswap.exceptions import InputError, JobUnsettledError, PollError
from airflow_provider_faceswap.execution import collect

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_faceswap.apis.job import Job
    from airflow_provider_faceswap.apis.watch import Watch
    from airflow_provider_faceswap.execution.completion import Completion
    from airflow_provider_faceswap.hooks.base import SwapHook

POKE_INTERVAL = 10.0
"""Seconds between two looks where neither the user nor an eta says."""


class JobSensor(BaseSensorOperator):
    """
    Wait for a job that was submitted elsewhere, and collect its result.

    :param job_id: the vendor's id of the job.
    :param conn_id: the Airflow connection that holds the API key.
    :param deferrable: wait in the triggerer, without a worker slot.
    :param timeout: seconds from the sensor's start until AirflowSensorTimeout.
    :param poke_interval: seconds between two looks; None to follow ``eta`` (deferrable) or for ten.
    :param output_path: folder, as the URL of an ``ObjectStoragePath``, that the results are stored in.
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
        job_id: str,
        conn_id: str,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        timeout: float = 3600,
        poke_interval: float | timedelta | None = None,
        output_path: str | None = None,
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
        self.output_path = output_path
        self.end_from_trigger = end_from_trigger
        self.submitted_at = submitted_at
        self.eta = eta
        self.follow_eta = poke_interval is None

    @cached_property
    def hook(self) -> SwapHook:
        """The vendor's hook for ``conn_id``."""
        from airflow_provider_faceswap.hooks import hook_for

        return hook_for(self.provider, self.conn_id)

    @cached_property
    def completion(self) -> Completion:
        """How the vendor tells of a job's end."""
        from airflow_provider_faceswap.execution.completion import completion_for

        return completion_for(self.provider, self.hook)

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
        if self.job_id in (None, "", "None"):
            raise InputError("job_id", "is required; look whether its template renders to the submitter's id")
        job_id = read_id(self.job_id)
        if job_id is None:
            raise InputError("job_id", "must be the vendor's id, of letters, digits, '_' and '-'")
        now = time.time()
        return Ticket(
            job_id=job_id,
            submitted_at=_epoch(self.submitted_at) or now,
            deadline=now + self.timeout,
            eta=read_seconds(self.eta),
            route=self.route,
            nonce=self.nonce,
        )

    @property
    def _as_told(self) -> Ticket:
        # The ticket's time of submission may be this sensor's start: a result must not tell that.
        return replace(self.ticket, submitted_at=_epoch(self.submitted_at) or 0.0)

    @cached_property
    def _watch(self) -> Watch:
        return self.ticket.watch(self.poke_interval)

    def execute(self, context: Context) -> Any:
        """
        Wait for the job.

        :return: the job as :func:`~airflow_provider_faceswap.apis.results.as_result` describes it.
        """
        with self._as_the_user_wants():
            with collect.translated():
                self._check()
            if self.deferrable:
                with collect.translated():
                    end, job = self._poll_once()
                    if end not in (None, DEADLINE):
                        return self._finish(end, job)
                self._defer()
            try:
                return super().execute(context)
            except AirflowSensorTimeout as error:
                said = f" ({self._watch.problem})" if self._watch.problem else ""
                raise AirflowSensorTimeout(f"{self.provider} job {self.job_id}: {error}{said}") from None

    def poke(self, context: Context) -> bool | PokeReturnValue:
        """Poll once."""
        with collect.translated():
            end, job = self._poll_once()
            if end in (None, DEADLINE):
                return False
            return PokeReturnValue(True, self._finish(end, job))

    def execute_complete(self, context: Context, event: Any) -> dict[str, Any]:
        """
        Poll at the job again after its trigger fired, and collect its result.

        :param event: the trigger's event; it holds states, no results.
        """
        with collect.translated():
            end, problem = collect.check_event(event, self.ticket.job_id)
        return self._collect(end, problem)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Poll once more where Airflow ended the deferral by itself."""
        with self._as_the_user_wants():
            try:
                # Past the base sensor, whose skip does not say why.
                return super(BaseSensorOperator, self).resume_execution(next_method, next_kwargs, context)
            except (TaskDeferralError, TaskDeferralTimeout) as error:
                problem = f"the deferral was cut off: {error}"
            return self._collect(DEADLINE, problem)

    def _check(self) -> None:
        self.ticket  # noqa: B018 - checks the job's id
        self.hook.settings  # noqa: B018 - checks the connection
        if self.end_from_trigger and (self.output_path or self.outlets):
            raise InputError(
                "end_from_trigger", "a trigger stores nothing; leave out output_path and outlets"
            )
        if self.end_from_trigger and not self.deferrable:
            raise InputError("end_from_trigger", "needs deferrable=True")
        if self.output_path is not None:
            from airflow_provider_faceswap.storage.folders import check_folder, open_folder

            open_folder(check_folder(self.output_path))

    def _poll_once(self) -> tuple[str | None, Job | None]:
        try:
            job = self.completion.poll(self.ticket)
        except PollError as error:
            self.log.warning("Job %s: %s", self.ticket.job_id, error)
            return self._watch.on_error(str(error), time.time()), None
        return self._watch.on_state(job, time.time()), job

    def _collect(self, end: str, problem: str) -> dict[str, Any]:
        with collect.translated():
            end, job = collect.confirm(self.completion, self.ticket, end)
            try:
                return self._finish(end, job, problem)
            except JobUnsettledError as error:
                if end != DEADLINE:
                    raise
                raise AirflowSensorTimeout(str(error)) from None

    def _finish(self, end: str | None, job: Job | None, problem: str = "") -> dict[str, Any]:
        said = (job and job.message) or problem
        collect.raise_for_state(self.provider, self.ticket.job_id, str(end), said)
        assert job is not None  # a success was seen
        shelf = collect.OutputStore("fetch", "any", self.output_path)
        result = shelf.save(self.completion, job, self._as_told)
        if result["stored"]:
            self.completion.forget(self.ticket)
        return result

    def _defer(self) -> None:
        collect.announce_deferral(self.ticket)
        self.defer(
            trigger=self.completion.trigger(
                self._as_told,
                deadline=self.ticket.deadline,
                poll_interval=None if self.follow_eta else self.poke_interval,
                end_from_trigger=self.end_from_trigger,
            ),
            method_name="execute_complete",
            timeout=timedelta(seconds=self.timeout) + collect.BACKSTOP,
        )

    @contextmanager
    def _as_the_user_wants(self) -> Iterator[None]:
        try:
            yield
        except AirflowSkipException:
            raise
        except AirflowException as error:
            if self.soft_fail or self.never_fail:
                raise AirflowSkipException(str(error)) from None
            raise


def _epoch(value: Any) -> float | None:
    if value in (None, "", "None"):
        return None
    try:
        moment = pendulum.parse(str(value))
    except ValueError:
        moment = None
    if not isinstance(moment, pendulum.DateTime):
        raise InputError("submitted_at", "must be an ISO 8601 time, as in the submitter's result")
    return moment.timestamp()
