"""
Two swaps in a picture: one chosen face, and all faces.

Pictures are done within seconds, so the worker waits for them itself; nothing is deferred.

It needs the connection `modelslab_default`.

The params name samples of the sandbox (`python -m airflow_provider_faceswap.sandbox`); give your own URLs
when you trigger the Dag. The result is stored in `output_path`, the URL of a folder in any object storage.
"""

from airflow.sdk import DAG, Param

from airflow_provider_faceswap.operators.modelslab import (
    ModelsLabMultipleFaceSwapOperator,
    ModelsLabSpecificFaceSwapOperator,
)

SANDBOX = "http://127.0.0.1:8765"

with DAG(
    "faceswap_pictures",
    schedule=None,
    doc_md=__doc__,
    params={
        "picture": Param(f"{SANDBOX}/samples/duo.jpg", type="string"),
        "one_of_its_faces": Param(f"{SANDBOX}/samples/duo-face.jpg", type="string"),
        "new_face": Param(f"{SANDBOX}/samples/astronaut.jpg", type="string"),
        "output_path": Param("file:///tmp/faceswap", type="string"),
    },
    tags=["faceswap"],
):
    ModelsLabSpecificFaceSwapOperator(
        task_id="one_face",
        init_image="{{ params.picture }}",
        reference_image="{{ params.one_of_its_faces }}",
        target_image="{{ params.new_face }}",
        output_path="{{ params.output_path }}",
    )
    ModelsLabMultipleFaceSwapOperator(
        task_id="all_faces",
        init_image="{{ params.picture }}",
        target_image="{{ params.new_face }}",
        output_path="{{ params.output_path }}",
    )
