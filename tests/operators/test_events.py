"""The event of a task's outlet says what landed, however the task came to its result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow.sdk import Asset, AssetAlias
from airflow.sdk.exceptions import TaskDeferralError

from airflow_provider_faceswap.execution.openlineage import FACET
from airflow_provider_faceswap.operators.modelslab import ModelsLabSingleVideoSwapOperator
from tests.fakes import FakeStore, context
from tests.operators.world import World

SAID = ("provider", "operation", "job_id")
SWAPS, ALIAS = Asset("s3://bucket/swaps"), AssetAlias("swaps")


def extra(world: World) -> Any:
    return world.context["outlet_events"][SWAPS].extra


def test_a_task_that_waits_on_its_worker(world: World, tmp_path: Path) -> None:
    result = world.start(output_path=f"file://{tmp_path}", outlets=[SWAPS])
    assert result["files"]
    assert extra(world) == {name: result[name] for name in (*SAID, "files")}


def test_a_task_that_resumes(world: World, tmp_path: Path) -> None:
    deferral = world.defer(output_path=f"file://{tmp_path}", outlets=[SWAPS, ALIAS])
    assert extra(world) == {}
    result = world.resume(deferral, counts={"success": 1}, states={"278": "success"}, problems={})
    assert extra(world)["files"] == result["files"] != []
    (event,) = world.context["outlet_events"][ALIAS].asset_alias_events
    assert event.dest_asset_key.uri == f"file://{tmp_path}" and event.extra == extra(world)


def test_a_task_whose_deferral_was_cut_off(one: World, tmp_path: Path) -> None:
    one.defer(output_path=f"file://{tmp_path}", outlets=[SWAPS])
    result = one.operator.resume_execution("__fail__", {"error": TaskDeferralError.__name__}, one.context)
    assert extra(one)["files"] == result["files"] != []


def test_a_clear_that_collects(one: World, tmp_path: Path) -> None:
    result = one.start(output_path=f"file://{tmp_path}", outlets=[SWAPS])
    one.clear()
    one.start(output_path=f"file://{tmp_path}", outlets=[SWAPS])
    assert extra(one)["files"] == result["files"] and one.vendor.accepted == 1


def test_a_run_that_uses_a_stored_result_says_so_to_both(one: World, tmp_path: Path) -> None:
    where = {"output_path": f"file://{tmp_path}", "outlets": [SWAPS, ALIAS], "reuse_stored": True}
    result = one.start(**where)
    one.store = FakeStore()  # of another run
    one.start(**where)
    assert one.vendor.accepted == 1
    assert extra(one) == {**{name: result[name] for name in (*SAID, "files")}, "reused": True}
    (event,) = one.context["outlet_events"][ALIAS].asset_alias_events
    assert event.extra == extra(one)
    lineage = one.operator.get_openlineage_facets_on_complete(None)
    assert lineage.run_facets[FACET].reused
    assert [dataset.name for dataset in lineage.inputs] == ["/a.mp4"]
    assert [dataset.name for dataset in lineage.outputs] == [f"{tmp_path}/modelslab-278.mp4"]


def test_a_task_that_does_not_wait_names_its_job(one: World) -> None:
    one.start(wait_for_completion=False, outlets=[SWAPS, ALIAS])
    assert extra(one)["job_id"] == "278" and extra(one)["files"] == []
    assert one.context["outlet_events"][ALIAS].asset_alias_events == []


def test_events_that_cannot_be_written_do_not_fail_a_task_that_is_paid(one: World) -> None:
    broken = {**context(one.store), "outlet_events": None}
    operator = ModelsLabSingleVideoSwapOperator(
        task_id="swap",
        init_image="https://example.com/a",
        init_video="https://example.com/b",
        outlets=[SWAPS],
    )
    assert operator.execute(broken)["status"] == "success"
