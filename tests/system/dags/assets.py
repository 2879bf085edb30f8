"""Tasks with outlets, and a Dag for each outlet that starts when something has landed there."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Asset, AssetAlias, Param, task

from airflow_provider_faceswap.operators.faceswap import FaceSwapOperator
from airflow_provider_faceswap.operators.modelslab import ModelsLabSingleVideoSwapOperator
from airflow_provider_faceswap.sensors.modelslab import ModelsLabFetchSensor

OUTLETS = {
    "swapped": Asset("swapped"),
    "fetched": Asset(name="fetched", uri="s3://elsewhere/fetched"),
    "folder": AssetAlias("folder"),
}
MAPPED = Asset("mapped")

with DAG(
    "assets",
    schedule=None,
    params={name: Param(type="string") for name in ("samples", "job_id", "output_path")},
):
    ModelsLabSingleVideoSwapOperator(
        task_id="swap",
        init_image="{{ params.samples }}/hopper.jpg",
        init_video="{{ params.samples }}/clip.mp4",
        output_path="{{ params.output_path }}",
        outlets=[OUTLETS["swapped"], OUTLETS["folder"]],
        deferrable=True,
    )
    ModelsLabFetchSensor(
        task_id="fetch",
        job_id="{{ params.job_id }}",
        output_path="{{ params.output_path }}",
        outlets=[OUTLETS["fetched"]],
        deferrable=True,
    )

for name, outlet in OUTLETS.items():
    with DAG(f"{name}_has_landed", schedule=[outlet]):

        @task
        def events(outlet: Any, triggering_asset_events: Any = None) -> list[dict[str, Any]]:
            return [
                {"uri": event.asset.uri, "extra": event.extra} for event in triggering_asset_events[outlet]
            ]

        events(outlet)

with DAG(
    "catalogue",
    schedule=None,
    params={"samples": Param(type="string"), "output_path": Param(type="string")},
):

    @task
    def targets(params: dict[str, str]) -> list[str]:
        return [f"{params['samples']}/{name}.jpg" for name in ("astronaut", "duo", "hopper", "duo-face")]

    @task(trigger_rule="all_done")
    def catalogue(results: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
        return {result["inputs"]["target"]: result["files"] for result in results}

    swaps = FaceSwapOperator.partial(
        task_id="swap",
        conn_id="modelslab_default",
        face="{{ params.samples }}/hopper.jpg?for=catalogue",
        output_path="{{ params.output_path }}",
        outlets=[MAPPED],
    ).expand(target=targets())
    catalogue(swaps.output)
