"""The few calls of Airflow's REST API that the demo, the system tests and the benchmarks need."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

RUN_ENDED = frozenset({"success", "failed"})


class AirflowClient:
    """A client of an API server: as an admin where everybody is one, else as whoever has logged in.

    :param url: the API server's base URL.
    """

    def __init__(self, url: str) -> None:
        # One request at a time, from all threads together: behind the server is an SQLite. Not by a pool of
        # one connection: httpcore then closes it now and then while another thread reads from it.
        self._turn = threading.Lock()
        self._http = httpx.Client(base_url=f"{url}/api/v2", timeout=120, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def log_in(self, user: str, password: str) -> None:
        """Send all further requests as a user."""
        reply = self._send(
            "POST", self._http.base_url.join("/auth/token"), json={"username": user, "password": password}
        )
        token = reply.raise_for_status().json()["access_token"]
        self._http.headers["authorization"] = f"Bearer {token}"

    def _send(self, method: str, path: str | httpx.URL, **kwargs: Any) -> httpx.Response:
        with self._turn:
            return self._http.request(method, path, **kwargs)

    def request(self, method: str, path: str, **kwargs: Any) -> Any:
        """Send one request under ``/api/v2`` and return the decoded reply, None if it is empty."""
        response = self._send(method, path, **kwargs)
        for _ in range(5):
            # Another component locked SQLite for too long; nothing was done.
            if response.status_code != 500 or "Database error" not in response.text:
                break
            time.sleep(1)
            response = self._send(method, path, **kwargs)
        if response.is_error:
            raise httpx.HTTPStatusError(
                f"{method} {path}: {response.status_code} {response.text[:500]}",
                request=response.request,
                response=response,
            )
        return response.json() if response.content else None

    def health(self) -> dict[str, str | None]:
        """Return each component's status; empty while the API server does not answer."""
        try:
            reply = self.request("GET", "/monitor/health")
        except httpx.HTTPError:
            return {}
        return {name: (part or {}).get("status") for name, part in reply.items()}

    def _pages(self, path: str, key: str) -> Iterator[dict[str, Any]]:
        offset = 0
        while True:
            reply = self.request("GET", path, params={"limit": 100, "offset": offset})
            yield from reply[key]
            offset += len(reply[key])
            if not reply[key] or offset >= reply["total_entries"]:
                return

    def dags(self) -> list[dict[str, Any]]:
        """List the Dags that the Dag processor has found."""
        return list(self._pages("/dags", "dags"))

    def import_errors(self) -> list[dict[str, Any]]:
        """List the Dag files that could not be loaded."""
        return list(self._pages("/importErrors", "import_errors"))

    def trigger_dag(
        self, dag_id: str, conf: Mapping[str, Any] | None = None, *, run_id: str | None = None
    ) -> str:
        """Start a run and return its id."""
        body = {"logical_date": None, "conf": dict(conf or {}), "dag_run_id": run_id}
        run: str = self.request("POST", f"/dags/{dag_id}/dagRuns", json=body)["dag_run_id"]
        return run

    def first_run(self, dag_id: str) -> str:
        """Return the id of a Dag's oldest run, nothing if it has none."""
        params = {"limit": 1, "order_by": "id"}
        runs = self.request("GET", f"/dags/{dag_id}/dagRuns", params=params)["dag_runs"]
        return str(runs[0]["dag_run_id"]) if runs else ""

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return the state of a run."""
        state: str = self.request("GET", f"/dags/{dag_id}/dagRuns/{run_id}")["state"]
        return state

    def wait_for_run(self, dag_id: str, run_id: str, *, timeout: float = 400, interval: float = 0.5) -> str:
        """Wait until a run has ended and return its state."""
        deadline = time.monotonic() + timeout
        while (state := self.run_state(dag_id, run_id)) not in RUN_ENDED:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{dag_id} {run_id} is still {state} after {timeout:.0f} s")
            time.sleep(interval)
        return state

    def task_instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """List the task instances of a run, mapped ones one by one."""
        return list(self._pages(f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances", "task_instances"))

    def task_instance(self, dag_id: str, run_id: str, task_id: str, *, map_index: int = -1) -> dict[str, Any]:
        """Return one task instance."""
        suffix = f"/{map_index}" if map_index >= 0 else ""
        reply: dict[str, Any] = self.request(
            "GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}{suffix}"
        )
        return reply

    def wait_for_task(
        self,
        dag_id: str,
        run_id: str,
        task_id: str,
        states: set[str],
        *,
        map_index: int = -1,
        timeout: float = 240,
    ) -> dict[str, Any]:
        """Wait until a task instance is in one of the states and return it."""
        deadline = time.monotonic() + timeout
        while True:
            task = self.task_instance(dag_id, run_id, task_id, map_index=map_index)
            if task["state"] in states:
                return task
            if time.monotonic() > deadline:
                raise TimeoutError(f"{dag_id}.{task_id} is still {task['state']} after {timeout:.0f} s")
            time.sleep(0.25)

    def clear(self, dag_id: str, run_id: str, task_id: str, **options: object) -> None:
        """Clear a task as a person would, so that it runs again.

        :param options: more fields of the request.
        """
        body = {"dry_run": False, "dag_run_id": run_id, "task_ids": [task_id], "only_failed": False}
        self.request("POST", f"/dags/{dag_id}/clearTaskInstances", json={**body, **options})

    def xcom(
        self, dag_id: str, run_id: str, task_id: str, *, key: str = "return_value", map_index: int = -1
    ) -> Any:
        """Return an XCom as the task pushed it, None if there is none."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/{key}"
        try:
            return self.request("GET", path, params={"map_index": map_index, "stringify": False})["value"]
        except httpx.HTTPStatusError as error:
            if error.response.status_code == httpx.codes.NOT_FOUND:
                return None
            raise

    def task_log(
        self, dag_id: str, run_id: str, task_id: str, *, try_number: int = 1, map_index: int = -1
    ) -> str:
        """Return the log of one try as text."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{try_number}"
        params = {"map_index": map_index, "full_content": True}
        response = self._send("GET", path, params=params, headers={"Accept": "application/x-ndjson"})
        response.raise_for_status()
        return response.text
