"""
The same picture by both versions of Segmind's API.

Version 1 answers with the picture itself. Version 2 queues the job, and the task waits in the triggerer.

It needs the connection `segmind_default` and a triggerer.

The params name samples of the sandbox (`python -m airflow_provider_faceswap.sandbox`); give your own URLs
when you trigger the Dag. The result is stored in `output_path`, the URL of a folder in any object storage.
"""

from airflow.sdk import DAG, Param

from airflow_provider_faceswap.operators.segmind import SegmindFaceSwapOperator

SANDBOX = "http://127.0.0.1:8765"

with DAG(
    "faceswap_segmind_picture",
    schedule=None,
    doc_md=__doc__,
    params={
        "new_face": Param(f"{SANDBOX}/samples/hopper.jpg", type="string"),
        "picture": Param(f"{SANDBOX}/samples/astronaut.jpg", type="string"),
        "output_path": Param("file:///tmp/faceswap", type="string"),
    },
    tags=["faceswap"],
):
    for version in ("v1", "v2"):
        SegmindFaceSwapOperator(
            task_id=version,
            source_img="{{ params.new_face }}",
            target_img="{{ params.picture }}",
            output_path="{{ params.output_path }}",
            api_version=version,
            deferrable=True,
        )
