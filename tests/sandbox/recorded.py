"""Replies that vendors were recorded to give."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parents[1] / "samples"


def shape(value: Any) -> Any:
    """Keys and types of values, without the values; numbers are one type, as in JSON."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    return type(value).__name__


class Recorded:
    """The recorded replies of one vendor."""

    def __init__(self, vendor: str) -> None:
        self.folder = SAMPLES / vendor

    def status(self, case: str) -> int:
        return int((self.folder / case / "status").read_text())

    def headers(self, case: str) -> dict[str, str]:
        headers: dict[str, str] = json.loads((self.folder / case / "headers.json").read_text())
        return headers

    def body(self, case: str) -> Any:
        return json.loads((self.folder / case / "body").read_bytes())

    def shape(self, case: str) -> Any:
        return shape(self.body(case))
