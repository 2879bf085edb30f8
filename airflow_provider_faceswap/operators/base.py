"""The story that every swap operator tells: submit, wait or defer, collect."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from airflow.sdk import BaseOperator
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import TaskDeferralError, TaskDeferralTimeout

from airflow_provider_faceswap import collect
from airflow_provider_faceswap.apis.watch import DEADLINE
from airflow_provider_faceswap.exceptions import JobUnsettledError, ResultError

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_faceswap.apis.base import Job, Submission
    from airflow_provider_faceswap.apis.ticket import Ticket
    from airflow_provider_faceswap.hooks.base import SwapHook

SUBMISSION_KEY = "submission"
"""XCom key of the ticket, for a resume that Airflow gives no arguments."""


class SwapOperator(BaseOperator):
    """
    Submit a job to a vendor and collect what it makes.

    :param conn_id: the Airflow connection that holds the API key.
    :param wait_for_completion: False to return as soon as the vendor has accepted the job.
    :param deferrable: wait in the triggerer, without a worker slot.
    :param timeout: seconds from submission until the task gives up waiting.
    :param poll_interval: seconds between two looks at the job; None to follow the vendor's eta.
    :param output_path: folder, as the URL of an ``ObjectStoragePath``, that the results are stored in.
    :param short_wait: seconds to wait on the worker for a job that is likely to end so soon.
    :param idempotency_key: stands for the inputs when a later try asks whether its job is the same.
    :param consent_reference: free text that is kept beside the stored results.
    :raises AirflowFailException: if no retry can help: refused inputs, a job that failed for good.
    :raises AirflowException: if a retry may help: no connection, a refusal for now.
    """

    provider: ClassVar[str]
    operation: ClassVar[str]
    inputs: ClassVar[tuple[str, ...]]
    template_fields: Sequence[str] = ("conn_id", "output_path", "idempotency_key", "consent_reference")
    ui_color = "#e8e4f7"

    def __init__(
        self,
        *,
        conn_id: str,
        wait_for_completion: bool = True,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        timeout: float = 3600,
        poll_interval: float | None = None,
        output_path: str | None = None,
        short_wait: float = 10,
        idempotency_key: str | None = None,
        consent_reference: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id
        self.wait_for_completion = wait_for_completion
        self.deferrable = deferrable
        self.timeout = timeout
        self.poll_interval = poll_interval
        self.output_path = output_path
        self.short_wait = short_wait
        self.idempotency_key = idempotency_key
        self.consent_reference = consent_reference

    @cached_property
    def hook(self) -> SwapHook:
        """The vendor's hook for ``conn_id``."""
        from airflow_provider_faceswap.hooks import hook_for

        return hook_for(self.provider, self.conn_id)

    @cached_property
    def call(self) -> Submission:
        """The checked submission; raises InputError."""
        from airflow_provider_faceswap.apis import vendor

        fields = {name: getattr(self, name) for name in self.inputs}
        return vendor(self.provider).operations[self.operation].checked(fields)

    def execute(self, context: Context) -> dict[str, Any]:
        """
        Submit the job; return its result, or defer.

        :return: the job as :func:`~airflow_provider_faceswap.apis.results.as_result` describes it.
        """
        with collect.translated():
            self._check()
            job, ticket = self._submit(context)
            if job.state.settled:
                return self._finish(ticket, job.state.value, job)
            if not self.wait_for_completion:
                from airflow_provider_faceswap.apis.results import as_result

                return as_result(
                    self.provider, self.operation, job, submitted_at=ticket.submitted_at, eta=ticket.eta
                )
            if self._likely_short(ticket) or not self.deferrable:
                end, seen = self._wait_here(ticket)
                if end != DEADLINE or time.time() >= ticket.deadline:
                    return self._finish(ticket, end, seen)
        self._defer(context, ticket)

    def execute_complete(self, context: Context, event: Any, submission: dict[str, Any]) -> dict[str, Any]:
        """
        Look at the job again after its trigger fired, and collect its result.

        :param event: the trigger's event; it holds states, no results.
        :param submission: the ticket that was deferred with.
        """
        from airflow_provider_faceswap.apis.ticket import Ticket

        ticket = Ticket.from_dict(submission)
        end, problem = collect.check_event(event, ticket.job_id)
        with collect.translated():
            return self._collect(ticket, end, problem)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Look once more where Airflow ended the deferral by itself: the job may be done and is paid."""
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except (TaskDeferralError, TaskDeferralTimeout) as error:
            ti = context["ti"]
            saved = ti.xcom_pull(task_ids=self.task_id, key=SUBMISSION_KEY, map_indexes=ti.map_index)
            if not isinstance(saved, dict):
                raise
            problem = str(error)
        from airflow_provider_faceswap.apis.ticket import Ticket

        self.log.warning("The wait was cut off (%s); looking once more", problem)
        with collect.translated():
            return self._collect(Ticket.from_dict(saved), DEADLINE, f"the deferral was cut off: {problem}")

    def _check(self) -> None:
        """Find everything that is wrong before anything is paid."""
        self.call  # noqa: B018 - checks the inputs
        self.hook.settings  # noqa: B018 - checks the connection
        if self.output_path is not None:
            from airflow_provider_faceswap.storage.keep import check_folder, open_folder

            open_folder(check_folder(self.output_path))

    def _submit(self, context: Context) -> tuple[Job, Ticket]:
        from airflow_provider_faceswap.apis.ticket import Ticket

        submitted_at = time.time()
        job = self.hook.send(self.call)
        self.log.info(
            "%s took %s as job %s (%s, eta %s s)",
            self.provider, self.operation, job.job_id, job.state.value, job.eta,
        )  # fmt: skip
        ticket = Ticket(
            job_id=job.job_id,
            submitted_at=submitted_at,
            deadline=submitted_at + self.timeout,
            eta=job.eta,
            route=self.hook.route_to(job),
        )
        context["ti"].xcom_push(key="job_id", value=ticket.job_id)
        return job, ticket

    def _likely_short(self, ticket: Ticket) -> bool:
        if ticket.eta is None:
            return self.call.kind == "image"
        return ticket.eta <= self.short_wait

    def _wait_here(self, ticket: Ticket) -> tuple[str, Job | None]:
        """Wait on the worker: for a while, or to the end where the task does not defer."""
        until = time.time() + self.short_wait if self.deferrable else None
        return collect.watch_here(
            self.hook, self._look(ticket), ticket.watch(self.poll_interval, until), warn=self.log.warning
        )

    def _collect(self, ticket: Ticket, end: str, problem: str) -> dict[str, Any]:
        """See for itself what the trigger saw, and finish."""
        end, job = collect.confirm(self.hook, self._look(ticket), end, warn=self.log.warning)
        return self._finish(ticket, end, job, problem)

    def _finish(self, ticket: Ticket, end: str, job: Job | None, problem: str = "") -> dict[str, Any]:
        said = (job and job.message) or problem
        collect.raise_for_state(self.provider, ticket.job_id, end, said)
        assert job is not None  # a success was seen
        try:
            return collect.take_result(
                self.hook,
                job,
                provider=self.provider,
                operation=self.operation,
                kind=self.call.kind,
                submitted_at=ticket.submitted_at,
                eta=ticket.eta,
                output_path=self.output_path,
                consent_reference=self.consent_reference,
            )
        except ResultError as error:  # a retry of this task would buy the job again
            raise JobUnsettledError(
                collect.paid(self.provider, ticket.job_id, str(error)), ticket.job_id
            ) from None

    def _defer(self, context: Context, ticket: Ticket) -> NoReturn:
        from airflow_provider_faceswap.triggers.jobs import SwapJobsTrigger

        context["ti"].xcom_push(key=SUBMISSION_KEY, value=ticket.as_dict())
        self.defer(
            trigger=SwapJobsTrigger(
                provider=self.provider,
                conn_id=self.conn_id,
                jobs=[ticket.as_dict()],
                deadline=ticket.deadline,
                poll_interval=self.poll_interval,
                operation=self.operation,
            ),
            method_name="execute_complete",
            kwargs={"submission": ticket.as_dict()},
            timeout=timedelta(seconds=max(0.0, ticket.deadline - time.time())) + collect.BACKSTOP,
        )
        raise AssertionError("defer() does not return")

    def _look(self, ticket: Ticket) -> Any:
        from airflow_provider_faceswap.apis import vendor

        return vendor(self.provider).look(job_id=ticket.job_id, route=ticket.route)
