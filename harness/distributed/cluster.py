"""An Airflow on PostgreSQL and Redis with two Celery workers, two triggerers and two API servers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from harness.cluster import Cluster, ClusterError, free_port
from harness.distributed.address import OneAddress
from harness.distributed.postgres import Postgres
from harness.distributed.redis import Redis

WORKERS = ("worker-1", "worker-2")
TRIGGERERS = ("triggerer-1", "triggerer-2")
API_SERVERS = ("api-server-1", "api-server-2")
# The first request of a worker makes the execution API build its routes, which takes seconds and blocks all
# others: a server is ready once it has done so.
READY_PATH = "/execution/health"
SERVE_NO_LOGS = "--skip-serve-logs"

PRELOADED = ["airflow_provider_faceswap.plugins.preload_celery", "s3fs", "airflow.providers.amazon.aws.fs.s3"]

SETTINGS: dict[str, dict[str, object]] = {
    "core": {"executor": "CeleryExecutor", "parallelism": 16},
    "celery": {
        "worker_concurrency": 4,
        "worker_prefetch_multiplier": 1,
        "sync_parallelism": 1,  # in the scheduler itself: by default each batch of messages starts processes
        # A worker forks for each task; what is imported before is shared by all.
        "extra_celery_config": json.dumps({"imports": PRELOADED}),
    },
    # Longer than any task: a message that is delivered again is refused, but costs a task start.
    "celery_broker_transport_options": {"visibility_timeout": 86400},
    "scheduler": {
        # Deaths are noticed in seconds where the defaults take minutes.
        "scheduler_heartbeat_sec": 1,
        "scheduler_health_check_threshold": 30,
        "orphaned_tasks_check_interval": 5,
        "task_instance_heartbeat_timeout": 30,
        "task_instance_heartbeat_timeout_detection_interval": 3,
        "task_queued_timeout": 60,
        "task_queued_timeout_check_interval": 5,
        "trigger_timeout_check_interval": 3,
    },
    "workers": {"execution_api_timeout": 60},
    "dag_processor": {"min_file_process_interval": 300},
    # Too few slots for one triggerer to take all: both have jobs to lose.
    "triggerer": {"job_heartbeat_sec": 1, "triggerer_health_check_threshold": 20, "capacity": 5},
}


class CeleryCluster(Cluster):
    """
    A distributed Airflow whose database and broker are :attr:`postgres` and :attr:`redis`.

    :param home: the folder, see :class:`~harness.cluster.Cluster`.
    :param dags_folders: the folders with the Dags to run.
    :param settings: more settings by section and option.
    """

    def __init__(
        self,
        home: Path,
        dags_folders: Sequence[Path],
        *,
        settings: Mapping[str, Mapping[str, object]] | None = None,
    ) -> None:
        super().__init__(home, dags_folders, settings=SETTINGS)
        logs = self.home / "logs"
        self.redis = Redis(self.home / "redis", logs / "redis.log")
        self.postgres = Postgres(logs / "postgres.log")
        self._log_starts: dict[str, int] = {}
        self._ports = {name: free_port() for name in API_SERVERS}
        self._address = OneAddress(self.port, list(self._ports.values()), READY_PATH)
        self._settings["database"] = {"sql_alchemy_conn": self.postgres.url}
        self._settings["celery"] |= {
            "broker_url": self.redis.url,
            "result_backend": f"db+{self.postgres.url}",
        }
        for section, options in (settings or {}).items():
            self._settings.setdefault(section, {}).update(options)
        self._components = {
            **{name: ["api-server", "--port", str(port)] for name, port in self._ports.items()},
            "scheduler": ["scheduler", SERVE_NO_LOGS],
            "dag-processor": ["dag-processor"],
            **{name: ["triggerer", SERVE_NO_LOGS] for name in TRIGGERERS},
            **{name: ["celery", "worker", "--celery-hostname", name, SERVE_NO_LOGS] for name in WORKERS},
        }

    def boot(self, progress: Callable[[str], None] = lambda step: None) -> None:
        """Start the database, the broker and the common address, and then all components."""
        progress("starting PostgreSQL and Redis")
        self.postgres.create()
        self.postgres.start()
        self.redis.start()
        self._address.start()
        super().boot(progress)

    def stop(self) -> None:
        """Stop everything; the database last, as all others write to it."""
        super().stop()
        self._address.stop()
        self.redis.stop()
        self.postgres.stop()

    @property
    def names(self) -> list[str]:
        """All components."""
        return list(self._components)

    def start(self, name: str) -> None:
        """Start a component; its log goes on where an earlier process left it."""
        log = self.home / "logs" / f"{name}.log"
        self._log_starts[name] = log.stat().st_size if log.exists() else 0
        super().start(name)

    def restart(self, name: str) -> None:
        """Stop a component as a rolling restart does, and start it with the environment of now."""
        self._processes.pop(name).stop()
        if name in self._ports:
            self._address.forget(self._ports[name])
        self.start(name)

    def revive(self) -> list[str]:
        """Start the components again that have ended, as a supervisor does, and name them."""
        ended = [name for name, process in self._processes.items() if process.exit_code is not None]
        for name in ended:
            self.restart(name)
        return ended

    def worker_of(self, instance_id: str) -> str | None:
        """
        Name the worker that runs a try of a task now.

        :param instance_id: the id of the task instance; it is in the titles of the try's processes.
        """
        for name in WORKERS:
            if any(instance_id in _title(process) for process in self.process(name).tree()):
                return name
        return None

    def processes(self) -> list[psutil.Process]:
        """List every process, the database's and the broker's included."""
        return [*super().processes(), *self.postgres.process.tree(), *self.redis.process.tree()]

    def wait_until_healthy(
        self, progress: Callable[[str], None] = lambda step: None, timeout: float = 180
    ) -> None:
        """Wait for the first heartbeat of every component, and for the workers to take tasks."""
        deadline = time.monotonic() + timeout
        super().wait_until_healthy(progress, timeout)
        while waiting := self._not_ready():
            progress(f"waiting for {', '.join(waiting)}")
            self.check_alive()
            if time.monotonic() > deadline:
                raise ClusterError(f"not ready after {timeout:.0f} s: {', '.join(waiting)}")
            time.sleep(0.25)

    def _not_ready(self) -> list[str]:
        servers = [name for name, port in self._ports.items() if port in self._address.waiting]
        return servers + [name for name in WORKERS if f"{name} ready" not in self._log_since_start(name)]

    def _log_since_start(self, name: str) -> str:
        return self.process(name).log.read_bytes()[self._log_starts[name] :].decode(errors="replace")


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
