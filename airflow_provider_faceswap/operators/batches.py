"""From a batch operator's arguments to one start of its task; slow to import, so only a running task does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.apis.media import MAX_PRESIGN
from airflow_provider_faceswap.apis.request import Submission
from airflow_provider_faceswap.batch import validation
from airflow_provider_faceswap.batch.book import Book
from airflow_provider_faceswap.batch.claim import Claim, airflow_state_of, owner_of, take_claim
from airflow_provider_faceswap.batch.item import Rules
from airflow_provider_faceswap.batch.items.frozen import after_frozen, freeze, frozen_name, thaw
from airflow_provider_faceswap.batch.items.reading import read_items
from airflow_provider_faceswap.batch.items.rows import Row, make_rows
from airflow_provider_faceswap.batch.journal import STOP_KEY, BatchJournal, Head
from airflow_provider_faceswap.batch.manifest import Ledger, task_digest
from airflow_provider_faceswap.batch.plan import DEFAULT_ACTIVE, Plan
from airflow_provider_faceswap.batch.run import BatchRun
from airflow_provider_faceswap.exceptions import InputError, NotSentError
from airflow_provider_faceswap.execution.callback_completion import OWN_WEBHOOK
from airflow_provider_faceswap.execution.completion import completion_for
from airflow_provider_faceswap.execution.outcome import described_task
from airflow_provider_faceswap.execution.purchase import clean_up
from airflow_provider_faceswap.execution.terms import Terms
from airflow_provider_faceswap.journal.state import TaskState
from airflow_provider_faceswap.operators.arguments import as_text, check_batch
from airflow_provider_faceswap.storage.checks import check_writable
from airflow_provider_faceswap.storage.folders import check_folder
from airflow_provider_faceswap.storage.places import Place, open_output

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_faceswap.operators.batch import FaceSwapBatchOperator


def begin(operator: FaceSwapBatchOperator, context: Context) -> BatchRun:
    """
    Find everything that is wrong before anything is paid, and how things stand.

    :param operator: with its templates rendered.
    :param context: the task's.
    :raises InputError: naming the argument, or the rows and their fields.
    """
    _check(operator)
    journal = BatchJournal(TaskState(context), context["ti"])
    if not journal.durable and operator.retries:
        raise InputError(
            "retries", "must be 0 below Airflow 3.3, which keeps no task state: a retry would buy again"
        )
    task = task_digest(context["ti"])
    place = _place(operator, task)
    head = _head(operator, context, journal, place, task)
    operator.hook.check()
    name = frozen_name(head.epoch)
    rows = thaw(place, name) if journal.durable else None
    if rows is None:
        fresh = read_rows(operator)
        check_offer(operator, fresh)
        check_writable(operator.output_path)
        claim = _claim(operator, context)
        place.prepare()
        rows = freeze(place, name, fresh)
    else:
        claim = _claim(operator, context)
    plan = _plan(operator, context, rows)
    plan.completion.check()
    rules = Rules(head.buyer(task), operator.overwrite, operator.on_clear == "resubmit")
    book = Book(plan.provider, _ledger(operator, context, task), journal, rules)
    book.open(rows, fresh=True)
    run = BatchRun(plan, book, place, claim)
    if seconds := run.intents_settle_in():
        operator.log.info("Another worker may still be submitting; waiting %.0f s for it", seconds)
        operator.clock.sleep(seconds)
        book.open(rows, fresh=True)
    run.begin()
    return run


def resume(operator: FaceSwapBatchOperator, context: Context, event: Any) -> BatchRun:
    """
    Go on after a deferral.

    :param operator: with its templates rendered.
    :param context: the task's.
    :param event: the trigger's; None if it was a timer, or was cut off.
    """
    _check(operator)
    journal = BatchJournal(TaskState(context), context["ti"])
    task = task_digest(context["ti"])
    place = _place(operator, task)
    head = journal.load_head() or _head_of_last_list(operator, context, journal, place)
    rows = thaw(place, frozen_name(head.epoch))
    if rows is None:
        raise NotSentError(
            f"the frozen list of the batch is gone from {operator.output_path}; a retry reads the items again"
        )
    plan = _plan(operator, context, rows)
    rules = Rules(head.buyer(task), operator.overwrite, operator.on_clear == "resubmit")
    claim = _claim(operator, context)  # first: what another task writes must be there when it is read
    book = Book(plan.provider, _ledger(operator, context, task), journal, rules)
    book.open(rows, fresh=False, parts=head.parts)
    run = BatchRun(plan, book, place, claim)
    run.resume(event)
    return run


def validate(operator: FaceSwapBatchOperator, context: Context) -> dict[str, Any]:
    """
    Check and price all items, and send nothing.

    :param operator: with its templates rendered.
    :param context: the task's.
    :raises InputError: with all faults.
    """
    _check(operator)
    operator.hook.check()
    rows = read_rows(operator)
    check_offer(operator, rows)
    check_writable(operator.output_path)
    return validation.priced(_plan(operator, context, rows), rows)


def tidy(run: BatchRun) -> None:
    """
    Delete what only a resume or a retry reads, now that none will follow; a clear lists its items again.

    :param run: that has succeeded, and whose manifest is written.
    """
    for name in run.place.names(""):
        clean_up(partial(run.place.remove, name))


def _check(operator: FaceSwapBatchOperator) -> None:
    check_batch(operator)
    for name in ("output_path", "items", "common"):
        setattr(operator, name, as_text(getattr(operator, name)))
    operator.output_path = check_folder(operator.output_path)
    operator.hook.settings  # noqa: B018 - checks the connection


def _head(
    operator: FaceSwapBatchOperator, context: Context, journal: BatchJournal, place: Place, task: str
) -> Head:
    """Find out whether a person has cleared the task since its last try."""
    ti, found, now = context["ti"], journal.load_head(), _now(operator, context)
    if found is None:
        # Without a store each try is a person's clear: there are no retries then. With one, a later try
        # without a head follows a success after which Airflow dropped the state, or somebody deleted it, and
        # a first one may follow a deleted run of the same name, whose list and failures are not this one's.
        ledger = _ledger(operator, context, task)
        ledger.load()
        tries = ti.try_number - 1 if journal.durable else ti.try_number
        epoch = max(tries, after_frozen(place), ledger.after_bought(task))
        return journal.save_head(Head(epoch=epoch, started_at=now["tried_at"], **now))
    after_clear = ti.max_tries == ti.try_number - 1 + (operator.retries or 0)
    lowered = after_clear and now["clear_number"] > found.clear_number
    epoch = found.epoch + (ti.max_tries != found.max_tries or lowered)
    began = {}
    if epoch != found.epoch:
        began = {"started_at": now["tried_at"]}
        journal.state.delete(STOP_KEY)
    changes = {**now, **began, "epoch": epoch, "stopped": "", "slots": None}
    return journal.save_head(found.model_copy(update=changes))


def _head_of_last_list(
    operator: FaceSwapBatchOperator, context: Context, journal: BatchJournal, place: Place
) -> Head:
    """Return what is known of a batch that was deferred, where nothing is kept or somebody deleted it."""
    # When the task or its try began is not known: all that it bought counts.
    known = {**_now(operator, context), "tried_at": 0.0}
    return journal.save_head(Head(epoch=max(0, after_frozen(place) - 1), **known))


def _now(operator: FaceSwapBatchOperator, context: Context) -> dict[str, Any]:
    ti = context["ti"]
    return {
        "max_tries": ti.max_tries,
        "clear_number": getattr(context["dag_run"], "clear_number", None) or 0,
        "try_number": ti.try_number,
        "tried_at": operator.clock.time(),
    }


def read_rows(operator: FaceSwapBatchOperator) -> list[Row]:
    """Return the items of a batch, each checked without any network."""
    return make_rows(
        read_items(operator.items, operator.output_path),
        provider=operator.hook.conn_type,
        operation=operator.operation,
        common=operator.common,
    )


def check_offer(operator: FaceSwapBatchOperator, rows: Sequence[Row]) -> None:
    """Check that the vendor offers what a batch asks for: prices, and one way to answer."""
    chosen = vendor(operator.hook.conn_type)
    requests = {chosen.submission(row.endpoint) for row in rows}
    unpriced = [request.operation for request in requests if request.price is Submission.price]
    if operator.max_cost is not None and unpriced:
        raise InputError("max_cost", f"{chosen.title} publishes no price of {unpriced[0]}: leave it out")
    if operator.use_callback and (own := [row for row in rows if row.fields.get("webhook")]):
        raise InputError("webhook", f"(row {own[0].index}) {OWN_WEBHOOK}")
    if len({request.webhook_is_ours for request in requests}) > 1:
        raise InputError(
            "items", "are answered in two ways by this vendor: set operation, one batch for each"
        )


def _plan(operator: FaceSwapBatchOperator, context: Context, rows: Sequence[Row]) -> Plan:
    ti, provider, settings = context["ti"], operator.hook.conn_type, operator.hook.settings
    requests = [vendor(provider).submission(endpoint) for endpoint in {row.endpoint for row in rows}]
    presign = operator.timeout if operator.presign_seconds is None else operator.presign_seconds
    terms = Terms(
        max_tries=ti.max_tries,
        clear_number=getattr(context["dag_run"], "clear_number", None) or 0,
        tries_after_clear=ti.try_number - 1 + (operator.retries or 0),
        timeout=min([operator.timeout, *(request.max_wait for request in requests)]),
        on_in_doubt=operator.on_in_doubt,
        max_resubmits=operator.max_resubmits,
        buy_again=operator.on_clear == "resubmit",
    )
    return Plan(
        completion=completion_for(
            provider,
            operator.hook,
            requests[0] if requests else None,
            use_callback=operator.use_callback,
        ),
        output_path=operator.output_path,
        place=open_output(operator.output_path),
        terms=terms,
        clock=operator.clock,
        max_active=operator.max_active_jobs or settings.max_active_jobs or DEFAULT_ACTIVE,
        max_failed=operator.max_failed,
        max_cost=operator.max_cost,
        deferrable=operator.deferrable,
        poll_interval=operator.poll_interval,
        in_doubt_wait=operator.in_doubt_wait,
        adopt_from_callback=operator.adopt_from_callback,
        presign_seconds=max(1, min(presign, MAX_PRESIGN)),
        check_inputs=operator.check_inputs,
        task=described_task(ti),
    )


def _ledger(operator: FaceSwapBatchOperator, context: Context, task: str) -> Ledger:
    return Ledger(operator.output_path, f"{task}-{context['ti'].try_number}")


def _claim(operator: FaceSwapBatchOperator, context: Context) -> Claim:
    place = open_output(f"{operator.output_path}/_faceswap")
    return take_claim(place, owner_of(context["ti"]), airflow_state_of(context["ti"]))


def _place(operator: FaceSwapBatchOperator, task: str) -> Place:
    return open_output(f"{operator.output_path}/_faceswap/batches/{task}")
