"""A task that has bought a swap and stored it."""

from __future__ import annotations

from pathlib import Path

from airflow_provider_faceswap.execution.outcome import described_task
from airflow_provider_faceswap.journal.entry import Entry, State
from airflow_provider_faceswap.storage.outputs import OutputStore
from airflow_provider_faceswap.storage.provenance import Owner
from airflow_provider_faceswap.storage.records import Records
from tests.cli.scene import Scene, entry
from tests.pages.scene import JPEG, as_ti

NAMED = ("--dag-id", "swaps", "--run-id", "run1", "--task-id", "swap")
NONCE = "a" * 22
MEDIA = {"init_image": "https://example.com/face.jpg"}


class Swap:
    """A task that has bought a swap and stored it."""

    def __init__(self, scene: Scene, job_id: str = "278", *, run_id: str = "run1", consent: str = "") -> None:
        self.scene = scene
        self.task = scene.run(run_id=run_id, state="success")
        outputs = OutputStore(
            scene.folder,
            "any",
            "swap",
            consent_reference=consent or None,
            task=described_task(as_ti(self.task)),
        )
        self.file = outputs.save_content(JPEG, Owner("modelslab", job_id, "", inputs=MEDIA))
        result = {
            "provider": "modelslab", "operation": "multiple_face_swap", "job_id": job_id, "status": "success",
            "output": [], "stored": [self.file.url], "seconds": 1.0, "cost": None, "submitted_at": None,
            "eta": None, "meta": {}, "inputs": MEDIA, "files": [self.file.as_dict()],
        }  # fmt: skip
        self.entry = entry(
            State.FINISHED, job_id=job_id, result=result, made_from=MEDIA, identity=f"id{job_id}"
        )
        Records(scene.folder).write(self.entry.identity, result)
        scene.keeps(self.task, self.entry)
        scene.renders(self.task, output_path=scene.folder, consent_reference=consent)

    @property
    def path(self) -> Path:
        return Path(self.file.url.removeprefix("file://"))

    @property
    def kept(self) -> Entry:
        found = Entry.from_store(self.scene.kept(self.task))
        assert found
        return found


def files(scene: Scene) -> list[str]:
    return sorted(path.name for path in Path(scene.root, "swaps").rglob("*") if path.is_file())
