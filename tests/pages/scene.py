"""What workers leave behind, in Airflow's database and in the folders of results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zlib import crc32

from airflow_provider_faceswap.execution.outcome import described_task
from airflow_provider_faceswap.pages.database import Task
from airflow_provider_faceswap.storage.outputs import OutputStore
from airflow_provider_faceswap.storage.provenance import SUFFIX, Owner

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40
MP4 = b"\0\0\0\x18ftypisom" + bytes(range(256)) * 4000
TASK = Task("ours", "run", "swap")


def as_ti(task: Task) -> Any:
    return SimpleNamespace(try_number=1, **asdict(task))


class Scene:
    """
    Task instances and their results.

    :param root: the one folder of ``local_roots``.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = f"file://{root}/swaps"
        self._jobs = 0

    def store(
        self,
        content: bytes = JPEG,
        *,
        task: Task = TASK,
        folder: str = "",
        inputs: Mapping[str, Any] | None = None,
    ) -> str:
        """Store a result as a worker does, with its provenance; return its URL."""
        self._jobs += 1
        outputs = OutputStore(folder or self.folder, "any", "swap", task=described_task(as_ti(task)))
        owner = Owner("modelslab", f"job{self._jobs}", "", inputs=inputs or {})
        return outputs.save_content(content, owner).url

    def path(self, url: str) -> Path:
        return Path(url.removeprefix("file://"))

    def record(self, url: str) -> Path:
        return self.path(url + SUFFIX)

    def forge(self, url: str, **changes: Any) -> None:
        """Change a record."""
        record = self.record(url)
        record.write_text(json.dumps({**json.loads(record.read_text()), **changes}))

    def file(self, name: str, content: bytes = JPEG) -> str:
        """Write a file below the root without any record; return its URL."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return f"file://{path}"

    def returns(
        self, result: Any, *, task: Task = TASK, output_path: str | None = "", as_text: bool = False
    ) -> None:
        """
        Let a task instance have returned something.

        :param output_path: that it rendered, by default :attr:`folder`; None where Airflow has dropped that.
        """
        from airflow.models.renderedtifields import RenderedTaskInstanceFields as Rendered
        from airflow.models.xcom import XComModel

        value = json.dumps(result) if as_text else result
        names = asdict(task)
        insert(XComModel, dag_run_id=crc32(task.run_id.encode()), key="return_value", value=value, **names)
        if output_path is not None:
            insert(Rendered, rendered_fields={"output_path": output_path or self.folder}, **names)

    def shows(self, *urls: str, **more: Any) -> None:
        """Let the task have returned stored files."""
        self.returns({"provider": "modelslab", "stored": list(urls)}, **more)


def clean() -> None:
    """Empty the tables."""
    from sqlalchemy import delete

    for table in _tables():
        _execute(delete(table))


def _tables() -> list[Any]:
    from airflow.models.renderedtifields import RenderedTaskInstanceFields
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.xcom import XComModel

    return [RenderedTaskInstanceFields, XComModel, SerializedDagModel, TaskInstance]


def insert(table: Any, **values: Any) -> None:
    from sqlalchemy import insert as into

    _execute(into(table).values(**values))


def _execute(statement: Any) -> None:
    from airflow.utils.session import create_session
    from sqlalchemy import text

    with create_session() as session:
        session.execute(text("PRAGMA foreign_keys=OFF"))  # the run and the task instance are left out
        session.execute(statement)
