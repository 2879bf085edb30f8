"""Manifests and their parts, as a batch writes them."""

from __future__ import annotations

from typing import Any

from airflow_provider_faceswap.batch.manifest import Ledger, task_digest
from airflow_provider_faceswap.pages.database import Task
from airflow_provider_faceswap.storage.places import open_place
from tests.pages.scene import TASK, as_ti

STATES = {"success": "finished", "failed": "failed", "in_doubt": "in_doubt", "unfinished": "running"}


def line(
    index: int, status: str = "success", at: float = 1.0, task: Task = TASK, **more: Any
) -> dict[str, Any]:
    entry = {"state": STATES.get(status, "refused")}
    return {
        "index": index,
        "key": f"key{index}",
        "item": {"face": "x" * 100},
        "status": status,
        "job_id": f"job{index}",
        "output": ["https://vendor.example.com/result.jpg?signature=secret"],
        "stored": [],
        "bytes": 10,
        "cost": {"amount": 1, "unit": "credits"},
        "error": None,
        "inputs": {"init_image": "https://example.com/face.jpg"},
        "consent_reference": None,
        "provider": "modelslab",
        "operation": "swap",
        "journal": {
            "by": f"{task_digest(as_ti(task))}.0",
            "endpoint": "swap",
            "paid": 1.0,
            "at": at,
            "entry": entry,
        },
        **more,
    }


def ledger(folder: str) -> Ledger:
    found = Ledger(folder)
    found.load()
    return found


def merge(folder: str, *lines: dict[str, Any]) -> None:
    """Write a manifest."""
    open_place(folder, ValueError).prepare()
    ledger(folder).merge({line["key"]: line for line in lines})
