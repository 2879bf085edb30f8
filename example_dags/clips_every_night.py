"""
A folder of clips every night: what is new gets a new face, in one task, however many clips there are.

A glob finds the clips. The next night it finds them again, and only those without a result are bought.
Another Dag starts when the night's clips have landed, and reads the manifest.

It needs the connection `modelslab_default`, a triggerer, and `my_aws_conn`: a connection to the object
storage that holds the clips. The vendor gets a signed URL of each clip.

The params name a sample of the sandbox (`python -m airflow_provider_faceswap.sandbox`) and a bucket that only
the demo has; give your own when you trigger the Dag. Results and manifest are stored in `output_path`, the
URL of a folder in any object storage. The glob must not match anything in it.
"""

from airflow.sdk import DAG, Asset, Param, task

from airflow_provider_faceswap.operators.batch import FaceSwapBatchOperator, read_manifest

SANDBOX = "http://127.0.0.1:8765"
NIGHTS_CLIPS = Asset("clips_of_the_night")

with DAG(
    "faceswap_clips_every_night",
    schedule="@daily",
    catchup=False,
    max_active_runs=1,  # one folder, one writer
    doc_md=__doc__,
    params={
        "face": Param(f"{SANDBOX}/samples/hopper.jpg", type="string"),
        "clips": Param("s3://my_aws_conn@my-bucket/clips/*.mp4", type="string"),
        "output_path": Param("file:///tmp/faceswap", type="string"),
    },
    tags=["faceswap"],
):
    FaceSwapBatchOperator(
        task_id="swap",
        conn_id="modelslab_default",
        items="{{ params.clips }}",
        common={"face": "{{ params.face }}"},
        output_path="{{ params.output_path }}",
        max_failed=0.1,
        outlets=[NIGHTS_CLIPS],
        deferrable=True,
        retries=2,
    )

with DAG("faceswap_clips_of_the_night", schedule=[NIGHTS_CLIPS], doc_md=__doc__, tags=["faceswap"]):

    @task
    def landed(triggering_asset_events: dict) -> list[str]:
        """List the files of all clips in the folder that have a result."""
        manifest = triggering_asset_events[NIGHTS_CLIPS][-1].extra["manifest"]
        return [
            file for line in read_manifest(manifest) if line["status"] == "success" for file in line["stored"]
        ]

    landed()
