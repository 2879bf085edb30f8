"""
One task for each clip of a list, all of them waiting in the triggerer at the same time.

It needs the connection `modelslab_default` and a triggerer. If the list is longer than the queue of your
plan, give the task a pool with as many slots as the queue, and tick *include deferred*.

The params name samples of the sandbox (`python -m airflow_provider_faceswap.sandbox`); give your own URLs
when you trigger the Dag. The result is stored in `output_path`, the URL of a folder in any object storage.
"""

from airflow.sdk import DAG, Param, task

from airflow_provider_faceswap.operators.modelslab import ModelsLabSingleVideoSwapOperator

SANDBOX = "http://127.0.0.1:8765"

with DAG(
    "faceswap_mapped_clips",
    schedule=None,
    doc_md=__doc__,
    params={
        "face": Param(f"{SANDBOX}/samples/hopper.jpg", type="string"),
        "clips": Param([f"{SANDBOX}/samples/clip.mp4", f"{SANDBOX}/samples/duo.mp4"], type="array"),
        "output_path": Param("file:///tmp/faceswap", type="string"),
    },
    tags=["faceswap"],
):

    @task
    def clips(params: dict) -> list[str]:
        """List the clips; a real Dag would list a bucket."""
        return params["clips"]

    ModelsLabSingleVideoSwapOperator.partial(
        task_id="swap",
        init_image="{{ params.face }}",
        output_path="{{ params.output_path }}",
        deferrable=True,
    ).expand(init_video=clips())
