"""One Dag, run with a connection to each vendor."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_provider_faceswap.apis import VENDORS
from harness.cluster import Cluster
from harness.sandbox import Sandbox
from tests.system.run import Run
from tests.system.scene import Scene

PICTURES = {
    "modelslab": "multiple_face_swap",
    "segmind": "faceswap-v2",
    "aifaceswap": "faceswap",
}
CLIPS = {"modelslab": "single_video_swap", "aifaceswap": "video_faceswap"}
NO_CLIPS = (
    "InputError: target: Segmind has no operation for a clip; give the conn_id of a vendor that has one: "
    "ModelsLab (single_video_swap), aifaceswap.io (video_faceswap)"
)


@pytest.fixture(scope="module")
def runs(cluster: Cluster, sandbox: Sandbox, examples: Path) -> dict[str, Run]:
    """A run for each vendor, all at the same time."""
    disk = examples / "any_vendor"
    disk.mkdir()
    for name, sample in {"hopper.jpg": "hopper.jpg", "astronaut.jpg": "astronaut.jpg"}.items():
        (disk / name).write_bytes(sandbox.http.get(f"/samples/{sample}").content)
    (disk / "without_a_suffix").write_bytes((disk / "astronaut.jpg").read_bytes())
    params = {"samples": f"{sandbox.url}/samples", "disk": f"file://{disk}"}
    return {
        name: Run.start(
            cluster,
            "any_vendor",
            conn_id=f"{name}_default",
            output_path=f"file://{examples}/results/any_vendor/{name}",
            **params,
        )
        for name in VENDORS
    }


@pytest.mark.parametrize("name", VENDORS)
def test_each_task_is_swapped_by_the_vendor_that_the_connection_names(
    runs: dict[str, Run], name: str
) -> None:
    run = runs[name]
    run.ends()
    wanted = {"picture": PICTURES[name], "local_picture": PICTURES[name], "no_suffix": PICTURES[name]}
    if name in CLIPS:
        wanted["clip"] = CLIPS[name]
    for task_id, operation in wanted.items():
        assert run.states()[task_id] == "success", run.errors(task_id)
        result = run.result(task_id)
        assert (result["provider"], result["operation"]) == (name, operation)
        (stored,) = result["stored"]
        assert Path(stored.removeprefix("file://")).suffix == (".mp4" if task_id == "clip" else ".jpg")
        assert {"face", "target"} <= result["inputs"].keys()
        assert "reference" not in result["inputs"]


def test_a_vendor_without_clips_says_who_has_them(runs: dict[str, Run]) -> None:
    assert runs["segmind"].ends() == "failed"
    assert set(runs["segmind"].errors("clip")) == {NO_CLIPS}
    (clip,) = [task for task in runs["segmind"].tasks() if task["task_id"] == "clip"]
    assert clip["try_number"] == 1


def test_connection_edited_to_another_vendor_while_deferred_buys_nothing_there(cluster: Cluster) -> None:
    """One host serves both vendors, as a gateway does: the host alone does not tell them apart."""
    with Scene(cluster, dag_id="one_clip") as scene:
        scene.jobs("never")
        scene.start()
        scene.reaches("deferred")
        scene.is_looked_at()
        (job_id,) = scene.job_ids
        scene.connect(conn_type="aifaceswap")
        scene.finish_jobs()
        bought = f"job {job_id} was bought from ModelsLab"
        scene.fails_at_once(f"{bought}, and connection '{scene.conn_id}' is of type 'aifaceswap'")
        assert scene.accepted == 1

        scene.connect(conn_type="modelslab")
        scene.ends("success", since_try=scene.clear())
        assert scene.accepted == 1
        assert scene.result["job_id"] == job_id
