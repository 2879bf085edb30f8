"""What OpenLineage's own provider makes of a task, up to the event that it emits."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import jsonschema
import pytest
from airflow.providers.openlineage.extractors.manager import ExtractorManager
from airflow.providers.openlineage.plugins.adapter import OpenLineageAdapter
from airflow.sdk import DAG
from airflow.utils.state import TaskInstanceState
from openlineage.client.serde import Serde
from referencing import Registry, Resource

from airflow_provider_faceswap.execution.openlineage import FACET, SCHEMA_URL, dataset_name
from airflow_provider_faceswap.execution.reporting import report
from airflow_provider_faceswap.operators.modelslab import ModelsLabSingleVideoSwapOperator
from airflow_provider_faceswap.sensors.modelslab import ModelsLabFetchSensor
from tests.fakes import context

SCHEMA = Path(__file__).parents[2] / "docs" / SCHEMA_URL.partition("/stable/")[2].partition("#")[0]
BASE = {"$defs": {"RunFacet": {"type": "object", "required": ["_producer", "_schemaURL"]}}}
FILE = {"url": "s3://store@bucket/out/clip.mp4", "bytes": 5, "sha256": "0" * 64, "format": "mp4"}
RESULT: dict[str, Any] = {
    "provider": "modelslab",
    "operation": "single_video_swap",
    "job_id": "278",
    "output": ["https://cdn.example.com/result.mp4?token=t0k3n"],
    "files": [FILE],
    "cost": {"amount": 10.0, "unit": "credits"},
    "inputs": {
        "init_video": "s3://store@bucket/clip.mp4",
        "target": "s3://store@bucket/clip.mp4",
        "face_image": ["https://me@media.example.com/faces/a.jpg?X-Amz-Signature=s1gn3d"],
        "ref_info": [{"face_ref": "sha256:" + "0" * 64, "face_url": "file:///data/b.jpg"}],
    },
}


def operator() -> Any:
    return ModelsLabSingleVideoSwapOperator(
        task_id="swap", init_image="https://example.com/a.jpg", init_video="https://example.com/a.mp4"
    )


def sensor() -> Any:
    return ModelsLabFetchSensor(task_id="wait", job_id="278")


def extracted(task: Any, state: TaskInstanceState = TaskInstanceState.SUCCESS) -> Any:
    run, ti = SimpleNamespace(run_id="r"), SimpleNamespace(task=task)
    DAG("d").add_task(task)
    return ExtractorManager().extract_metadata(run, task, state, ti)


def emitted(task: Any) -> dict[str, Any]:
    """The event of a task, as the transport gets it."""
    client = mock.Mock()
    OpenLineageAdapter(client).complete_task(
        run_id="01234567-89ab-7def-8123-456789abcdef",
        job_name="d.swap",
        end_time="2026-11-21T12:00:00+00:00",
        task=extracted(task),
        nominal_start_time=None,
        nominal_end_time=None,
        owners=None,
        tags=None,
        job_description=None,
    )
    (event,) = client.emit.call_args.args
    found: dict[str, Any] = json.loads(Serde.to_json(event))
    return found


def names(datasets: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(dataset["namespace"], dataset["name"]) for dataset in datasets]


@pytest.mark.parametrize("make", [operator, sensor])
def test_an_event_names_inputs_outputs_and_the_job(make: Any) -> None:
    task = make()
    report(task, context(), RESULT)
    event = emitted(task)
    assert names(event["inputs"]) == [
        ("s3://bucket", "clip.mp4"),
        ("https://media.example.com", "/faces/a.jpg"),
        ("file", "/data/b.jpg"),
    ]
    assert names(event["outputs"]) == [("s3://bucket", "out/clip.mp4")]
    facet = {name: value for name, value in event["run"]["facets"][FACET].items() if name[0] != "_"}
    assert facet == {
        "provider": "modelslab",
        "operation": "single_video_swap",
        "jobId": "278",
        "cost": {"amount": 10, "unit": "credits"},
        "reused": False,
    }
    assert not [word for word in ("t0k3n", "s1gn3d", "store@", "me@") if word in str(event)]


def test_a_task_keeps_no_link_of_the_vendor() -> None:
    task = operator()
    report(task, context(), RESULT)
    assert "t0k3n" not in str(task.reported)


@pytest.mark.parametrize(
    "result", [RESULT, {**RESULT, "reused": True}, {"provider": "aifaceswap", "operation": "x", "faces": []}]
)
def test_the_facet_is_as_its_schema_says(result: dict[str, Any]) -> None:
    task = operator()
    report(task, context(), result)
    facet = emitted(task)["run"]["facets"][FACET]
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert facet["_schemaURL"] == f"{schema['$id']}#/$defs/FaceSwapJobRunFacet"
    assert facet["reused"] is result.get("reused", False)
    spec = "https://openlineage.io/spec/2-0-2/OpenLineage.json"
    registry: Any = Registry().with_resources(
        [
            (uri, Resource.from_contents({"$schema": schema["$schema"], **content}))
            for uri, content in ((spec, BASE), (schema["$id"], schema))
        ]
    )
    validator = jsonschema.Draft202012Validator({"$ref": facet["_schemaURL"]}, registry=registry)
    validator.validate(facet)
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({**facet, "operation": None})


@pytest.mark.parametrize("make", [operator, sensor])
def test_a_task_that_failed_has_nothing_to_say(make: Any) -> None:
    found = extracted(make(), TaskInstanceState.FAILED)
    assert (found.inputs, found.outputs, found.run_facets) == ([], [], {})


@pytest.mark.parametrize(
    ("url", "namespace", "name"),
    [
        ("s3://conn@bucket/a/b.mp4", "s3://bucket", "a/b.mp4"),
        ("s3a://conn@bucket/a/b.mp4", "s3://bucket", "a/b.mp4"),
        ("gcs://conn@bucket/a.mp4", "gs://bucket", "a.mp4"),
        ("abfs://conn@container/a.mp4", "abfss://container", "a.mp4"),
        ("file:///data/a.mp4", "file", "/data/a.mp4"),
        ("http://127.0.0.1:8765/samples/a.jpg?x=1", "http://127.0.0.1:8765", "/samples/a.jpg"),
        ("https://example.com", "https://example.com", "/"),
    ],
)
def test_names_follow_the_conventions(url: str, namespace: str, name: str) -> None:
    assert dataset_name(url) == (namespace, name)


@pytest.mark.parametrize("module", ["operators.modelslab", "sensors.modelslab"])
def test_reading_a_dag_does_not_import_it(module: str) -> None:
    code = f"import sys, airflow_provider_faceswap.{module}; print(*sys.modules)"
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert f"airflow_provider_faceswap.{module}" in seen
    assert "openlineage.client" not in seen and "openlineage.extractors" not in seen
