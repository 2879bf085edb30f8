"""
One Dag makes a clip, and another Dag starts when the clip is there.

The first Dag's task has an asset as its outlet. The asset's event says which file was stored, so that the
second Dag needs to know neither the folder nor the run. Trigger the first one; the second starts by itself.

It needs the connection `modelslab_default` and a triggerer.

The params name samples of the sandbox (`python -m airflow_provider_faceswap.sandbox`); give your own URLs
when you trigger the Dag. The result is stored in `output_path`, the URL of a folder in any object storage.
"""

from airflow.sdk import DAG, Asset, Param, task

from airflow_provider_faceswap.operators.modelslab import ModelsLabSingleVideoSwapOperator

SANDBOX = "http://127.0.0.1:8765"
CLIPS = Asset("swapped_clips")

with DAG(
    "faceswap_asset_producer",
    schedule=None,
    doc_md=__doc__,
    params={
        "face": Param(f"{SANDBOX}/samples/hopper.jpg", type="string"),
        "clip": Param(f"{SANDBOX}/samples/clip.mp4", type="string"),
        "output_path": Param("file:///tmp/faceswap", type="string"),
    },
    tags=["faceswap"],
):
    ModelsLabSingleVideoSwapOperator(
        task_id="swap",
        init_image="{{ params.face }}",
        init_video="{{ params.clip }}",
        output_path="{{ params.output_path }}",
        outlets=[CLIPS],
        deferrable=True,
    )

with DAG("faceswap_asset_consumer", schedule=[CLIPS], doc_md=__doc__, tags=["faceswap"]):

    @task
    def landed(triggering_asset_events: dict) -> list[str]:
        """List the files; several events may have come since this Dag ran last."""
        return [file["url"] for event in triggering_asset_events[CLIPS] for file in event.extra["files"]]

    landed()
