"""A batch with a vendor of its own, and the folder that its results and its manifest lie in."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from airflow_provider_faceswap.batch.manifest import read_manifest
from harness.cluster import Cluster
from tests.system.run import Entry, worker_starts
from tests.system.scene import Scene

FILES = {
    "modelslab": ("init_image", "hopper.jpg", "init_video", "clip.mp4"),
    "segmind": ("source_img", "hopper.jpg", "target_img", "duo.jpg"),
    "aifaceswap": ("face_image", "hopper.jpg", "source_image", "duo.jpg"),
}
OPERATIONS = {"modelslab": "single_video_swap", "segmind": "faceswap-v2", "aifaceswap": "faceswap"}


class Batch(Scene):
    """A batch instead of one picture."""

    def __init__(self, cluster: Cluster, provider: str = "modelslab", dag_id: str = "batch") -> None:
        super().__init__(cluster, dag_id=dag_id, provider=provider)
        self._starts = itertools.count(1)

    # The items

    def rows(self, count: int, start: int = 0) -> list[dict[str, Any]]:
        """Rows whose media differ: by ``n=0&``, ``n=1&`` and so on."""
        face, picture, target, clip = FILES[self.provider]
        samples = f"{self.vendor.url}/samples"
        return [
            {face: f"{samples}/{picture}", target: f"{samples}/{clip}?n={n}&"}
            for n in range(start, start + count)
        ]

    def list_file(self, name: str, text: str) -> str:
        """Write a file below ``local_roots``, and return its URL."""
        path = Path(self.cluster.env["AIRFLOW__FACESWAP__LOCAL_ROOTS"], f"{self.conn_id}-{name}")
        path.write_text(text, encoding="utf-8")
        return path.as_uri()

    def json_lines(self, rows: list[dict[str, Any]]) -> str:
        """Write rows as JSON Lines, and return the file's URL."""
        return self.list_file("items.jsonl", "".join(json.dumps(row) + "\n" for row in rows))

    # The vendor

    def has_jobs(self, job_ids: list[str]) -> None:
        """Let the vendor have a finished job with each of these ids, which nobody submitted."""
        self.has_job(job_ids[0])
        jobs = self.vendor.backend.jobs
        jobs._jobs.update(dict.fromkeys(job_ids, jobs._jobs[job_ids[0]]))

    def job_of(self, where: str) -> str:
        """The id of the first job with this text in its inputs."""
        jobs = self.vendor.backend.jobs.listing()
        return next(str(job.id) for job in jobs if where in job.submission.inputs_text)

    # The task

    def start(self, *, again: bool = False, **params: Any) -> None:
        """Start a run of the Dag, whose results lie in the same folder as those of the others.

        :param again: as the last one, which is deleted, was named.
        """
        self.cluster.wait_for_dags({self.dag_id})
        conf = {
            "conn_id": self.conn_id,
            "operation": OPERATIONS[self.provider],
            "output_path": self.results.as_uri(),
            "stop_file": str(self.folder / "stopped"),
            **params,
        }
        run_id = self.run_id if again else f"{self.conn_id}-{next(self._starts)}"
        self.run_id = self.cluster.rest.trigger_dag(self.dag_id, conf, run_id=run_id)

    @property
    def starts(self) -> int:
        """How often a worker started the task in its latest try."""
        rest, last = self.cluster.rest, self.task["try_number"]
        log = rest.task_log(self.dag_id, self.run_id, self.task_id, try_number=last)
        entries: list[Entry] = [json.loads(line) for line in log.splitlines() if line]
        return worker_starts(entries)

    def says(self, **figures: Any) -> dict[str, Any]:
        """Check figures of what the task returned; return all of it."""
        result: dict[str, Any] = self.result
        assert {name: result[name] for name in figures} == figures, result
        return result

    @property
    def noted(self) -> int:
        """How many jobs the journal names."""
        with suppress(httpx.HTTPStatusError):  # nothing is noted yet
            chunk = self.cluster.rest.request("GET", f"{self._entry}%2F0000")["value"]
            return sum(bool(noted["entry"].get("job_id")) for noted in chunk.values())
        return 0

    # The folder

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The manifest's lines."""
        return list(read_manifest(f"{self.results.as_uri()}/manifest.jsonl"))

    @property
    def statuses(self) -> Counter[str]:
        """How many items stand how."""
        return Counter(line["status"] for line in self.lines)

    def is_whole(self, items: int, succeeded: int | None = None) -> list[dict[str, Any]]:
        """Check that each item has one line, and each success a job and a file of its own; return them."""
        lines = self.lines
        assert [line["index"] for line in lines] == list(range(items))
        done = [line for line in lines if line["status"] == "success"]
        assert len(done) == (items if succeeded is None else succeeded), self.statuses
        assert len({line["job_id"] for line in done}) == len(done)
        for line in done:
            (stored,) = line["stored"]
            content = Path(stored.removeprefix("file://")).read_bytes()
            assert (len(content), hashlib.sha256(content).hexdigest()) == (line["bytes"], line["sha256"])
        assert len({line["stored"][0] for line in done}) == len(done)
        return lines
