"""Pictures are done within seconds: the worker waits for them itself."""

from airflow.sdk import DAG, Param

from airflow_provider_faceswap.operators.modelslab import (
    ModelsLabMultipleFaceSwapOperator,
    ModelsLabSpecificFaceSwapOperator,
)

SANDBOX = "http://127.0.0.1:8765"

with DAG(
    "faceswap_pictures",
    schedule=None,
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
