"""Tasks that claim a folder, and what Airflow says of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any


def task(name: str, **fields: Any) -> dict[str, Any]:
    return {"dag_id": "d", "run_id": "r", "task_id": name, "map_index": -1, "try_number": 1, **fields}


def all_are(state: str | None) -> Callable[[Mapping[str, Any]], str | None]:
    return lambda owner: state


def nobody(owner: Mapping[str, Any]) -> str | None:
    raise AssertionError(f"{owner} was looked up")


def holder(files: Mapping[str, bytes]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files["claim.json"])
    return found
