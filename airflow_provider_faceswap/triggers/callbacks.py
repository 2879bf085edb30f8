"""The trigger that waits for vendors to call back."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from airflow_provider_faceswap.apis.job import Job
from airflow_provider_faceswap.apis.watch import CALLED_BACK, DEADLINE
from airflow_provider_faceswap.callbacks.config import inbox_url
from airflow_provider_faceswap.callbacks.watcher import Subscription, Watcher, watcher
from airflow_provider_faceswap.exceptions import SettingsError
from airflow_provider_faceswap.triggers.base import Ended, SwapTrigger
from airflow_provider_faceswap.triggers.callback_crowd import CallbackCrowd

if TYPE_CHECKING:
    from airflow_provider_faceswap.triggers.joblist import BatchJob
    from airflow_provider_faceswap.triggers.tally import Tally


class SwapCallbackTrigger(SwapTrigger):
    """
    Watch the inbox until every job has had a callback, then fire one event.

    See :class:`~airflow_provider_faceswap.triggers.base.SwapTrigger` for the event; its states are
    ``called_back`` and ``deadline``, its keys the jobs' ids, or the nonces of jobs without an id.
    A callback counts if it names the job's id, or any id where the job's is not known.

    :param provider: the vendor's connection type.
    :param conn_id: the Airflow connection.
    :param jobs: one dict for each job: ``nonce``, ``job_id`` (empty if not known), and where known
        ``submitted_at`` (seconds since the epoch) and ``eta`` (seconds).
    :param deadline: when to stop, in seconds since the epoch.
    :param end_from_trigger: push the result of a single finished job and end the task here.
    :param operation: the operation that such a result names.
    """

    async def _wait_for_all(self) -> list[Ended]:
        try:
            inbox = watcher(inbox_url())
        except SettingsError as error:
            self.log.error("This triggerer cannot see callbacks: %s", error)
            await asyncio.sleep(max(0.0, self.deadline - time.time()))
            return [Ended(_key(entry), DEADLINE, str(error), None) for entry in self.jobs]
        return await asyncio.gather(*(self._wait_for(inbox, entry) for entry in self.jobs))

    async def _watch_batch(self, jobs: list[BatchJob], tally: Tally) -> None:
        crowd = CallbackCrowd(jobs, tally, provider=self.provider)
        try:
            inbox = watcher(inbox_url())
        except SettingsError as error:
            self.log.error("This triggerer cannot see callbacks: %s", error)
            tally.problem = str(error)
            await crowd.watch_deadlines()
        else:
            await crowd.watch(inbox)

    async def _wait_for(self, inbox: Watcher, entry: dict[str, Any]) -> Ended:
        key, job_id = _key(entry), str(entry.get("job_id") or "")
        async with inbox.subscribe(self.provider, str(entry.get("nonce"))) as subscription:
            try:
                job = await asyncio.wait_for(
                    self._callback(subscription, job_id), self.deadline - time.time()
                )
            except asyncio.TimeoutError:
                return Ended(key, DEADLINE, inbox.problem or "no callback came", None)
        self.log.info("Job %s: %s", key, CALLED_BACK)
        return Ended(key, CALLED_BACK, "", job)

    async def _callback(self, subscription: Subscription, job_id: str) -> Job | None:
        while True:
            own = []
            for job in await subscription.next():
                if job is None:
                    self.log.warning("A callback cannot be read; it does not count")
                elif job_id and job.job_id != job_id:
                    self.log.warning("A callback names another job, %s; it does not count", job.job_id)
                else:
                    own.append(job)
            if own:
                # If they contradict each other, the worker decides.
                return own[0] if all(job == own[0] for job in own) else None


def _key(entry: dict[str, Any]) -> str:
    return str(entry.get("job_id") or entry.get("nonce"))
