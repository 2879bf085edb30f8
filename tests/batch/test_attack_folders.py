"""A folder, a state and a connection that others have changed since."""

from __future__ import annotations

import pytest

from airflow_provider_faceswap.exceptions import NotSentError, RefusedError
from tests.batch.world import BatchWorld, rows

CLIP = rows(1)[0]["target"]


def test_a_part_that_was_emptied_is_not_taken_for_nothing(world: BatchWorld) -> None:
    world.retries, world.max_tries = 0, 0
    world.store = None  # type: ignore[assignment]
    world.die(rows(3), "polls")
    (part,) = (world.folder / "_faceswap/parts").iterdir()
    part.write_bytes(b"")
    world.next_run()
    world.store = None  # type: ignore[assignment]
    with pytest.raises(NotSentError, match="came without a line"):
        world.start(rows(3))
    assert len(world.vendor.jobs) == 3


def test_a_clear_is_one_where_airflow_dropped_the_state_of_a_success(world: BatchWorld) -> None:
    world.vendor.answers_to = {CLIP: [RefusedError("no face", final=True)]}
    assert world.start(rows(3), max_failed=1)["failed"] == 1
    world.store.kept.clear()  # [state_store] clear_on_success
    world.clear()
    assert world.start(rows(4))["succeeded"] == 4
    assert len(world.vendor.jobs) == 4
