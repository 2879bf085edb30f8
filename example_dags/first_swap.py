"""
One clip, one new face, one stored file.

The task submits the job and then waits in the triggerer: it holds no worker slot while the vendor works.

It needs the connection `modelslab_default` and a triggerer.

The params name samples of the sandbox (`python -m airflow_provider_faceswap.sandbox`); give your own URLs
when you trigger the Dag. The result is stored in `output_path`, the URL of a folder in any object storage.
"""

from airflow.sdk import DAG, Param

from airflow_provider_faceswap.operators.modelslab import ModelsLabSingleVideoSwapOperator

SANDBOX = "http://127.0.0.1:8765"

with DAG(
    "faceswap_first_swap",
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
        deferrable=True,
    )
