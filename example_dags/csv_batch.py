"""
A CSV file of clips in one task, and a second task that buys again what failed in the first.

The first task accepts any number of failed rows. The second has the same list and the same folder: it buys
only the rows that failed, and fails if one of them fails again. The last task lists those.

It needs the connection `modelslab_default` and a triggerer. The first task writes the CSV file to
`output_path`: on local disk, that needs `local_roots` in the section `[faceswap]` of Airflow's configuration.

The params name samples of the sandbox (`python -m airflow_provider_faceswap.sandbox`); give your own URLs
when you trigger the Dag. Results and manifest are stored below `output_path`, the URL of a folder in any
object storage.
"""

from airflow.sdk import DAG, ObjectStoragePath, Param, task

from airflow_provider_faceswap.operators.batch import FaceSwapBatchOperator, read_manifest

SANDBOX = "http://127.0.0.1:8765"
CSV = f"""\
target,output_name,consent_reference
{SANDBOX}/samples/clip.mp4,street,release-0417
{SANDBOX}/samples/duo.mp4,interview,release-0418
"""

with DAG(
    "faceswap_csv_batch",
    schedule=None,
    max_active_runs=1,  # one folder, one writer
    doc_md=__doc__,
    params={
        "face": Param(f"{SANDBOX}/samples/astronaut.jpg", type="string"),
        "csv": Param(CSV, type="string", format="multiline"),
        "output_path": Param("file:///tmp/faceswap", type="string"),
    },
    default_args={
        "conn_id": "modelslab_default",
        "common": {"face": "{{ params.face }}"},
        "output_path": "{{ params.output_path }}/swaps",
        "deferrable": True,
        "retries": 2,
    },
    tags=["faceswap"],
):

    @task
    def listed(params: dict) -> str:
        """Write the CSV file; a real Dag would be given the URL of one."""
        file = ObjectStoragePath(params["output_path"]) / "list.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(params["csv"])
        return str(file)

    @task(trigger_rule="all_done")
    def failures(params: dict) -> dict[str, str]:
        """Say of each clip without a result why it has none."""
        lines = list(read_manifest(f"{params['output_path']}/swaps"))
        return {line["item"]["target"]: line["error"] for line in lines if line["status"] != "success"}

    clips = listed()
    swap = FaceSwapBatchOperator(task_id="swap", items=clips, max_failed=1.0)
    again = FaceSwapBatchOperator(task_id="swap_what_failed", items=clips, max_failed=0)
    swap >> again >> failures()
