"""
Two new faces for the two people in a clip, in one job.

The tasks grab a frame of the clip, find the faces in it, cut them out, and submit a swap for all of them.

It needs the connection `aifaceswap_default`, a triggerer, the extra `[media]` of this provider, and
`callback_base_url`, `callback_secret` and `inbox` in the section `[faceswap]` of Airflow's configuration.
The frame is handed on as a file in `output_path`: on local disk, that needs `local_roots` there, too.

The params name samples of the sandbox (`python -m airflow_provider_faceswap.sandbox`); give your own URLs
when you trigger the Dag. The result is stored in `output_path`, the URL of a folder in any object storage.
"""

from airflow.sdk import DAG, ObjectStoragePath, Param, task

from airflow_provider_faceswap.hooks.aifaceswap import AIFaceSwapHook
from airflow_provider_faceswap.media import crop_faces, grab_frame
from airflow_provider_faceswap.operators.aifaceswap import (
    AIFaceSwapExtractFrameFacesOperator,
    AIFaceSwapMultiVideoOperator,
)

SANDBOX = "http://127.0.0.1:8765"

with DAG(
    "faceswap_aifaceswap_several_faces",
    schedule=None,
    doc_md=__doc__,
    params={
        "clip": Param(f"{SANDBOX}/samples/duo.mp4", type="string"),
        "new_faces": Param(
            [f"{SANDBOX}/samples/hopper.jpg", f"{SANDBOX}/samples/astronaut.jpg"], type="array"
        ),
        "output_path": Param("file:///tmp/faceswap", type="string"),
    },
    tags=["faceswap"],
):

    @task
    def grab(params: dict) -> str:
        """Keep a frame of the clip as a picture."""
        frame = ObjectStoragePath(params["output_path"]) / "frame.jpg"
        frame.parent.mkdir(parents=True, exist_ok=True)
        frame.write_bytes(grab_frame(params["clip"], AIFaceSwapHook().settings))
        return str(frame)

    @task
    def references(frame: str, found: dict, params: dict) -> list[dict]:
        """Cut the faces out, from left to right, and give each a new one."""
        crops = crop_faces(ObjectStoragePath(frame).read_bytes(), sorted(found["faces"]))
        return [
            {"face_ref": crop, "face_url": url} for crop, url in zip(crops, params["new_faces"], strict=False)
        ]

    frame = grab()
    faces = AIFaceSwapExtractFrameFacesOperator(task_id="faces", base64_img=frame)
    AIFaceSwapMultiVideoOperator(
        task_id="swap",
        source_video="{{ params.clip }}",
        ref_info=references(frame, faces.output),
        output_path="{{ params.output_path }}",
        deferrable=True,
    )
