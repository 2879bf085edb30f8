"""Runs that several tests look at, and runs that take long: all begin at once, as they mostly wait."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.browser.looks import Looks

DOUBTS = ("to adopt", "to buy again", "to replay", "to look at")
HALF = 40
SLOW = 200


def begin(looks: Looks) -> None:
    """Begin them one by one, the longest first: SQLite fails tasks that start at the same time."""
    begins = [slow_batch, doubtful_batch, both, *(partial(doubtful, name=name) for name in DOUBTS)]
    for start in (*begins, half_failed_batch, failed):
        looks.wait_until_started(start(looks))


def both(looks: Looks) -> str:
    """A picture and a clip."""
    return looks.begun("both", "picture_and_clip")


def failed(looks: Looks) -> str:
    """A picture that the vendor could not make."""
    if not looks.has_begun("failed"):
        looks.rules("progress", input_has="?n=turned", outcome="failed", message="The face is turned away.")
    return looks.begun("failed", "picture", faults="?n=turned")


def doubtful(looks: Looks, name: str) -> str:
    """A picture whose submission is in doubt: the vendor took it, and the answer was lost."""
    query = f"?doubt={name.replace(' ', '-')}"
    if not looks.has_begun(name):
        looks.rules("faults", kind="accept_then_break", input_has=query, times=1)
    return looks.begun(name, "picture", faults=query)


def half_failed_batch(looks: Looks) -> str:
    """A batch of which every second row failed."""
    if not looks.has_begun("half failed"):
        looks.rules("faults", kind="error", input_has="half=1", code=400, message="No face found.")
    media = f"file://{looks.home}/media"
    items = [
        {
            "target": f"{looks.sandbox.url}/samples/duo.jpg?half={number % 2}&n={number}",
            "face": f"{media}/hopper.jpg",
            "output_name": f"row-{number}",
        }
        for number in range(HALF)
    ]
    return looks.begun("half failed", "batch", items=items)


def slow_batch(looks: Looks) -> str:
    """A batch of 200 rows, of which sixteen run at a time: it takes minutes."""
    if not looks.has_begun("slow"):
        looks.rules("progress", input_has="?slow&", after_seconds=20)
    samples = f"{looks.sandbox.url}/samples"
    items = [
        {
            "init_image": f"{samples}/hopper.jpg?slow&n={number}",
            "target_image": f"{samples}/astronaut.jpg",
            "reference_image": f"{samples}/hopper.jpg",
        }
        for number in range(SLOW)
    ]
    return looks.begun("slow", "batch_slowly", items=items)


def doubtful_batch(looks: Looks) -> str:
    """
    A batch of eight rows of which half are in doubt.

    The vendor took the first one, and none of the other three.
    """
    if not looks.has_begun("doubtful batch"):
        looks.rules("faults", kind="accept_then_break", input_has="?lost=0&", times=1)
        for number in (1, 2, 3):
            looks.rules("faults", kind="break_before_accept", input_has=f"?lost={number}&", times=1)
    samples = f"{looks.sandbox.url}/samples"
    items: list[dict[str, Any]] = [
        {"source_img": f"{samples}/hopper.jpg", "target_img": f"{samples}/duo.jpg?lost={number}&"}
        for number in range(8)
    ]
    return looks.begun("doubtful batch", "batch_in_doubt", items=items)
