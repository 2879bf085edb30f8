"""Many swaps in one task."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from airflow.sdk import BaseOperator
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    TaskDeferralError,
    TaskDeferralTimeout,
)

from airflow_provider_faceswap.batch.items.reading import literal_limit
from airflow_provider_faceswap.batch.manifest import read_manifest
from airflow_provider_faceswap.exceptions import BatchError, FaceSwapError
from airflow_provider_faceswap.execution.links import WithLinks
from airflow_provider_faceswap.execution.reporting import WithLineage
from airflow_provider_faceswap.operators.arguments import WithFullSignature, as_seconds, as_text, check_choice
from airflow_provider_faceswap.operators.dry_run import WithDryRun

if TYPE_CHECKING:
    from os import PathLike

    from airflow.sdk import Context, ObjectStoragePath

    from airflow_provider_faceswap.batch.run import BatchRun, Finished
    from airflow_provider_faceswap.batch.watching import Waiting
    from airflow_provider_faceswap.execution.clock import Clock
    from airflow_provider_faceswap.execution.pause import Refusals
    from airflow_provider_faceswap.hooks.base import SwapHook
    from airflow_provider_faceswap.triggers.base import SwapTrigger

PATIENCE = 30.0
"""Seconds after the first end at which a batch comes back at the earliest, though few jobs have ended."""

__all__ = ["FaceSwapBatchOperator", "read_manifest"]


class FaceSwapBatchOperator(WithDryRun, WithFullSignature, WithLineage, WithLinks, BaseOperator):
    """
    Buy many swaps in one task, each once, and store their results.

    The task submits up to ``max_active_jobs``, waits for them without a worker slot, comes back to collect
    what is done, and submits more. Each item ends in one line of ``{output_path}/manifest.jsonl``. What that
    holds as success is not bought again, in this run or in a later one with the same folder.

    :param conn_id: the Airflow connection that holds the API key; its type says which vendor it is.
    :param items: a list of dicts, such as an XCom; the URL of a JSON Lines or CSV file; or a glob in object
        storage, such as ``s3://conn_id@bucket/in/*.mp4``, whose matches become targets. It is read once.
    :param output_path: folder, as ``ObjectStoragePath`` or its URL, that the results are stored in. One batch
        at a time writes to it.
    :param operation: the vendor's operation, such as ``single_video_swap``, whose fields the items have; None
        where they have ``face``, ``target`` and perhaps ``reference``, and options of the operation.
    :param common: what all items share; an item's own value wins.
    :param max_active_jobs: jobs that run at once; None for the connection's ``max_active_jobs``, else 15.
    :param max_failed: items that may fail before the task fails and submits no more: a whole number of items,
        or a share as a float. ``1`` allows one item, ``0.01`` one in a hundred, ``1.0`` all. Items in doubt,
        and unfinished ones, count as failed.
    :param max_cost: what may be bought in all tries, by the vendor's price list; the first item that does not
        fit ends the submission.
    :param overwrite: buy again what another run stored in the folder.
    :param validate_only: check and price all items, and send nothing.
    :param deferrable: wait in the triggerer, without a worker slot.
    :param timeout: seconds from an item's submission until its job is given up.
    :param poll_interval: seconds between two polls of a job; None to follow the vendor's eta.
    :param on_in_doubt: what to do about an item of which nobody can know whether the vendor took it: ``fail``
        it, or ``resubmit`` it and accept that it may be paid twice.
    :param in_doubt_wait: seconds for which a callback may settle that first, where the vendor calls back.
    :param adopt_from_callback: False to leave that to a person.
    :param use_callback: for a vendor that is polled and can call back (ModelsLab): let it call back to say
        when to poll; see ``docs/callbacks.md``.
    :param on_clear: what a person's clear does with what this task bought: ``collect`` it, or ``resubmit``.
    :param max_resubmits: how many times a job that the vendor dropped from a full queue is submitted again.
    :param presign_seconds: that a URL is valid for which is signed for a file in object storage, at most
        seven days; None for ``timeout``.
    :param check_inputs: False to leave it to the vendor whether a clip is too long for it.
    :raises AirflowFailException: if no retry can help; it is also an error of
        :mod:`airflow_provider_faceswap.exceptions`.
    :raises AirflowException: if a retry may help, such as for unfinished items.
    """

    template_fields: Sequence[str] = ("conn_id", "items", "output_path", "operation", "common")
    ui_color = "#e8e4f7"

    def __init__(
        self,
        *,
        conn_id: str,
        items: Any,
        output_path: str | PathLike[str] | ObjectStoragePath,
        operation: str | None = None,
        common: dict[str, Any] | None = None,
        max_active_jobs: int | None = None,
        max_failed: float = 0,
        max_cost: float | None = None,
        overwrite: bool = False,
        validate_only: bool = False,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        timeout: float | timedelta = 3600,
        poll_interval: float | timedelta | None = None,
        on_in_doubt: Literal["fail", "resubmit"] = "fail",
        in_doubt_wait: float | timedelta = 600,
        adopt_from_callback: bool = True,
        use_callback: bool = False,
        on_clear: Literal["collect", "resubmit"] = "collect",
        max_resubmits: int = 1,
        presign_seconds: float | timedelta | None = None,
        check_inputs: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        literal_limit(items)
        self.conn_id = conn_id
        self.items = items
        self.output_path = as_text(output_path)
        self.operation = operation
        self.common = common
        self.max_active_jobs = max_active_jobs
        self.max_failed = max_failed
        self.max_cost = max_cost
        self.overwrite = overwrite
        self.validate_only = validate_only
        self.deferrable = deferrable
        self.timeout = as_seconds(timeout)
        self.poll_interval = None if poll_interval is None else as_seconds(poll_interval)
        self.on_in_doubt = check_choice("on_in_doubt", on_in_doubt, ("fail", "resubmit"))
        self.in_doubt_wait = as_seconds(in_doubt_wait)
        self.adopt_from_callback = adopt_from_callback
        self.use_callback = use_callback
        self.on_clear = check_choice("on_clear", on_clear, ("collect", "resubmit"))
        self.max_resubmits = max_resubmits
        self.presign_seconds = None if presign_seconds is None else as_seconds(presign_seconds)
        self.check_inputs = check_inputs

    def execute(self, context: Context) -> dict[str, Any]:
        """
        Read the items, or the list that an earlier try froze; collect what runs, and buy the rest.

        :return: counts and figures, as in ``docs/batch.md``.
        """
        from airflow_provider_faceswap.execution.pause import Refusals
        from airflow_provider_faceswap.operators.batches import begin, validate

        with self._translated(context):
            if self.validate_only:
                return validate(self, context)
            return self._go_on(context, begin(self, context), Refusals(), {})

    def execute_again(
        self, context: Context, event: Any = None, refusals: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """
        Submit again after the vendor refused for now.

        :param event: the timer's; it says nothing.
        :param refusals: how many times the vendor refused so far, and since when.
        """
        from airflow_provider_faceswap.execution.pause import Refusals
        from airflow_provider_faceswap.operators.batches import resume

        with self._translated(context):
            return self._go_on(context, resume(self, context, None), Refusals(**(refusals or {})), {})

    def execute_complete(self, context: Context, event: Any = None) -> dict[str, Any]:
        """
        Collect what the trigger saw end, and buy more.

        :param event: the trigger's; which jobs ended, and no results.
        """
        from airflow_provider_faceswap.execution.pause import Refusals
        from airflow_provider_faceswap.operators.batches import resume

        with self._translated(context):
            learned = event.get("learned") if isinstance(event, dict) else None
            run = resume(self, context, event)
            return self._go_on(context, run, Refusals(), learned if isinstance(learned, dict) else {})

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Look at all jobs where Airflow ended the deferral by itself: they are paid."""
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except (TaskDeferralError, TaskDeferralTimeout) as error:
            self.log.warning("The deferral was cut off: %s; looking at all jobs", error)
        return self.execute_complete(context)

    def _go_on(
        self, context: Context, run: BatchRun, refusals: Refusals, learned: dict[str, Any]
    ) -> dict[str, Any]:
        from airflow_provider_faceswap.batch.run import Finished, Refused
        from airflow_provider_faceswap.execution.pause import submit_again_in

        while True:
            outcome = run.go_on()
            if isinstance(outcome, Finished):
                return self._finish(context, run, outcome)
            if isinstance(outcome, Refused):
                now = self.clock.time()
                refusals = refusals.another(now)
                try:
                    pause = refusals.pause(outcome.error, now, self.timeout)
                except FaceSwapError as error:
                    return self._finish(context, run, run.give_up(error))
                self.log.info("%s; submitting again in %.0f s", outcome.error, pause)
                if self.deferrable:
                    submit_again_in(self, pause, {"refusals": asdict(refusals)})
                self.clock.sleep(pause)
                continue
            trigger = run.plan.completion.batch_trigger(
                jobs_url=run.jobs_url,
                base_url=run.plan.base_url,
                deadline=outcome.deadline,
                wake=outcome.wake,
                patience=PATIENCE,
                poll_interval=self.poll_interval,
                learned=learned,
            )
            if self.deferrable:
                self._defer(trigger, outcome)
            event = asyncio.run(trigger.batch_event())
            learned = event.get("learned") or {}
            run.resume(event)

    def _defer(self, trigger: SwapTrigger, waiting: Waiting) -> NoReturn:
        from airflow_provider_faceswap.execution.waiting import BACKSTOP

        self.log.info(
            "Waiting in the triggerer, jobs: %s; if nothing follows, check that a triggerer runs",
            waiting.jobs,
        )
        seconds = max(0.0, waiting.deadline - self.clock.time())
        self.defer(
            trigger=trigger,
            method_name="execute_complete",
            timeout=timedelta(seconds=seconds) + BACKSTOP,
        )

    def _finish(self, context: Context, run: BatchRun, outcome: Finished) -> dict[str, Any]:
        """Return the summary, or fail with it kept as the task's XCom."""
        from airflow_provider_faceswap.execution.airflow_errors import as_airflow
        from airflow_provider_faceswap.execution.purchase import clean_up
        from airflow_provider_faceswap.execution.reporting import report_batch
        from airflow_provider_faceswap.operators.batches import tidy

        report_batch(self, context, run.plan.provider, outcome.summary)
        if not outcome.error:
            clean_up(partial(tidy, run))
            run.claim.release()
            return outcome.summary
        clean_up(lambda: context["ti"].xcom_push(key="return_value", value=outcome.summary))
        error = BatchError(outcome.error)
        raise as_airflow(error, AirflowException if outcome.retry else AirflowFailException)

    def _translated(self, context: Context) -> AbstractContextManager[None]:
        from airflow_provider_faceswap.execution.airflow_errors import translated

        return translated("", retry_buys=context.get("task_state_store") is None)

    @cached_property
    def hook(self) -> SwapHook:
        """The vendor's hook for ``conn_id``."""
        from airflow_provider_faceswap.hooks import hook_for, provider_of

        return hook_for(provider_of(self.conn_id), self.conn_id)

    @cached_property
    def clock(self) -> Clock:
        """The time."""
        from airflow_provider_faceswap.execution.clock import Clock

        return Clock()
