"""What a client of ModelsLab does to the sandbox, and what the vendor was recorded to answer."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import httpx

from ..client import SandboxClient
from ..recorded import Recorded

RECORDED = Recorded("modelslab")
MEDIA = {
    "single_face_swap": {
        "init_image": "duo.jpg",
        "target_image": "astronaut.jpg",
        "reference_image": "duo-face.jpg",
    },
    "multiple_face_swap": {"init_image": "astronaut.jpg", "target_image": "hopper.jpg"},
    "single_video_swap": {"init_image": "hopper.jpg", "init_video": "clip.mp4"},
    "specific_video_swap": {
        "init_image": "astronaut.jpg",
        "init_video": "duo.mp4",
        "reference_image": "duo-face.jpg",
    },
}


class ModelsLabClient(SandboxClient):
    """What a client of ModelsLab does."""

    def fields(self, operation: str) -> dict[str, Any]:
        media = {field: f"{self.url}/samples/{name}" for field, name in MEDIA[operation].items()}
        return {"key": self.server.key, **media}

    def submit(self, operation: str, namespace: str = "deepfake", **changes: Any) -> httpx.Response:
        body = {k: v for k, v in (self.fields(operation) | changes).items() if v is not ...}
        return self.http.post(f"{self.url}/api/v6/{namespace}/{operation}", json=body)

    def submit_impatiently(self, operation: str, seconds: float) -> None:
        """Submit, and be gone before the answer."""
        with contextlib.suppress(httpx.ReadTimeout):
            url = f"{self.url}/api/v6/deepfake/{operation}"
            self.http.post(url, json=self.fields(operation), timeout=seconds)
            raise AssertionError("the answer was not slow")

    def fetch(self, job_id: object, namespace: str = "deepfake") -> httpx.Response:
        return self.http.post(f"{self.url}/api/v6/{namespace}/fetch/{job_id}", json={"key": self.server.key})

    def fetch_until_ended(self, job_id: object, namespace: str = "deepfake") -> dict[str, Any]:
        for _ in range(1200):
            reply: dict[str, Any] = self.fetch(job_id, namespace).json()
            if reply["status"] != "processing":
                return reply
            time.sleep(0.05)
        raise AssertionError(f"job {job_id} did not end")
