"""What a test does with the sandbox."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from airflow_provider_faceswap.apis import VENDORS
from airflow_provider_faceswap.testing.connections import connection


class FaceSwapSandbox:
    """
    The vendors' sandbox, as a test controls it and looks at it.

    The arguments of :meth:`progress`, :meth:`fault` and :meth:`callbacks` are those of its control routes;
    ``GET {url}/_sandbox/`` describes them.

    :param url: of the sandbox.
    :param key: that it accepts.
    :param folder: of this test alone; pictures in it may be inputs.
    :param set_env: sets an environment variable until the end of the test.
    """

    def __init__(self, url: str, key: str, folder: Path, set_env: Callable[[str, str], None]) -> None:
        self.url = url
        self.key = key
        self.folder = folder
        self._set_env = set_env
        self._http = httpx.Client(base_url=url, timeout=30, trust_env=False)

    def close(self) -> None:
        """Close the connections to the control routes."""
        self._http.close()

    @property
    def face(self) -> str:
        """URL of a picture with one face."""
        return self.sample("hopper.jpg")

    @property
    def picture(self) -> str:
        """URL of a picture with two faces."""
        return self.sample("duo.jpg")

    @property
    def clip(self) -> str:
        """URL of a clip of three seconds with one face, which is not that of :attr:`face`."""
        return self.sample("clip.mp4")

    def sample(self, name: str) -> str:
        """
        Return the URL of a sample; the sandbox's front page lists them.

        :param name: of its file, such as ``landscape.jpg``, which shows no face.
        """
        return f"{self.url}/samples/{name}"

    @property
    def output_path(self) -> str:
        """URL of a folder for results."""
        return (self.folder / "results").as_uri()

    def add_connection(self, conn_id: str, vendor: str) -> None:
        """
        Point another connection at the sandbox, for this test.

        :param conn_id: its id.
        :param vendor: its type.
        """
        value = connection(vendor, self.url, self.key)
        self._set_env(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(value))

    def progress(self, **policy: Any) -> None:
        """
        Choose how jobs progress that are accepted from now on.

        :param policy: such as ``outcome="failed", message="No face found"`` or ``after_seconds=3``.
        """
        self.control("POST", "progress", policy)

    def fault(self, kind: str, **how: Any) -> None:
        """
        Let requests go wrong.

        :param kind: what happens, such as ``rate_limited``, ``error`` or ``accept_then_break``.
        :param how: where and how often, such as ``on="fetch", times=2``.
        """
        self.control("POST", "faults", {"kind": kind, **how})

    def callbacks(self, **policy: Any) -> None:
        """
        Choose how aifaceswap.io calls back for tasks that are accepted from now on.

        :param policy: such as ``delay_seconds=2`` or ``deliveries=0``.
        """
        self.control("POST", "callbacks", policy)

    @property
    def accepted(self) -> dict[str, int]:
        """How many submissions each vendor has accepted; the vendors bill for each of them."""
        found = Counter(job["vendor"] for job in self.jobs())
        return {vendor: found[vendor] for vendor in VENDORS}

    @property
    def counts(self) -> dict[str, Any]:
        """Everything that the sandbox counts, such as ``refused``, ``fetches`` and ``media_reads``."""
        return self.control("GET", "counts")

    def jobs(self, **equal: str) -> list[dict[str, Any]]:
        """
        Return all jobs, the oldest first.

        :param equal: only jobs with this, such as ``state="processing"``.
        """
        listing: list[dict[str, Any]] = self.control("GET", "jobs")["jobs"]
        return [job for job in listing if equal.items() <= job.items()]

    def control(self, method: str, route: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """
        Use a control route of the sandbox.

        :param method: of HTTP.
        :param route: below ``/_sandbox/``.
        :param body: of the request.
        :raises ValueError: with the sandbox's words if it refuses.
        """
        response = self._http.request(method, f"/_sandbox/{route}", json=body)
        if response.is_error:
            raise ValueError(f"the sandbox refuses {route}: {response.text}")
        answer: dict[str, Any] = response.json()
        return answer
