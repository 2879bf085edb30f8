from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from airflow.sdk import DAG

from airflow_provider_faceswap.operators.batch import FaceSwapBatchOperator
from airflow_provider_faceswap.operators.faceswap import FaceSwapOperator
from airflow_provider_faceswap.pages.database import OutputPath, Task, look_up
from airflow_provider_faceswap.sensors.modelslab import ModelsLabFetchSensor
from tests.pages.scene import TASK, Scene, insert

SWAP: dict[str, Any] = {"conn_id": "modelslab_default", "face": "https://example.com/face.jpg"}
CLIP = "https://example.com/a.mp4"


def parse(scene: Scene, output_path: str, kind: str) -> OutputPath:
    """Let Airflow write a Dag down, without what it rendered; return what is known of the folder."""
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.models.taskinstance import TaskInstance
    from airflow.serialization.serialized_objects import DagSerialization

    with DAG("ours", schedule=None) as dag:
        if kind == "mapped":
            operator = FaceSwapOperator.partial(task_id="swap", output_path=output_path, **SWAP)
            operator.expand(target=[CLIP])
        elif kind == "batch":
            FaceSwapBatchOperator(task_id="swap", conn_id="c", items=[], output_path=output_path)
        elif kind == "sensor":
            ModelsLabFetchSensor(task_id="swap", job_id="1", output_path=output_path)
        else:
            FaceSwapOperator(task_id="swap", target=CLIP, output_path=output_path, **SWAP)
    version = uuid4()
    written = {"_data": DagSerialization.to_dict(dag), "dag_hash": "", "dag_version_id": version}
    insert(SerializedDagModel, dag_id="ours", **written)
    run = {"dag_version_id": version, "pool": "p", "pool_slots": 1, "max_tries": 0}
    insert(TaskInstance, id=uuid4(), **vars(TASK), **run)
    return look_up(TASK).output_path


def test_of_a_task_that_is_not_there_nothing_is_known(scene: Scene) -> None:
    known = look_up(Task("no", "such", "task"))
    assert (known.result, known.output_path) == (None, OutputPath())


def test_the_folder_is_what_the_task_rendered(scene: Scene) -> None:
    scene.shows(scene.store())
    folder = look_up(TASK).output_path
    assert folder == OutputPath(scene.folder)
    assert folder.allows(scene.folder)
    assert not folder.allows(f"{scene.folder}/below")


@pytest.mark.parametrize("rendered", [None, "", 5, ["x"]])
def test_a_task_that_stores_nothing_stores_nowhere(scene: Scene, rendered: Any) -> None:
    from airflow.models.renderedtifields import RenderedTaskInstanceFields as Rendered

    insert(Rendered, rendered_fields={"output_path": rendered}, **vars(TASK))
    found = look_up(TASK).output_path
    assert not any(found.allows(folder) for folder in ("", "file:///x", "None"))


@pytest.mark.parametrize("kind", ["plain", "mapped", "batch", "sensor"])
def test_of_an_old_run_the_folder_is_what_the_dag_says(scene: Scene, kind: str) -> None:
    assert parse(scene, "s3://conn@bucket/swaps/", kind) == OutputPath("s3://conn@bucket/swaps")


@pytest.mark.parametrize("kind", ["plain", "mapped", "batch", "sensor"])
def test_a_template_in_it_stands_for_any_text(scene: Scene, kind: str) -> None:
    found = parse(scene, "s3://conn@bucket/swaps/{{ run_id }}/x", kind)
    assert found == OutputPath("s3://conn@bucket/swaps/", whole=False)
    assert found.allows("s3://conn@bucket/swaps/manual__2026/x")
    assert not found.allows("s3://conn@bucket/other")


@pytest.mark.parametrize(
    "text", ["{{ x }}", "{{ x }}/swaps", "s3://{{ x }}/swaps", "file:///{{ x }}", "s3://b{{ x }}"]
)
def test_a_template_at_its_start_allows_nothing(scene: Scene, text: str) -> None:
    assert parse(scene, text, "plain") == OutputPath()
