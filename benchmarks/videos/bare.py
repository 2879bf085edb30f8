"""The barest deferrable operator that one can write by hand: no journal, no checks, nothing to count on."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any, NoReturn

import httpx
from airflow.sdk import BaseHook, BaseOperator, Context
from airflow.triggers.base import BaseTrigger, TriggerEvent

CONN_ID = "benchmark_modelslab"
POLL_INTERVAL = 5.0

_client: httpx.AsyncClient | None = None
_key = ""


class BareTrigger(BaseTrigger):
    """Poll one job over the client that all triggers of the process share."""

    def __init__(self, job_id: int) -> None:
        super().__init__()
        self.job_id = job_id

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what Airflow makes the trigger of."""
        return "benchmarks.videos.bare.BareTrigger", {"job_id": self.job_id}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll until the job has ended."""
        global _client, _key
        if _client is None:
            conn = await BaseHook.aget_connection(CONN_ID)
            _client, _key = httpx.AsyncClient(base_url=str(conn.host)), str(conn.password)
        while True:
            await asyncio.sleep(POLL_INTERVAL)
            reply = await _client.post(f"/api/v6/faceswap/fetch/{self.job_id}", json={"key": _key})
            job = reply.json()
            if job["status"] == "success":
                yield TriggerEvent({"url": job["output"][0]})
                return


class BareSwapOperator(BaseOperator):
    """Submit, wait in the triggerer, download."""

    template_fields = ("init_video", "folder")

    def __init__(self, *, init_image: str, init_video: str, folder: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.init_image = init_image
        self.init_video = init_video
        self.folder = folder

    def execute(self, context: Context) -> NoReturn:
        """Submit."""
        conn = BaseHook.get_connection(CONN_ID)
        body = {"key": conn.password, "init_image": self.init_image, "init_video": self.init_video}
        reply = httpx.post(f"{conn.host}/api/v6/faceswap/single_video_swap", json=body)
        job_id = reply.raise_for_status().json()["id"]
        self.defer(trigger=BareTrigger(job_id), method_name="finish", kwargs={"job_id": job_id})

    def finish(self, context: Context, event: dict[str, str], job_id: int) -> dict[str, Any]:
        """Download."""
        os.makedirs(self.folder, exist_ok=True)
        path = f"{self.folder}/{job_id}.mp4"
        with httpx.stream("GET", event["url"]) as reply, open(path, "wb") as file:
            reply.raise_for_status()
            for chunk in reply.iter_bytes():
                file.write(chunk)
        return {"job_id": job_id, "file": path}
