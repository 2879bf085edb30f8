"""What a client of Segmind does to the sandbox, and what the vendor was recorded to answer."""

from __future__ import annotations

from typing import Any

import httpx

from ..client import SandboxClient, until
from ..recorded import Recorded

RECORDED = Recorded("segmind")
DOCUMENTED, SHORT = "/v1/models/faceswap-v2", "/v1/faceswap-v2"


class SegmindClient(SandboxClient):
    """What a client of Segmind does."""

    def fields(self) -> dict[str, Any]:
        return {"source_img": self.sample("hopper.jpg"), "target_img": self.sample("astronaut.jpg")}

    def headers(self) -> dict[str, str]:
        return {"x-api-key": self.server.key}

    def swap(self, path: str = DOCUMENTED, **changes: Any) -> httpx.Response:
        body = {k: v for k, v in (self.fields() | changes).items() if v is not ...}
        return self.http.post(f"{self.url}{path}", json=body, headers=self.headers())

    def submit(self, **changes: Any) -> httpx.Response:
        return self.swap("/v2/faceswap-v2", **changes)

    def get(self, path: str) -> httpx.Response:
        return self.http.get(f"{self.url}{path}", headers=self.headers())

    def status(self, request_id: str) -> httpx.Response:
        return self.get(f"/v2/requests/{request_id}/status")

    def result(self, request_id: str) -> httpx.Response:
        return self.get(f"/v2/requests/{request_id}")

    def ended(self, **changes: Any) -> str:
        """Submit, and give the id once the job has ended."""
        request_id: str = self.submit(**changes).json()["request_id"]
        until(lambda: self.status(request_id).json()["status"] in ("COMPLETED", "FAILED"), True)
        return request_id
