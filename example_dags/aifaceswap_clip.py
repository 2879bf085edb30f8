"""
A clip by aifaceswap.io, which calls back when it is done.

The length of the clip is measured first. A job that would cost more than `max_cost` credits is not submitted.

It needs the connection `aifaceswap_default`, a triggerer, the extra `[media]` of this provider, and
`callback_base_url`, `callback_secret` and `inbox` in the section `[faceswap]` of Airflow's configuration.

The params name samples of the sandbox (`python -m airflow_provider_faceswap.sandbox`); give your own URLs
when you trigger the Dag. The result is stored in `output_path`, the URL of a folder in any object storage.
"""

from airflow.sdk import DAG, Param

from airflow_provider_faceswap.operators.aifaceswap import AIFaceSwapVideoOperator

SANDBOX = "http://127.0.0.1:8765"

with DAG(
    "faceswap_aifaceswap_clip",
    schedule=None,
    doc_md=__doc__,
    params={
        "face": Param(f"{SANDBOX}/samples/hopper.jpg", type="string"),
        "clip": Param(f"{SANDBOX}/samples/clip.mp4", type="string"),
        "output_path": Param("file:///tmp/faceswap", type="string"),
    },
    tags=["faceswap"],
):
    AIFaceSwapVideoOperator(
        task_id="swap",
        source_video="{{ params.clip }}",
        face_image="{{ params.face }}",
        output_path="{{ params.output_path }}",
        max_cost=20,
        deferrable=True,
    )
