"""From an operator's arguments to an attempt; slow to import, so only a running task does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_faceswap.apis.media import MAX_PRESIGN
from airflow_provider_faceswap.apis.ticket import Ticket
from airflow_provider_faceswap.execution.airflow_errors import translated
from airflow_provider_faceswap.execution.attempt import Attempt
from airflow_provider_faceswap.execution.inputs import Inputs
from airflow_provider_faceswap.execution.outcome import described_task
from airflow_provider_faceswap.execution.purchase import Purchase, clean_up
from airflow_provider_faceswap.execution.results import Results
from airflow_provider_faceswap.execution.terms import Terms, Waiting
from airflow_provider_faceswap.journal.store import Journal
from airflow_provider_faceswap.storage.outputs import OutputStore
from airflow_provider_faceswap.storage.records import Records

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_faceswap.operators.base import SwapOperator


SUBMISSION_KEY = "submission"
"""XCom key of the ticket where there is no journal: nothing else survives a deferral that Airflow cut off."""


def saved_ticket(operator: SwapOperator, context: Context) -> Ticket | None:
    """
    Return the ticket of the job that a task waited for, where it did not come with the resumption.

    :param operator: the task.
    :param context: the task's.
    """
    ti, journal = context["ti"], Journal(context)
    if journal.durable:
        with translated(operator.provider):
            entry = journal.load(prove=False)
        return entry.ticket() if entry and (entry.job_id or entry.nonce) else None
    saved = ti.xcom_pull(task_ids=operator.task_id, key=SUBMISSION_KEY, map_indexes=ti.map_index)
    return Ticket.from_dict(saved) if isinstance(saved, dict) else None


def save_ticket(context: Context, ticket: Ticket) -> None:
    """
    Keep a ticket for :func:`saved_ticket` where there is no journal.

    :param context: the task's.
    :param ticket: of the job that it waits for.
    """
    # Only a cut-off deferral needs it: a failure must not fail a task that is paid.
    clean_up(lambda: context["ti"].xcom_push(SUBMISSION_KEY, ticket.as_dict()))


def make_attempt(operator: SwapOperator, context: Context, journal: Journal) -> Attempt:
    """
    Return the attempt that an operator's arguments describe.

    :param operator: with its templates rendered.
    :param context: the task's.
    :param journal: the task's.
    """
    if not journal.durable:
        operator.log.warning("Airflow below 3.3 keeps no task state: a retry of this task submits again")
    ti, request = context["ti"], operator.request_class
    presign = operator.timeout if operator.presign_seconds is None else operator.presign_seconds
    inputs = Inputs(
        provider=operator.provider,
        endpoint=operator.endpoint,
        request_class=request,
        fields=operator.fields(),
        settings=operator.hook.settings,
        own_names=operator.own_names(),
        idempotency_key=operator.idempotency_key,
        presign_seconds=max(1, min(presign, MAX_PRESIGN)),
        check_limits=operator.check_inputs,
    )
    clear_number = getattr(context["dag_run"], "clear_number", None) or 0
    tries_after_clear = ti.try_number - 1 + (operator.retries or 0)
    terms = Terms(
        max_tries=ti.max_tries,
        clear_number=clear_number,
        tries_after_clear=tries_after_clear,
        cleared=ti.try_number > 1 and clear_number > 0 and ti.max_tries == tries_after_clear,
        timeout=min(operator.timeout, request.max_wait),
        on_in_doubt=operator.on_in_doubt,
        max_resubmits=operator.max_resubmits,
        buy_again=operator.on_clear == "resubmit",
        max_cost=operator.max_cost,
        reuse_stored=operator.reuse_stored,
    )
    purchase = Purchase(
        completion=operator.completion,
        inputs=inputs,
        journal=journal,
        results=Results(
            OutputStore(
                operator.output_path,
                request.kind,
                request.operation,
                operator.output_name,
                operator.consent_reference,
                task=described_task(ti),
            ),
            operator.completion,
            operator.timeout,
            records=Records(operator.output_path) if operator.output_path else None,
            made_from=inputs.described,
        ),
        terms=terms,
        clock=operator.clock,
    )
    how = Waiting(
        wait_for_completion=operator.wait_for_completion,
        deferrable=operator.deferrable,
        poll_interval=operator.poll_interval,
        short_wait=operator.short_wait,
        in_doubt_wait=operator.in_doubt_wait,
        adopt_from_callback=operator.adopt_from_callback,
    )
    return Attempt(purchase, how, lambda job_id: ti.xcom_push(key="job_id", value=job_id))
