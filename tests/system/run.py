"""One run of a Dag, and what its tasks left in their logs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from harness.cluster import Cluster

Entry = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """A run of a Dag."""

    cluster: Cluster
    dag_id: str
    id: str

    @classmethod
    def start(cls, cluster: Cluster, dag_id: str, **params: Any) -> Run:
        cluster.wait_for_dags({dag_id})
        return cls(cluster, dag_id, cluster.rest.trigger_dag(dag_id, params))

    def state(self) -> str:
        return self.cluster.rest.run_state(self.dag_id, self.id)

    def ends(self, timeout: float = 400) -> str:
        return self.cluster.rest.wait_for_run(self.dag_id, self.id, timeout=timeout)

    def tasks(self) -> list[dict[str, Any]]:
        return self.cluster.rest.task_instances(self.dag_id, self.id)

    def states(self) -> dict[str, str]:
        """The state of each task that is not mapped."""
        return {task["task_id"]: task["state"] for task in self.tasks()}

    def result(self, task_id: str) -> Any:
        return self.cluster.rest.xcom(self.dag_id, self.id, task_id)

    def log(self, task_id: str, map_index: int = -1) -> list[Entry]:
        """The entries of the first try's log, its trigger's included."""
        text = self.cluster.rest.task_log(self.dag_id, self.id, task_id, map_index=map_index)
        return [json.loads(line) for line in text.splitlines() if line]

    def errors(self, task_id: str) -> list[str]:
        """What each exception in the log says, causes and contexts included, as ``Class: words``."""
        return [
            f"{error['exc_type']}: {error['exc_value']}"
            for entry in self.log(task_id)
            for error in entry.get("error_detail") or []
        ]

    def warnings(self, task_id: str) -> list[str]:
        return [entry["event"] for entry in self.log(task_id) if entry.get("level") == "warning"]


def worker_starts(log: list[Entry]) -> int:
    """How often a worker started the task in one try: the first time and after each deferral."""
    return sum(entry["event"] == "Worker startup parse complete" for entry in log)
