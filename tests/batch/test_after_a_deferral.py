"""What a start of a batch found out is still known when its task resumes, which is another process."""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import AirflowException, TaskDeferred

from airflow_provider_faceswap.apis.job import JobState
from tests.batch.world import BatchWorld, rows

WOKEN = {"problem": "nobody knows what ended"}


def defer(world: BatchWorld, count: int, **kwargs: float) -> TaskDeferred:
    """Start a try whose jobs go on."""
    world.vendor.states = {item["target"]: JobState.PROCESSING for item in rows(count)}
    with pytest.raises(TaskDeferred) as caught:
        world.start(rows(count), deferrable=True, **kwargs)
    return caught.value


def test_the_new_deadline_of_a_clear(world: BatchWorld) -> None:
    deferral = defer(world, 1, timeout=100)
    world.clock.seconds += 200
    with pytest.raises(AirflowException, match="not finished at its deadline"):
        world.resume(deferral, WOKEN)
    world.clear()
    deferral = defer(world, 1, timeout=100)
    world.clock.seconds += 20
    with pytest.raises(TaskDeferred):
        world.resume(deferral, WOKEN)


@pytest.mark.parametrize("again", ["retry", "next run"])
def test_that_a_file_is_gone(world: BatchWorld, again: str) -> None:
    world.die(rows(2), "write manifest.jsonl") if again == "retry" else world.start(rows(2))
    if again == "next run":
        world.next_run()
    (world.folder / "modelslab-1000.mp4").unlink()
    deferral = defer(world, 2)
    world.vendor.states = {}
    assert world.resume(deferral, WOKEN)["succeeded"] == 2
    assert (world.folder / "modelslab-1000.mp4").exists()
    assert len(world.vendor.jobs) == 2


def test_a_batch_tells_openlineage_of_its_manifest(world: BatchWorld) -> None:
    summary = world.start(rows(2))
    (output,) = world.operator.get_openlineage_facets_on_complete(None).outputs
    assert f"{output.namespace}://{output.name}".endswith(summary["manifest"].partition("://")[2])
