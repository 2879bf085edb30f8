"""What there is to look at: runs of Dags, and the tab about them."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from harness.cluster import Cluster
from harness.s3 import PrivateBucket
from harness.sandbox import Sandbox

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator, Locator, Page

BUCKET = "my-bucket"
WAITS_FOR_A_WORKER = {None, "scheduled", "queued"}
BLANKS = re.compile(r"\b(undefined|null|NaN|Infinity|Invalid Date|\[object)\b")
SCROLLS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@dataclass
class Looks:
    """A cluster, and the runs that were started in it."""

    cluster: Cluster
    sandbox: Sandbox
    home: Path
    bucket: PrivateBucket
    _runs: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def passwords(self) -> dict[str, str]:
        """Who may log in, with what."""
        assert self.cluster.logins
        return self.cluster.logins.passwords

    def run(self, dag_id: str, **conf: Any) -> str:
        """Start a run and return its id."""
        self.cluster.wait_for_dags({dag_id})
        known = {
            "media": f"file://{self.home}/media",
            "bucket": f"s3://my_aws_conn@{BUCKET}/clips",
            "samples": f"{self.sandbox.url}/samples",
            "output_path": f"file://{self.home}/results/{dag_id}",
        }
        return self.cluster.rest.trigger_dag(dag_id, {**known, **conf})

    def has_begun(self, name: str) -> bool:
        """Whether a run of this name was started."""
        return name in self._runs

    def runs_of(self, dag_id: str) -> list[str]:
        """Return the runs of a Dag that were started by a name."""
        return [run_id for known, run_id in self._runs.values() if known == dag_id]

    def begun(self, name: str, dag_id: str, **conf: Any) -> str:
        """Return the id of a run that may still run; the tests share it by its name."""
        if name not in self._runs:
            self._runs[name] = (dag_id, self.run(dag_id, **conf))
        return self._runs[name][1]

    def wait_until_started(self, run_id: str) -> None:
        """Wait until no task of a run that :meth:`begun` returned waits for its worker."""
        rest, deadline = self.cluster.rest, time.monotonic() + 120
        dag_id = next(dag_id for dag_id, known in self._runs.values() if known == run_id)
        while {task["state"] for task in rest.task_instances(dag_id, run_id)} & WAITS_FOR_A_WORKER:
            assert time.monotonic() < deadline, f"{dag_id} is not started"
            time.sleep(0.5)

    def end(self, run_id: str) -> str:
        """Wait until a run has ended that :meth:`begun` returned, and return its id."""
        dag_id = next(dag_id for dag_id, known in self._runs.values() if known == run_id)
        self.cluster.rest.wait_for_run(dag_id, run_id)
        return run_id

    def ended(self, name: str, dag_id: str, **conf: Any) -> str:
        """Return the id of a run that has ended; the tests share it by its name."""
        return self.end(self.begun(name, dag_id, **conf))

    def rules(self, what: str, **rule: Any) -> None:
        """Tell the sandbox how jobs go, or what goes wrong."""
        self.sandbox.http.post(f"/_sandbox/{what}", json=rule).raise_for_status()

    def mend(self) -> None:
        """Let nothing go wrong any more."""
        self.sandbox.http.delete("/_sandbox/faults").raise_for_status()

    def accepted(self, *operations: str) -> int:
        """Return how many jobs the vendors were paid for; of some operations, or of all."""
        counts = self.sandbox.http.get("/_sandbox/counts").json()["accepted"]
        return sum(counts.get(name, 0) for name in operations or counts)

    def state_url(self, dag_id: str, run_id: str, key: str, task_id: str = "swap") -> str:
        return f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/state-store/{key}"

    def kept(self, dag_id: str, run_id: str, key: str = "faceswap") -> Any:
        """Return what a task keeps."""
        return self.cluster.rest.request("GET", self.state_url(dag_id, run_id, key))["value"]

    def keep(self, dag_id: str, run_id: str, value: Any, key: str = "faceswap") -> None:
        """Write into what a task keeps, as a person may."""
        self.cluster.rest.request("PUT", self.state_url(dag_id, run_id, key), json={"value": value})

    def url(self, dag_id: str, run_id: str, task_id: str = "", map_index: int | str = "{MAP_INDEX}") -> str:
        """Return the address of the page alone, as the frame has it."""
        query = {
            "dag_id": dag_id,
            "run_id": run_id,
            "task_id": task_id or "{TASK_ID}",
            "map_index": map_index,
        }
        return f"{self.cluster.url}/faceswap/pages/static/tab.html?{urlencode(query)}"

    def media_url(self, dag_id: str, run_id: str, task_id: str, **what: Any) -> str:
        """Return the address of a medium."""
        return self._data_url(dag_id, "media", run_id=run_id, task_id=task_id, **what)

    def rows_url(self, dag_id: str, run_id: str, task_id: str, **what: Any) -> str:
        """Return the address of some rows of a batch."""
        return self._data_url(dag_id, "rows", run_id=run_id, task_id=task_id, **what)

    def _data_url(self, dag_id: str, route: str, **query: Any) -> str:
        return f"{self.cluster.url}/faceswap/pages/dags/{dag_id}/{route}?{urlencode(query)}"

    def framed_url(self, dag_id: str, run_id: str, task_id: str) -> str:
        """Return the address of a task's tab in Airflow's own page."""
        return f"{self.cluster.url}/dags/{dag_id}/runs/{run_id}/tasks/{task_id}/plugin/faceswap"

    def open(self, page: Page, *where: Any) -> Locator:
        """Open the page alone, and return it once it shows something that makes sense."""
        page.goto(self.url(*where))
        return shown(page)


def shown(page: Page | FrameLocator) -> Locator:
    """Return the page once it shows something, without a word that a person cannot read."""
    from playwright.sync_api import expect  # not at the top: where it is missing the tests are skipped

    view = page.locator("#view")
    expect(view).to_have_attribute("aria-busy", "false", timeout=30_000)
    expect(view).not_to_contain_text(BLANKS)
    return view


def figure(view: Locator, text: str = "") -> Locator:
    """Return the figure that holds a text."""
    return view.locator("figure").filter(has_text=text)
