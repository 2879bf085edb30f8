"""What the counted Dags are given by who runs them."""

from __future__ import annotations

import os

BUCKET, CONN_ID = "scale-media", "scale_media"
MEDIA = f"s3://{CONN_ID}@{BUCKET}"
FACE = f"{MEDIA}/in/face.jpg"
KINDS = {"mapped": "mp4", "batch": "mp4", "callbacks": "jpg"}
"""For each kind of task, what it edits; the last one is a batch at the vendor that calls back."""
RUNS = [run.split(":") for run in os.environ.get("FACESWAP_SCALE_RUNS", "").split(",") if run]
"""For each run its kind, the number of videos, and the plan limit; each has a Dag of its own."""


def dag_id(kind: str, videos: int, limit: int) -> str:
    """Name a run's Dag."""
    return f"{kind}_{videos}_{limit}"


def inputs(kind: str, videos: int) -> str:
    """Name the folder of a run's inputs."""
    return f"in/{kind}-{videos}"
