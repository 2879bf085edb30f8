"""Segmind: v1 answers with the picture itself, v2 is queued and waited for without a worker slot."""

from airflow.sdk import DAG, Param

from airflow_provider_faceswap.operators.segmind import SegmindFaceSwapOperator

SANDBOX = "http://127.0.0.1:8765"

with DAG(
    "faceswap_segmind_picture",
    schedule=None,
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
