"""What the Dags of the benchmark are given by who runs it."""

from __future__ import annotations

import os

SIZES = [int(size) for size in os.environ.get("FACESWAP_BENCHMARK_SIZES", "1").split(",")]
"""For each number of videos there is a Dag of its own."""
FOLDER = os.environ.get("FACESWAP_BENCHMARK_FOLDER", "/tmp/faceswap-benchmark")
"""Where results are stored."""
FACE = "https://media.example.com/face.png"


def video(number: int) -> str:
    """Return the URL of a clip; the vendor knows by it who submitted a job."""
    return f"https://media.example.com/clips/{number}.mp4"


def videos(size: int) -> list[str]:
    """Return the URLs of so many clips."""
    return [video(number) for number in range(size)]
