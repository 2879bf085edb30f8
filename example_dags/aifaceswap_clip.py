"""aifaceswap.io calls back when a clip is done; its length is measured and its price bounded beforehand."""

from airflow.sdk import DAG, Param

from airflow_provider_faceswap.operators.aifaceswap import AIFaceSwapVideoOperator

SANDBOX = "http://127.0.0.1:8765"

with DAG(
    "faceswap_aifaceswap_clip",
    schedule=None,
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
