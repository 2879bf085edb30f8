"""One row of "what happens when": a vendor of its own, a connection to it, and one run of a Dag."""

from __future__ import annotations

import itertools
import json
import re
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
from typing_extensions import Self

from airflow_provider_faceswap.journal.store import KEY
from harness.cluster import Cluster
from tests.system.vendor import SceneVendor

IN_DOUBT = "submission in doubt"
ENDED = frozenset({"success", "failed"})
# Of one call, in seconds: an intent is waited out for fifteen more.
HTTP_TIMEOUT = 25
over = threading.Event()
"""Set when the tests have ended: some may still wait in threads of theirs."""
_first = threading.Lock()
_numbers = itertools.count(1)


def eventually(condition: Callable[[], object], what: str, timeout: float = 400, every: float = 0.1) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert not over.is_set(), f"ended before {what}"
        assert time.monotonic() < deadline, f"after {timeout:.0f} s still not: {what}"
        time.sleep(every)


class Scene(SceneVendor):
    """A vendor, a connection that leads to it, and a task that buys from it.

    :param cluster: where the task runs.
    :param dag_id: its Dag.
    :param task_id: the task.
    :param provider: the vendor that the connection leads to.
    """

    def __init__(
        self,
        cluster: Cluster,
        dag_id: str = "swap_once",
        task_id: str = "swap",
        provider: str = "modelslab",
    ) -> None:
        self.cluster = cluster
        self.dag_id, self.task_id, self.provider = dag_id, task_id, provider
        super().__init__()
        self.conn_id = f"vendor_{next(_numbers)}"
        self.run_id = ""
        self._folder = tempfile.TemporaryDirectory(prefix="faceswap-scene-")
        self.folder = Path(self._folder.name)

    def __enter__(self) -> Self:
        self.vendor.__enter__()
        self.http = httpx.Client(base_url=self.vendor.url, trust_env=False, timeout=30)
        connection = {
            "connection_id": self.conn_id,
            "conn_type": self.provider,
            "host": self.vendor.url,
            "password": self.vendor.key,
            "extra": json.dumps({"timeout": HTTP_TIMEOUT}),
        }
        self.cluster.rest.request("POST", "/connections", json=connection)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()
        self.vendor.stop()
        self._folder.cleanup()

    # The connection

    def rotate_key(self, key: str) -> None:
        """Give the account another key, at the vendor and in the connection."""
        backend = self.vendor.backend
        backend.settings = replace(backend.settings, key=key)
        self.connect(password=key)

    def connect(self, **fields: str) -> None:
        """Edit the connection."""
        self.cluster.rest.request(
            "PATCH",
            f"/connections/{self.conn_id}",
            params={"update_mask": list(fields)},
            json={"connection_id": self.conn_id, "conn_type": self.provider, **fields},
        )

    # The task

    @property
    def results(self) -> Path:
        """A folder that is not there yet."""
        return self.folder / "results"

    def stored(self) -> list[Path]:
        """The pictures in it."""
        return sorted(self.results.glob("*.jpg"))

    def start(self, **params: Any) -> None:
        """Start a run of the Dag."""
        with _first:
            self.cluster.wait_for_dags({self.dag_id})
        conf = {
            "conn_id": self.conn_id,
            "samples": f"{self.vendor.url}/samples",
            "stop_file": str(self.folder / "stopped"),
            **params,
        }
        self.run_id = self.cluster.rest.trigger_dag(self.dag_id, conf, run_id=self.conn_id)

    @property
    def task(self) -> dict[str, Any]:
        """The task's latest try."""
        return self.cluster.rest.task_instance(self.dag_id, self.run_id, self.task_id)

    def reaches(self, *states: str, since_try: int = 0, timeout: float = 400) -> dict[str, Any]:
        """Wait until the task is in one of the states and return it."""
        seen: dict[str, Any] = {}

        def there() -> bool:
            seen.update(self.task)
            return seen["state"] in states and seen["try_number"] > since_try

        eventually(there, f"{self.run_id} {'/'.join(states)}", timeout, every=2)
        return seen

    def ends(self, state: str, *, since_try: int = 0, timeout: float = 400) -> dict[str, Any]:
        """Wait until the task has ended, in this state, and return it."""
        task = self.reaches(*ENDED, since_try=since_try, timeout=timeout)
        assert task["state"] == state, self.log
        return task

    def fails_at_once(self, words: str, *, since_try: int = 0, timeout: float = 400) -> str:
        """Wait until the task has failed, with these words in its last try alone; return that try's log."""
        last = self.ends("failed", since_try=since_try, timeout=timeout)["try_number"]
        logs = [self.log_of(number) for number in range(since_try + 1, last + 1)]
        assert [words in log for log in logs] == [False] * (len(logs) - 1) + [True], "\n".join(logs)
        return logs[-1]

    def is_accepted(self, jobs: int = 1) -> None:
        """Wait until the vendor has accepted so many jobs."""
        eventually(lambda: self.accepted >= jobs, f"{self.run_id} has {jobs} accepted jobs")

    def sees(self, what: str, times: int = 1) -> None:
        """Wait until the vendor has seen something so often, see ``GET /_sandbox/counts``."""
        eventually(lambda: self.counts[what] >= times, f"{self.run_id}: {times} {what}")

    def sees_callback(self) -> None:
        """Wait until the vendor has called back."""
        eventually(lambda: self.counts["callbacks"].get("delivered"), f"{self.run_id}: a callback")

    def is_looked_at(self, times: int = 1) -> None:
        """Wait until the vendor has been asked so often about jobs."""
        self.sees("fetches", times)

    def stops(self) -> None:
        """Wait until the task has come to the point where it was to stop."""
        eventually((self.folder / "stopped").exists, f"{self.run_id} stopped")

    def kill(self, *, worker: bool = True) -> None:
        """SIGKILL the task's process, and the worker above it, so that nobody reports the death."""
        eventually(lambda: self.cluster.kill_task(self.task["id"], worker=worker), "killed", 60, every=1)

    def clear(self, **options: object) -> int:
        """Clear the task as a person would, and return the number of the try before."""
        before = self._last_try()
        self.cluster.rest.clear(self.dag_id, self.run_id, self.task_id, **options)
        return before

    def clear_run(self) -> int:
        """Clear the whole run as a person would, and return the number of the task's try before."""
        before = self._last_try()
        path = f"/dags/{self.dag_id}/dagRuns/{self.run_id}/clear"
        self.cluster.rest.request("POST", path, json={"dry_run": False, "only_failed": False})
        return before

    def clear_another(self, task_id: str) -> None:
        """Clear another task of the run, once it has succeeded."""
        rest, where = self.cluster.rest, (self.dag_id, self.run_id, task_id)
        eventually(lambda: rest.task_instance(*where)["state"] == "success", f"{self.run_id} {task_id}")
        rest.clear(*where)
        eventually(lambda: rest.task_instance(*where)["try_number"] > 1, f"{self.run_id} {task_id} again")

    def _last_try(self) -> int:
        task = self.task
        if task["state"] in ENDED:
            # A scheduler that ends the run in the moment of the clear leaves the task alone for ever.
            eventually(self._run_ended, f"{self.run_id}: its run ended")
        return int(task["try_number"])

    def _run_ended(self) -> bool:
        return self.cluster.rest.run_state(self.dag_id, self.run_id) in ENDED

    def run_ends(self, state: str) -> None:
        """Wait until the run has ended, in this state."""
        assert self.cluster.rest.wait_for_run(self.dag_id, self.run_id, interval=2) == state

    def delete_run(self) -> None:
        """Delete the run, once the executor has told of the ends of its only task's processes.

        What it tells later is taken for the end of the task of a new run by the same name.
        """
        started = self.log_of(1).count("::group::Pre Execute")
        told = re.compile(rf"Received executor event .*run_id='{self.run_id}'")
        log = self.cluster.home / "logs" / "scheduler.log"
        eventually(lambda: len(told.findall(log.read_text())) >= started, f"{self.run_id}: all ends are told")
        self.cluster.rest.request("DELETE", f"/dags/{self.dag_id}/dagRuns/{self.run_id}")

    def has_retries(self, retries: int) -> None:
        """Let Airflow read the Dag's file again, and wait until its task has that many retries."""
        dag = f"/dags/{self.dag_id}"
        token = self.cluster.rest.request("GET", f"{dag}/details")["file_token"]

        def read_again() -> bool:
            found = self.cluster.rest.request("GET", f"{dag}/tasks/{self.task_id}")["retries"]
            return int(found) == retries

        self.cluster.rest.request("PUT", f"/parseDagFile/{token}")
        eventually(read_again, f"{self.dag_id} has {retries} retries", every=1)

    def now(self, **params: Any) -> None:
        """Change what the Dag makes of these params, from the next start of the task on."""
        (self.folder / "now.json").write_text(json.dumps(params), encoding="utf-8")

    @property
    def entry(self) -> Any:
        """The journal's entry."""
        return self.cluster.rest.request("GET", self._entry)["value"]

    def delete_entry(self) -> None:
        """Delete it, as Storage > Task State Store does in the UI."""
        self.cluster.rest.request("DELETE", self._entry)

    @property
    def _entry(self) -> str:
        return f"/dags/{self.dag_id}/dagRuns/{self.run_id}/taskInstances/{self.task_id}/state-store/{KEY}"

    @property
    def result(self) -> Any:
        """What the task returned."""
        return self.cluster.rest.xcom(self.dag_id, self.run_id, self.task_id)

    @property
    def log(self) -> str:
        """The logs of all tries."""
        return "\n".join(self.log_of(number) for number in range(1, self.task["try_number"] + 1))

    def log_of(self, try_number: int) -> str:
        """The log of one try; Airflow knows a try that has ended a moment later than the one after it."""
        found: list[str] = []

        def read() -> bool:
            with suppress(httpx.HTTPStatusError):
                rest = self.cluster.rest
                found.append(rest.task_log(self.dag_id, self.run_id, self.task_id, try_number=try_number))
            return bool(found)

        eventually(read, f"the log of try {try_number}", 60, every=1)
        text = found[0]
        return text.replace('\\"', '"')

    # What a failure's message says to do

    def follow_remedy(self, adopt: str | None = None) -> int:
        """Do literally what the latest failure says, then clear.

        :param adopt: the job to adopt; None to buy again.
        :return: the number of the try before.
        """
        log = self.log
        path, body = re.findall(r"by the API: DELETE /api/v2(/\S+), or PUT (\{[^}]*\}) there", log)[-1]
        if adopt is None:
            self.cluster.rest.request("DELETE", path)
        else:
            self.cluster.rest.request("PUT", path, json=json.loads(body.replace("JOB_ID", adopt)))
        return self.clear()
