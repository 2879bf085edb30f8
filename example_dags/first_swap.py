"""One clip, one new face, one stored file; no worker slot is held while the vendor works."""

from airflow.sdk import DAG, Param

from airflow_provider_faceswap.operators.modelslab import ModelsLabSingleVideoSwapOperator

SANDBOX = "http://127.0.0.1:8765"

with DAG(
    "faceswap_first_swap",
    schedule=None,
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
        deferrable=True,
    )
