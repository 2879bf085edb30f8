"""What every swap operator takes, and how Airflow starts and resumes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NoReturn

from airflow.sdk import BaseOperator
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import TaskDeferralError, TaskDeferralTimeout

from airflow_provider_faceswap.exceptions import FaceSwapError
from airflow_provider_faceswap.execution.links import WithLinks
from airflow_provider_faceswap.execution.reporting import WithLineage, doubt_reported, report
from airflow_provider_faceswap.operators.arguments import (
    WithFullSignature,
    as_seconds,
    as_text,
    check_choice,
    check_output_path,
    check_terms,
)
from airflow_provider_faceswap.operators.dry_run import WithDryRun

if TYPE_CHECKING:
    from os import PathLike

    from airflow.sdk import Context, ObjectStoragePath

    from airflow_provider_faceswap.apis.request import Submission
    from airflow_provider_faceswap.apis.ticket import Ticket
    from airflow_provider_faceswap.execution.attempt import Attempt
    from airflow_provider_faceswap.execution.clock import Clock
    from airflow_provider_faceswap.execution.completion import Completion
    from airflow_provider_faceswap.execution.outcome import Outcome
    from airflow_provider_faceswap.execution.pause import Refusals
    from airflow_provider_faceswap.hooks.base import SwapHook


class SwapOperator(WithDryRun, WithFullSignature, WithLineage, WithLinks, BaseOperator):
    """
    Submit a job to a vendor, once, and collect what it makes.

    :param conn_id: the Airflow connection that holds the API key.
    :param wait_for_completion: False to return as soon as the vendor has accepted the job.
    :param deferrable: wait in the triggerer, without a worker slot.
    :param timeout: seconds from submission until the task gives up waiting.
    :param poll_interval: seconds between two polls of the job; None to follow the vendor's eta.
    :param output_path: folder, as ``ObjectStoragePath`` or its URL, that the results are stored in.
    :param output_name: name of the stored file without its suffix; None for ``{provider}-{job_id}``.
    :param on_in_doubt: what to do where nobody can know whether the vendor took a submission: ``fail`` the
        task for good, or ``resubmit`` and accept that it may be paid twice.
    :param on_clear: what a person's clear does with a finished job: ``collect`` its result again, or
        ``resubmit``, which buys another one. With ``wait_for_completion=False`` a clear returns the same job,
        unless it failed.
    :param max_resubmits: how often a job that the vendor dropped from a full queue is submitted again.
    :param short_wait: seconds to wait on the worker for a job that is likely to end so soon.
    :param idempotency_key: stands for the inputs when a later try asks whether its job is the same.
    :param consent_reference: free text that is kept beside the stored results.
    :param presign_seconds: that a URL is valid for which is signed for a file in object storage, at most
        seven days; None for ``timeout``.
    :param check_inputs: False to leave it to the vendor whether a clip is too long for it.
    :param reuse_stored: take a result that is stored below ``output_path`` already, if another task made it
        from the same inputs, instead of buying it again.
    :raises AirflowFailException: if no retry can help: refused inputs, a job that failed for good. It is also
        an error of :mod:`airflow_provider_faceswap.exceptions`, with ``provider``, ``job_id`` and ``paid``.
    :raises AirflowException: if a retry may help: no connection, a refusal for now; as above.
    """

    provider: ClassVar[str]
    operation: ClassVar[str]
    inputs: ClassVar[tuple[str, ...]]
    in_doubt_wait: float = 0.0
    adopt_from_callback: bool = True
    use_callback: bool = False
    max_cost: float | None = None
    template_fields: Sequence[str] = (
        "conn_id",
        "output_path",
        "output_name",
        "idempotency_key",
        "consent_reference",
    )
    ui_color = "#e8e4f7"

    def __init__(
        self,
        *,
        conn_id: str,
        wait_for_completion: bool = True,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        timeout: float | timedelta = 3600,
        poll_interval: float | timedelta | None = None,
        output_path: str | PathLike[str] | ObjectStoragePath | None = None,
        output_name: str | None = None,
        on_in_doubt: Literal["fail", "resubmit"] = "fail",
        on_clear: Literal["collect", "resubmit"] = "collect",
        max_resubmits: int = 1,
        short_wait: float | timedelta = 10,
        idempotency_key: str | None = None,
        consent_reference: str | None = None,
        presign_seconds: float | timedelta | None = None,
        check_inputs: bool = True,
        reuse_stored: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id
        self.wait_for_completion = wait_for_completion
        self.deferrable = deferrable
        self.timeout = as_seconds(timeout)
        self.poll_interval = None if poll_interval is None else as_seconds(poll_interval)
        self.output_path = as_text(output_path)
        self.output_name = output_name
        self.on_in_doubt = check_choice("on_in_doubt", on_in_doubt, ("fail", "resubmit"))
        self.on_clear = check_choice("on_clear", on_clear, ("collect", "resubmit"))
        self.max_resubmits = max_resubmits
        self.short_wait = as_seconds(short_wait)
        self.idempotency_key = idempotency_key
        self.consent_reference = consent_reference
        self.presign_seconds = None if presign_seconds is None else as_seconds(presign_seconds)
        self.check_inputs = check_inputs
        self.reuse_stored = reuse_stored

    def execute(self, context: Context) -> dict[str, Any]:
        """
        Submit the job unless an earlier try did; return its result, or defer.

        :return: the job as :func:`~airflow_provider_faceswap.apis.results.as_result` describes it.
        """
        return self._run(context, lambda attempt: attempt.run())

    def execute_again(
        self,
        context: Context,
        event: Any = None,
        refusals: dict[str, Any] | None = None,
        before: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """
        Submit again after the vendor refused for now.

        :param event: the timer's; it says nothing.
        :param refusals: how often the vendor refused so far, and since when.
        :param before: the entry to go on with where there is no task state store.
        """
        from airflow_provider_faceswap.execution.pause import Refusals
        from airflow_provider_faceswap.journal.entry import Entry

        so_far = Refusals(**(refusals or {}))
        return self._run(context, lambda attempt: attempt.run(Entry.from_store(before)), so_far)

    def execute_complete(
        self, context: Context, event: Any, submission: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """
        Poll the job again after its trigger fired, and collect its result.

        :param event: the trigger's event; it holds states, no results.
        :param submission: the ticket that was deferred with; ``dag.test()`` drops it.
        """
        from airflow_provider_faceswap.apis.ticket import Ticket
        from airflow_provider_faceswap.execution.waiting import check_event
        from airflow_provider_faceswap.operators.attempts import saved_ticket

        ticket = Ticket.from_dict(submission) if submission else saved_ticket(self, context)
        if ticket is None:
            return self._run(context, lambda attempt: attempt.run())
        return self._resume(context, ticket, *check_event(event, ticket.job_id or ticket.nonce))

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Poll once more where Airflow ended the deferral by itself: the job may be done and is paid."""
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except (TaskDeferralError, TaskDeferralTimeout) as error:
            from airflow_provider_faceswap.operators.attempts import saved_ticket

            ticket = saved_ticket(self, context)
            if ticket is None:
                raise
            problem = f"the deferral was cut off: {error}"
        from airflow_provider_faceswap.execution.waiting import CUT_OFF

        return self._resume(context, ticket, CUT_OFF, problem)

    def _resume(self, context: Context, ticket: Ticket, end: str, problem: str) -> dict[str, Any]:
        from airflow_provider_faceswap.execution.airflow_errors import not_bought_again
        from airflow_provider_faceswap.journal.store import Journal

        begun = False

        def step(attempt: Attempt) -> Outcome:
            nonlocal begun
            begun = True
            return attempt.resume(ticket, end, problem)

        try:
            return self._run(context, step)
        except FaceSwapError as error:
            if begun or Journal(context).durable:
                raise
            raise not_bought_again(error, ticket.job_id) from None

    def _run(
        self, context: Context, step: Callable[[Attempt], Outcome], refusals: Refusals | None = None
    ) -> dict[str, Any]:
        from airflow_provider_faceswap.execution.airflow_errors import translated
        from airflow_provider_faceswap.execution.outcome import Done, Refused
        from airflow_provider_faceswap.execution.pause import Refusals, submit_again_in
        from airflow_provider_faceswap.journal.store import Journal
        from airflow_provider_faceswap.operators.attempts import make_attempt, save_ticket

        journal, refusals = Journal(context), refusals or Refusals()
        with (
            translated(self.provider, retry_buys=not journal.durable),
            doubt_reported(context["ti"], self.provider),
        ):
            self._check()
            attempt = make_attempt(self, context, journal)
            outcome = step(attempt)
            while isinstance(outcome, Refused):
                now = self.clock.time()
                refusals = refusals.another(now)
                pause = refusals.pause(outcome.error, now, self.timeout)
                when = f"submitting again in {pause:.0f} s (refused {refusals.count} times)"
                self.log.info("%s; %s", outcome.error, when)
                if self.deferrable:
                    before = None if journal.durable else outcome.before.as_dict()
                    submit_again_in(self, pause, {"refusals": asdict(refusals), "before": before})
                self.clock.sleep(pause)
                outcome = attempt.run(outcome.before)
            if isinstance(outcome, Done):
                return report(self, context, outcome.result)
            if not journal.durable:
                save_ticket(context, outcome.ticket)
            self._defer(outcome.ticket)

    @cached_property
    def hook(self) -> SwapHook:
        """The vendor's hook for ``conn_id``."""
        from airflow_provider_faceswap.hooks import hook_for

        return hook_for(self.provider, self.conn_id)

    @cached_property
    def completion(self) -> Completion:
        """How the vendor brings the result."""
        from airflow_provider_faceswap.execution.completion import completion_for

        return completion_for(self.provider, self.hook, self.request_class, use_callback=self.use_callback)

    @cached_property
    def clock(self) -> Clock:
        """The time."""
        from airflow_provider_faceswap.execution.clock import Clock

        return Clock()

    @property
    def request_class(self) -> type[Submission]:
        """What is submitted."""
        from airflow_provider_faceswap.apis import vendor

        return vendor(self.provider).submission(self.endpoint)

    @property
    def endpoint(self) -> str:
        """The operation's key among the vendor's."""
        return self.operation

    def fields(self) -> dict[str, Any]:
        """Return the operation's fields by the vendor's names, as they were given."""
        return {name: getattr(self, name) for name in self.inputs}

    def own_names(self) -> dict[str, Any]:
        """Return media by further names that a result gives them."""
        return {}

    def _check(self) -> None:
        """Find what is wrong with the arguments and the connection, at each start."""
        check_terms(self)
        self.hook.settings  # noqa: B018 - checks the connection
        for name in ("output_path", "output_name", *self.inputs):
            setattr(self, name, as_text(getattr(self, name)))
        check_output_path(self.output_path)

    def _defer(self, ticket: Ticket) -> NoReturn:
        from airflow_provider_faceswap.execution.waiting import BACKSTOP, announce_deferral

        announce_deferral(ticket)
        options = {"poll_interval": self.poll_interval, "operation": self.operation}
        self.defer(
            trigger=self.completion.trigger(ticket, deadline=ticket.deadline, **options),
            method_name="execute_complete",
            kwargs={"submission": ticket.as_dict()},
            timeout=timedelta(seconds=max(0.0, ticket.deadline - self.clock.time())) + BACKSTOP,
        )
