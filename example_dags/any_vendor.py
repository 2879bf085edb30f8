"""
The same picture by three vendors, and a clip by any one of them: only `conn_id` differs.

The type of a connection names its vendor, and what a task is given names the operation. Segmind edits
pictures only: a clip for it fails with a sentence that names the others.

It needs the connections `modelslab_default`, `segmind_default` and `aifaceswap_default`, or those that you
put into the params, and a triggerer; for aifaceswap.io also the extra `[media]` of this provider, and
`callback_base_url`, `callback_secret` and `inbox` in the section `[faceswap]` of Airflow's configuration.

The params name samples of the sandbox (`python -m airflow_provider_faceswap.sandbox`); give your own URLs
when you trigger the Dag. The results are stored in `output_path`, the URL of a folder in any object storage.
"""

from airflow.sdk import DAG, Param, task

from airflow_provider_faceswap.operators.faceswap import FaceSwapOperator

SANDBOX = "http://127.0.0.1:8765"

with DAG(
    "faceswap_any_vendor",
    schedule=None,
    doc_md=__doc__,
    params={
        "new_face": Param(f"{SANDBOX}/samples/hopper.jpg", type="string"),
        "picture": Param(f"{SANDBOX}/samples/astronaut.jpg", type="string"),
        "for_the_picture": Param(
            ["modelslab_default", "segmind_default", "aifaceswap_default"], type="array"
        ),
        "clip": Param(f"{SANDBOX}/samples/clip.mp4", type="string"),
        "for_the_clip": Param("aifaceswap_default", type="string"),
        "output_path": Param("file:///tmp/faceswap", type="string"),
    },
    tags=["faceswap"],
):

    @task
    def connections(params: dict) -> list[str]:
        """List the connections to buy the picture from."""
        return params["for_the_picture"]

    FaceSwapOperator.partial(
        task_id="picture",
        face="{{ params.new_face }}",
        target="{{ params.picture }}",
        output_path="{{ params.output_path }}",
        deferrable=True,
    ).expand(conn_id=connections())

    FaceSwapOperator(
        task_id="clip",
        conn_id="{{ params.for_the_clip }}",
        face="{{ params.new_face }}",
        target="{{ params.clip }}",
        output_path="{{ params.output_path }}",
        deferrable=True,
    )
