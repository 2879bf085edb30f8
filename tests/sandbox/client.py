"""What a client of any vendor does to the sandbox: the control routes, the samples, the results."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

from airflow_provider_faceswap.sandbox.server import SandboxServer

Value = TypeVar("Value")


class SandboxClient:
    """A client with a key."""

    def __init__(self, server: SandboxServer, http: httpx.Client) -> None:
        self.server = server
        self.url = server.url
        self.http = http

    def sample(self, name: str) -> str:
        return f"{self.url}/samples/{name}"

    def control(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        response = self.http.request(
            "GET" if body is None else "POST", f"{self.url}/_sandbox/{path}", json=body
        )
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def counts(self) -> dict[str, Any]:
        return self.control("counts")

    def credits(self, vendor: str) -> float:
        left: float = self.control("credits")["credits"][vendor]
        return left


def until(read: Callable[[], Value], expected: Value) -> None:
    """Read again and again until the expected value appears, for at most a minute."""
    ends = time.monotonic() + 60
    while (seen := read()) != expected:
        assert time.monotonic() < ends, f"{seen!r} is not {expected!r}"
        time.sleep(0.02)
