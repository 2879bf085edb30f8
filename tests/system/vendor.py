"""The vendor of a scene: what it has seen, and how its jobs go."""

from __future__ import annotations

from typing import Any

import httpx

from airflow_provider_faceswap.sandbox.jobs.progress import Progress
from airflow_provider_faceswap.sandbox.server import SandboxServer


class SceneVendor:
    """A sandbox of its own for one scene."""

    http: httpx.Client

    def __init__(self) -> None:
        self.vendor = SandboxServer()

    def jobs(self, outcome: str = "success", **policy: Any) -> None:
        """Say how jobs that are accepted from now on go."""
        self._control("progress", {"outcome": outcome, **policy})

    def fault(self, kind: str, **when: Any) -> None:
        """Say what goes wrong from now on; once unless ``times`` says otherwise."""
        self._control("faults", {"kind": kind, "times": 1, **when})

    def _control(self, what: str, body: dict[str, Any]) -> None:
        self.http.post(f"/_sandbox/{what}", json=body).raise_for_status()

    @property
    def counts(self) -> dict[str, Any]:
        """What the vendor has seen."""
        return self.vendor.backend.counts.to_json()

    @property
    def accepted(self) -> int:
        """How many jobs the vendor has accepted, and so bills."""
        return sum(self.counts["accepted"].values())

    @property
    def job_ids(self) -> list[str]:
        """The jobs that the vendor knows, the oldest first."""
        return [str(job.id) for job in self.vendor.backend.jobs.listing()]

    def finish_jobs(self) -> None:
        """Let all jobs end well at the next look, those that never would included."""
        for job in self.vendor.backend.jobs.listing():
            job.progress = Progress()

    def call_back(self) -> None:
        """Let the only job end well now, and the vendor call back, though nobody asks about the job."""
        self.finish_jobs()
        (job_id,) = self.job_ids
        self.http.post(f"/api/v6/faceswap/fetch/{job_id}", json={"key": self.vendor.key}).raise_for_status()

    def forget_jobs(self) -> None:
        """Let the vendor know neither the jobs nor their results any more."""
        self.vendor.backend.jobs.reset()

    def has_job(self, job_id: str) -> None:
        """Let the vendor have a finished job with this id, which nobody submitted through Airflow."""
        picture = f"{self.vendor.url}/samples/hopper.jpg"
        body = {"key": self.vendor.key, "init_image": picture, "target_image": picture}
        self.http.post("/api/v6/faceswap/multiple_face_swap", json=body).raise_for_status()
        (job,) = self.vendor.backend.jobs.listing()
        self.vendor.backend.jobs._jobs[job_id] = job

    def mend(self) -> None:
        """Let nothing go wrong any more."""
        self.http.delete("/_sandbox/faults").raise_for_status()
