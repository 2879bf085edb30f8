"""What became of the jobs of a batch: asked for all at once, and their results stored side by side."""

from __future__ import annotations

import contextvars
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from airflow_provider_faceswap import metrics
from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.watch import DEADLINE
from airflow_provider_faceswap.batch.item import Item, Rules, Step
from airflow_provider_faceswap.batch.record import Status
from airflow_provider_faceswap.exceptions import FaceSwapError, ResultError
from airflow_provider_faceswap.execution import waiting
from airflow_provider_faceswap.execution.clock import Clock
from airflow_provider_faceswap.execution.completion import Completion
from airflow_provider_faceswap.execution.purchase import IN_DOUBT, clean_up
from airflow_provider_faceswap.execution.results import Results
from airflow_provider_faceswap.journal.entry import Entry, State
from airflow_provider_faceswap.storage import spool
from airflow_provider_faceswap.storage.storing import FREE_AGAIN

log = logging.getLogger(__name__)

Keep = Callable[[], dict[str, Any]]
"""Stores a result, and describes it."""

SIDE_BY_SIDE = 16
"""Results that are downloaded side by side at most."""
WAVE = 64
"""Results after which what was stored is noted."""


@dataclass(frozen=True)
class Collector:
    """
    Collects what was bought.

    :param completion: how the vendor brings results.
    :param results_of: returns where an item's result goes.
    :param clock: the time.
    :param max_resubmits: how many times a job that the vendor dropped is bought again.
    :param write: notes what became of items.
    :param rules: whose purchases count as this task's.
    """

    completion: Completion
    results_of: Callable[[Item], Results]
    clock: Clock
    max_resubmits: int
    write: Callable[[Sequence[Item]], None]
    rules: Rules

    def collect(self, items: Sequence[Item], *, watched: bool, unknown: bool = False) -> None:
        """
        Ask for jobs, store the results of those that are done, and note what became of all.

        :param items: whose jobs run.
        :param watched: whether a trigger saw them end.
        :param unknown: whether it was told of some, for a minute, that the vendor does not know them.
        """
        spooled = [item for item in items if item.known().entry.spooled_at]
        self._store([(item, partial(self._unspool, item)) for item in spooled])
        items = [item for item in items if item not in spooled]
        running = [item for item in items if item.known().entry.job_id]
        adopted = self.adopt([item for item in items if not item.known().entry.job_id])
        running += adopted
        if not running:
            return
        asked = Counter(item.known().entry.operation for item in running)
        for operation, polls in asked.items() if self.completion.repeatable else ():
            metrics.count("polls", polls, provider=self.completion.provider, operation=operation)
        answers = self.completion.poll_all([item.known().entry.ticket() for item in running])
        done, changed, running_on = [], list(adopted), []
        for item, answer in zip(running, answers, strict=True):
            if isinstance(answer, Job) and answer.state is JobState.SUCCESS:
                done.append((item, answer))
            elif self._settled(item, answer, believed=unknown):
                changed.append(item)
            else:
                running_on.append(item)
        self.take(done)
        self.write([item for item in changed if item.step is not Step.WAIT or item in adopted])
        if watched and self.completion.repeatable:
            for item in running_on:  # a callback that came too early would wake the task again and again
                self._forget(item.known().entry)

    def take(self, done: Sequence[tuple[Item, Job]]) -> None:
        """
        Store the results of jobs that have ended, or note their failure.

        :param done: items with what the vendor said of their jobs.
        """
        self._store(
            [
                (item, partial(self.results_of(item).keep, item.known().entry, job))
                for item, job in done
                if job.state is JobState.SUCCESS
            ]
        )
        others = [(item, job) for item, job in done if job.state is not JobState.SUCCESS]
        self.write([item for item, job in others if self._settled(item, job, believed=False)])

    def _settled(self, item: Item, answer: Job | FaceSwapError, *, believed: bool) -> bool:
        """Note a verdict, or that the job's time is over; return whether there is any."""
        record, now = item.known(), self.clock.time()
        end, said = DEADLINE, str(answer)
        if isinstance(answer, Job):
            said = answer.message if not answer.state.waiting else ""
            end = answer.state.value
            believable = answer.state.settled or (believed and answer.state is JobState.UNKNOWN)
            if not believable:
                end = DEADLINE
        if end == DEADLINE and now < record.entry.deadline:
            item.problem = said
            return False
        provider, job_id = self.completion.provider, record.entry.job_id
        error = str(waiting.error_of(provider, job_id, end, said))
        if end == DEADLINE:
            error = _unfinished(
                provider, job_id, "not finished at its deadline" + (f": {said}" if said else "")
            )
        final = end in (JobState.FAILED.value, JobState.CONGESTED.value)
        status = Status.FAILED if final else Status.UNFINISHED
        paid = record.paid if self.rules.same_task(record.by) else 0.0
        item.record = record.moved_to(status, error, by=self.rules.by, paid=paid)
        item.step = Step.KEEP
        again = record.entry.resubmissions < self.max_resubmits and now < record.entry.deadline
        if end == JobState.CONGESTED.value and again and item.listed:
            count = record.entry.resubmissions + 1
            log.warning("Row %s: %s; submitting again", item.row.index, error)
            dropped = record.entry.moved_to(State.REFUSED, job_id="", resubmissions=count)
            item.buy_as_noted(dropped, self.rules, error)
        elif final:
            metrics.count_failure(record.entry)
        return True

    def adopt(self, items: Sequence[Item], *, certain: bool = False) -> list[Item]:
        """
        Take the ids that callbacks brought to submissions in doubt.

        :param items: whose submissions they are.
        :param certain: whether an id that cannot be confirmed now is an error.
        :return: the items that got an id.
        """
        if not items:
            return []
        adopted = []
        named = self.completion.answers_all([item.known().entry.ticket() for item in items], certain=certain)
        for item, ids in zip(items, named, strict=True):
            record = item.known()
            if len(ids) == 1:
                job_id = next(iter(ids))
                log.info(
                    "Row %s: %s: its callback names job %s, which is adopted",
                    item.row.index,
                    IN_DOUBT,
                    job_id,
                )
                entry = record.entry.moved_to(State.RUNNING, job_id=job_id, problem="")
                item.record = replace(record, entry=entry, status=Status.UNFINISHED, error="")
                item.step = Step.WAIT
                adopted.append(item)
            elif ids:
                item.problem = f"callbacks to this one submission name the jobs {', '.join(sorted(ids))}"
                item.step = Step.SETTLE
        return adopted

    def _unspool(self, item: Item) -> dict[str, Any]:
        return self.results_of(item).keep_spooled(item.known().entry)

    def _store(self, keeping: Sequence[tuple[Item, Keep]]) -> None:
        """Store results side by side, and note them wave by wave."""
        if not keeping:
            return
        most = min(SIDE_BY_SIDE, self.completion.hook.settings.max_connections)
        with ThreadPoolExecutor(most, thread_name_prefix="faceswap-store") as pool:
            for start in range(0, len(keeping), WAVE):
                self._store_wave(pool, keeping[start : start + WAVE])

    def _store_wave(self, pool: Executor, keeping: Sequence[tuple[Item, Keep]]) -> None:
        futures: list[tuple[Item, Future[dict[str, Any]]]] = []
        for item, keep in keeping:
            futures.append((item, pool.submit(contextvars.copy_context().run, keep)))
        try:
            for item, future in futures:
                self._stored(item, future)
        finally:  # what is stored is noted, also where Airflow ends the task meanwhile
            for _, future in futures:
                future.cancel()
            wait([future for _, future in futures])
            kept = [item for item, future in futures if self._finished(item, future)]
            self.write(kept)
        for item in kept:
            if item.status is Status.SUCCESS:
                self._forget(item.known().entry)

    def _forget(self, entry: Entry) -> None:
        """Delete what brought a result, or woke the task: it is not needed any longer."""
        if entry.nonce:
            clean_up(lambda: self.completion.forget(entry.ticket()))
        if entry.spooled_at:
            clean_up(lambda: spool.discard(entry.spooled_at))

    def _stored(self, item: Item, future: Future[dict[str, Any]]) -> None:
        try:
            finish(item, self.results_of(item).record(future.result()))
        except ResultError as error:
            record = item.known()
            said = _unfinished(self.completion.provider, record.entry.job_id, str(error))
            item.record = record.moved_to(Status.UNFINISHED, said)
            item.step, item.problem = Step.KEEP, str(error)

    def _finished(self, item: Item, future: Future[dict[str, Any]]) -> bool:
        if item.step is Step.KEEP:
            return True
        if future.cancelled() or future.exception():
            return False
        finish(item, self.results_of(item).record(future.result()))
        return True


def _unfinished(provider: str, job_id: str, problem: str) -> str:
    """Say what is wrong with a paid job of a batch, and what a person does next."""
    next_step = "clear the task to wait for it again, or let the next run with this output_path collect it"
    return f"{provider} job {job_id}: {problem.removesuffix(FREE_AGAIN)}; it is paid: {next_step}"


def finish(item: Item, result: dict[str, Any]) -> None:
    """Note that an item's result is stored."""
    record = item.known()
    metrics.count_success(record.entry, result, record.paid)
    stated = (result.get("cost") or {}).get("amount") or 0.0  # some vendors say it with the result alone
    paid = max(record.paid, float(stated))
    item.record = replace(record.moved_to(Status.SUCCESS), result=result, paid=paid)
    item.step, item.problem = Step.KEEP, ""
