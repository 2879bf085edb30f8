"""One run of mapped swaps and batches at all three vendors, and what becomes of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

from airflow_provider_faceswap.journal.store import KEY
from airflow_provider_faceswap.sandbox.callbacks.policy import CallbackPolicy
from airflow_provider_faceswap.sandbox.jobs.job import Job
from airflow_provider_faceswap.sandbox.jobs.progress import Progress
from airflow_provider_faceswap.sandbox.pictures.samples import sample
from airflow_provider_faceswap.sandbox.server import SandboxServer
from benchmarks.videos.cost import cpu_seconds
from harness.cluster import Cluster
from harness.distributed.cluster import CeleryCluster
from harness.rest import RUN_ENDED
from harness.s3 import PrivateBucket
from tests.cluster.table import TABLE, Row

BUCKET, CONN_ID = "cluster-media", "media"
DAG_ID = "everything"
VENDORS = ("modelslab", "segmind", "aifaceswap")
MAPPED, BATCH = 2, 7
VIDEOS = len(VENDORS) * (MAPPED + BATCH)
JOB_SECONDS = 25
KINDS = {"mp4": "clip.mp4", "jpg": "duo.jpg"}
IDLE_SECONDS = 10
GENEROUS = 600
"""Seconds that a step may take on a busy machine; nothing is measured by it."""


class Case:
    """
    A run, started with media of its own.

    :param name: names the run and its folders.
    """

    dag_id = DAG_ID

    def __init__(self, name: str, cluster: Cluster, sandbox: SandboxServer, bucket: PrivateBucket) -> None:
        self.name = name
        self.cluster, self.sandbox, self.bucket = cluster, sandbox, bucket
        self.restarted: list[str] = []
        self.recovered: float | None = None
        self._cpu: float | None = None
        self._idle = 0.0

    # The run

    def start(self, *, endless: str | None = None, **params: object) -> None:
        """
        Put the media into the bucket and start the run.

        :param endless: the operation whose jobs go on until :meth:`finish_jobs`.
        :param params: of the Dag.
        """
        self.bucket.put("in/face.jpg", sample("hopper.jpg"))
        for kind, content in KINDS.items():
            for n in range(BATCH):
                self.bucket.put(f"in/{self.name}/batch/{n}.{kind}", sample(content))
            for n in range(MAPPED):
                self.bucket.put(f"in/{self.name}/mapped/{n}.{kind}", sample(content))
        httpx.post(f"{self.sandbox.url}/_sandbox/reset", trust_env=False, timeout=60).raise_for_status()
        backend = self.sandbox.backend
        backend.progress.add(Progress(after_seconds=JOB_SECONDS))
        if endless:
            backend.progress.add(Progress(operation=endless, outcome="never", eta=5))
        # A callback is the only way to learn how a job of aifaceswap ended.
        backend.callbacks.add(CallbackPolicy(retries=60, retry_seconds=1))
        self._started = time.monotonic()
        conf = {"case": self.name, **params}
        self.cluster.rest.trigger_dag(self.dag_id, conf, run_id=self.name)

    def _endless(self) -> list[Job]:
        return [job for job in self.sandbox.backend.jobs.listing() if job.progress.outcome == "never"]

    def finish_jobs(self) -> None:
        """Let the endless jobs end well at the next look."""
        for job in self._endless():
            job.progress = Progress()

    def polls(self) -> dict[str, int]:
        """How many times each endless job was polled so far."""
        return {str(job.id): job.fetches for job in self._endless()}

    def eventually(self, condition: Callable[[], object], what: str) -> None:
        """Wait until something is so; start again what ends by itself, as a supervisor does."""
        deadline = time.monotonic() + GENEROUS
        while True:
            if isinstance(self.cluster, CeleryCluster):
                self.restarted += self.cluster.revive()
            try:
                if condition():
                    return
            except httpx.HTTPError as error:  # a server that is being restarted
                last = str(error)
            else:
                last = ""
            assert time.monotonic() < deadline, f"{self.name}: still not {what} {last}\n{self.states()}"
            time.sleep(0.5)

    def recovers(self, condition: Callable[[], object], what: str) -> None:
        """Measure how long it takes until something is so again."""
        began = time.monotonic()
        self.eventually(condition, what)
        self.recovered = time.monotonic() - began

    # What is looked at

    @property
    def accepted(self) -> int:
        """How many jobs are billed."""
        return sum(self.sandbox.backend.counts.accepted.values())

    def is_accepted(self, jobs: int) -> None:
        """Wait until this many jobs are accepted."""
        self.eventually(lambda: self.accepted >= jobs, f"{jobs} jobs accepted")

    def is_noted(self) -> None:
        """Wait until every job's id is noted: from then on a death leaves nothing in doubt."""
        self.eventually(lambda: self._noted() >= VIDEOS, "every id noted")

    def _noted(self) -> int:
        if self.accepted < VIDEOS:
            return 0
        mapped = [self._entry(vendor, KEY, n) for vendor in VENDORS for n in range(MAPPED)]
        chunks = [self._entry(f"{vendor}_batch", f"{KEY}%2F0000") for vendor in VENDORS]
        entries = mapped + [noted["entry"] for chunk in chunks for noted in chunk.values()]
        return sum(bool(entry.get("job_id")) for entry in entries)

    def _entry(self, task_id: str, key: str, map_index: int = -1) -> dict[str, Any]:
        path = f"/dags/{self.dag_id}/dagRuns/{self.name}/taskInstances/{task_id}/state-store/{key}"
        found: dict[str, Any] = self.cluster.rest.request("GET", path, params={"map_index": map_index})
        return found["value"] or {}

    def tasks(self) -> list[dict[str, Any]]:
        """List the run's task instances."""
        return self.cluster.rest.task_instances(self.dag_id, self.name)

    def states(self) -> dict[str, str]:
        """How each task stands."""
        return {f"{task['task_id']}[{task['map_index']}]": task["state"] for task in self.tasks()}

    def stored(self) -> list[str]:
        """List the stored pictures and clips."""
        keys = self.bucket.keys(f"results/{self.name}/")
        return [key for key in keys if key.endswith(tuple(KINDS))]

    # Its end

    def ends_well(self) -> None:
        """Wait for the end, and check that each video was paid once and is there."""
        rest = self.cluster.rest
        self.eventually(lambda: rest.run_state(self.dag_id, self.name) in RUN_ENDED, "ended")
        lasted = time.monotonic() - self._started
        accepted, stored = self.accepted, self.stored()
        polled = [job.fetches for job in self.sandbox.backend.jobs.listing() if job.fetches]
        row = Row(
            self.name,
            VIDEOS,
            accepted,
            len(stored),
            lasted,
            self.recovered,
            sum(polled) / len(polled) if polled else None,
            self._cpu_per_video(),
            ", ".join(self.restarted),
        )
        TABLE.append(row)
        assert set(self.states().values()) == {"success"}, self.states()
        assert (accepted, len(stored)) == (VIDEOS, VIDEOS), stored

    def measures_cpu(self) -> None:
        """Count the CPU seconds from here on, without what the idle cluster takes; nothing may be killed."""
        before = cpu_seconds(self.cluster)
        time.sleep(IDLE_SECONDS)
        self._cpu = cpu_seconds(self.cluster)
        self._idle = (self._cpu - before) / IDLE_SECONDS

    def _cpu_per_video(self) -> float | None:
        if self._cpu is None:
            return None
        idle = self._idle * (time.monotonic() - self._started)
        return (cpu_seconds(self.cluster) - self._cpu - idle) / VIDEOS
