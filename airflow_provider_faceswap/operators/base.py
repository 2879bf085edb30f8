"""What every swap operator is told, and how Airflow starts and resumes it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from airflow.sdk import BaseOperator
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import TaskDeferralError, TaskDeferralTimeout

from airflow_provider_faceswap.exceptions import InputError, RefusedForNowError
from airflow_provider_faceswap.execution import collect

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_faceswap.apis.request import Submission
    from airflow_provider_faceswap.apis.ticket import Ticket
    from airflow_provider_faceswap.execution.attempt import Attempt
    from airflow_provider_faceswap.hooks.base import SwapHook
    from airflow_provider_faceswap.journal.store import Journal

MIN_SECONDS = 0.1
SUBMISSION_KEY = "submission"
"""XCom key of the ticket: below Airflow 3.3 nothing else survives a deferral that Airflow cut off."""
FIRST_PAUSE, GROWTH, MAX_PAUSE = 12.0, 1.25, 120.0
"""Seconds before a refused submission is tried again; never under 8, see ``triggers.jobs``."""


class SwapOperator(BaseOperator):
    """
    Submit a job to a vendor, once, and collect what it makes.

    :param conn_id: the Airflow connection that holds the API key.
    :param wait_for_completion: False to return as soon as the vendor has accepted the job.
    :param deferrable: wait in the triggerer, without a worker slot.
    :param timeout: seconds from submission until the task gives up waiting.
    :param poll_interval: seconds between two looks at the job; None to follow the vendor's eta.
    :param output_path: folder, as the URL of an ``ObjectStoragePath``, that the results are stored in.
    :param on_in_doubt: what to do where nobody can tell whether the vendor took a submission: ``fail`` the
        task for good, or ``resubmit`` and accept that it may be paid twice.
    :param max_resubmits: how often a job that the vendor dropped from a full queue is submitted again.
    :param short_wait: seconds to wait on the worker for a job that is likely to end so soon.
    :param idempotency_key: stands for the inputs when a later try asks whether its job is the same.
    :param consent_reference: free text that is kept beside the stored results.
    :raises AirflowFailException: if no retry can help: refused inputs, a job that failed for good.
    :raises AirflowException: if a retry may help: no connection, a refusal for now.
    """

    provider: ClassVar[str]
    operation: ClassVar[str]
    inputs: ClassVar[tuple[str, ...]]
    in_doubt_wait: float = 0.0
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
        on_in_doubt: str = "fail",
        max_resubmits: int = 1,
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
        self.on_in_doubt = on_in_doubt
        self.max_resubmits = max_resubmits
        self.short_wait = short_wait
        self.idempotency_key = idempotency_key
        self.consent_reference = consent_reference

    def execute(self, context: Context) -> dict[str, Any]:
        """
        Submit the job unless an earlier try did; return its result, or defer.

        :return: the job as :func:`~airflow_provider_faceswap.apis.results.as_result` describes it.
        """
        return self._tell(context, _begin)

    def execute_again(
        self, context: Context, event: Any = None, refusals: int = 0, since: float = 0.0
    ) -> dict[str, Any]:
        """
        Submit again after the vendor refused for now.

        :param event: the timer's; it says nothing.
        :param refusals: how often it refused so far.
        :param since: when it first did, in seconds since the epoch.
        """
        return self._tell(context, _begin, refusals, since)

    def execute_complete(self, context: Context, event: Any, submission: dict[str, Any]) -> dict[str, Any]:
        """
        Poll at the job again after its trigger fired, and collect its result.

        :param event: the trigger's event; it holds states, no results.
        :param submission: the ticket that was deferred with.
        """
        from airflow_provider_faceswap.apis.ticket import Ticket

        ticket = Ticket.from_dict(submission)
        end, problem = collect.check_event(event, ticket.job_id or ticket.nonce)
        return self._resume(context, ticket, end, problem)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Poll once more where Airflow ended the deferral by itself: the job may be done and is paid."""
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except (TaskDeferralError, TaskDeferralTimeout) as error:
            ti = context["ti"]
            saved = ti.xcom_pull(task_ids=self.task_id, key=SUBMISSION_KEY, map_indexes=ti.map_index)
            if not isinstance(saved, dict):
                raise
            problem = f"the deferral was cut off: {error}"
        from airflow_provider_faceswap.apis.ticket import Ticket

        return self._resume(context, Ticket.from_dict(saved), collect.CUT_OFF, problem)

    def _resume(self, context: Context, ticket: Ticket, end: str, problem: str) -> dict[str, Any]:
        return self._tell(context, lambda story: story.resume(ticket, end, problem))

    def _tell(
        self,
        context: Context,
        tell: Callable[[Attempt], dict[str, Any]],
        refusals: int = 0,
        since: float = 0.0,
    ) -> dict[str, Any]:
        from airflow_provider_faceswap.execution.attempt import Deferral
        from airflow_provider_faceswap.journal.store import Journal

        journal = Journal(context)
        with collect.translated(retry_buys=not journal.durable):
            self._check()
            story = self._story(context, journal)
            while True:
                try:
                    return tell(story)
                except Deferral as deferral:
                    ticket = deferral.ticket
                    break
                except RefusedForNowError as error:
                    refusals, since = refusals + 1, since or time.time()
                    pause = self._pause(error, refusals, since)
                if self.deferrable:
                    self._defer_submission(pause, refusals, since)
                time.sleep(pause)
                tell = _begin
        self._defer(context, ticket)

    def _story(self, context: Context, journal: Journal) -> Attempt:
        from airflow_provider_faceswap.execution.attempt import Attempt
        from airflow_provider_faceswap.execution.completion import completion_for
        from airflow_provider_faceswap.execution.purchase import Purchase
        from airflow_provider_faceswap.journal.fingerprint import fingerprint

        if not journal.durable:
            self.log.warning("This Airflow keeps no task state (3.3 does): a retry of this task submits anew")
        inputs = {name: getattr(self, name) for name in self.inputs}
        purchase = Purchase(
            completion=completion_for(self.provider, self.hook, self.request_class),
            request_class=self.request_class,
            make_request=self.make_request,
            journal=journal,
            fingerprint=fingerprint(self.provider, self.endpoint, inputs, self.idempotency_key),
            max_tries=context["ti"].max_tries,
            timeout=min(self.timeout, self.request_class.max_wait),
            on_in_doubt=self.on_in_doubt,
            max_resubmits=self.max_resubmits,
        )
        return Attempt(
            purchase=purchase,
            shelf=collect.OutputStore(
                self.request_class.operation,
                self.request_class.kind,
                self.output_path,
                self.consent_reference,
            ),
            announce=lambda job_id: context["ti"].xcom_push(key="job_id", value=job_id),
            wait_for_completion=self.wait_for_completion,
            deferrable=self.deferrable,
            poll_interval=self.poll_interval,
            short_wait=self.short_wait,
            in_doubt_wait=self.in_doubt_wait,
        )

    @cached_property
    def hook(self) -> SwapHook:
        """The vendor's hook for ``conn_id``."""
        from airflow_provider_faceswap.hooks import hook_for

        return hook_for(self.provider, self.conn_id)

    @property
    def request_class(self) -> type[Submission]:
        """What is submitted."""
        from airflow_provider_faceswap.apis import vendor

        return vendor(self.provider).operations[self.endpoint]

    def make_request(self) -> Submission:
        """Check the inputs and return the submission; raises InputError."""
        return self.request_class.checked(self.fields())

    @property
    def endpoint(self) -> str:
        """The operation's key among the vendor's."""
        return self.operation

    def fields(self) -> dict[str, Any]:
        """Return the operation's fields, with files read where the vendor takes their content."""
        return {name: getattr(self, name) for name in self.inputs}

    def _check(self) -> None:
        """Find everything that is wrong before anything is paid."""
        if self.on_in_doubt not in ("fail", "resubmit"):
            raise InputError("on_in_doubt", "must be 'fail' or 'resubmit'")
        interval = 1 if self.poll_interval is None else self.poll_interval
        numbers = {"timeout": self.timeout, "short_wait": self.short_wait, "poll_interval": interval}
        for name, value in {**numbers, "max_resubmits": self.max_resubmits}.items():
            least = 0 if name in ("short_wait", "max_resubmits") else MIN_SECONDS
            if not isinstance(value, (int, float)) or not value >= least:
                raise InputError(name, f"must be a number of at least {least}")
        self.hook.settings  # noqa: B018 - checks the connection
        if self.output_path is not None:
            from airflow_provider_faceswap.storage.folders import check_folder, open_folder

            open_folder(check_folder(self.output_path))

    def _pause(self, error: RefusedForNowError, refusals: int, since: float) -> float:
        growing = min(FIRST_PAUSE * GROWTH ** min(refusals - 1, 20), MAX_PAUSE)
        pause = max(error.retry_after or 0.0, growing * random.uniform(0.8, 1.2))
        if time.time() + pause > since + self.timeout:
            remedy = "use a pool with as many slots as the plan's queue limit, or raise timeout"
            raise RefusedForNowError(f"{error}; refused {refusals} times until the timeout: {remedy}")
        self.log.info("%s; submitting again in %.0f s (refused %s times)", error, pause, refusals)
        return pause

    def _defer_submission(self, pause: float, refusals: int, since: float) -> NoReturn:
        from airflow.providers.standard.triggers.temporal import DateTimeTrigger

        self.defer(
            trigger=DateTimeTrigger(datetime.fromtimestamp(time.time() + pause, tz=timezone.utc)),
            method_name="execute_again",
            kwargs={"refusals": refusals, "since": since},
        )

    def _defer(self, context: Context, ticket: Ticket) -> NoReturn:
        from airflow_provider_faceswap.execution.completion import completion_for

        context["ti"].xcom_push(key=SUBMISSION_KEY, value=ticket.as_dict())
        collect.announce_deferral(ticket)
        self.defer(
            trigger=completion_for(self.provider, self.hook, self.request_class).trigger(
                ticket,
                deadline=ticket.deadline,
                poll_interval=self.poll_interval,
                operation=self.operation,
            ),
            method_name="execute_complete",
            kwargs={"submission": ticket.as_dict()},
            timeout=timedelta(seconds=max(0.0, ticket.deadline - time.time())) + collect.BACKSTOP,
        )


def _begin(story: Attempt) -> dict[str, Any]:
    return story.begin()
