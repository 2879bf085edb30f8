"""The task state store, as Airflow's metadata database has it (Airflow 3.3 and later)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, not_, or_, select
from sqlalchemy.orm import Session

from airflow_provider_faceswap.batch.claim import NO_STATUS
from airflow_provider_faceswap.cli.errors import CommandError
from airflow_provider_faceswap.journal.state import TaskState
from airflow_provider_faceswap.pages.database import Task

ACTIVE = frozenset(
    {
        NO_STATUS, "scheduled", "queued", "running", "restarting", "deferred", "up_for_retry",
        "up_for_reschedule",
    }
)  # fmt: skip
"""States of a task instance whose worker may still write."""

ESCAPE = "!"
"""Before a character of a pattern of SQL's LIKE that stands for itself; a backslash is one of MySQL's own."""
_NAMES = ("dag_id", "run_id", "task_id", "map_index")


@dataclass(frozen=True)
class Which:
    """
    Which task instances are meant; what is None may be anything.

    :param dag_id: of the Dag.
    :param run_id: of the run.
    :param task_id: of the task.
    :param map_index: of the task instance.
    """

    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int | None = None

    @classmethod
    def of(cls, args: Any) -> Which:
        """Return what the command line asks for."""
        return cls(*(getattr(args, name) for name in _NAMES))

    @property
    def names_a_task(self) -> bool:
        """Whether Dag, run and task are named."""
        return bool(self.dag_id and self.run_id and self.task_id)

    def conditions(self, table: Any) -> list[Any]:
        """Return the conditions on a table that names task instances."""
        return [getattr(table, name) == value for name, value in vars(self).items() if value is not None]

    def __str__(self) -> str:
        given = [f"{name} {value}" for name, value in vars(self).items() if value is not None]
        return ", ".join(given) or "any task"


@dataclass(frozen=True)
class Kept:
    """
    One key of a task instance.

    :param task: the task instance.
    :param key: of its state.
    :param value: the JSON value.
    :param state: the task instance's.
    """

    task: Task
    key: str
    value: Any
    state: str

    @property
    def active(self) -> bool:
        """Whether a worker may still write."""
        return self.state in ACTIVE


class TaskStore:
    """
    The keys of one task instance, as a task's context has them.

    :param session: of the metadata database.
    :param task: the task instance.
    """

    def __init__(self, session: Session, task: Task) -> None:
        model()
        from airflow.state import TaskScope
        from airflow.state.metastore import MetastoreBackend

        self._session = session
        self._backend = MetastoreBackend()
        self._scope = TaskScope(
            dag_id=task.dag_id, run_id=task.run_id, task_id=task.task_id, map_index=task.map_index
        )

    def get(self, key: str) -> Any:
        """Return a value, None if there is none."""
        found = self._backend.get(self._scope, key, session=self._session)
        return None if found is None else json.loads(found)

    def set(self, key: str, value: Any, retention: timedelta | None = None) -> None:
        """Write a value. Like what workers write, it goes with its Dag run."""
        self._backend.set(self._scope, key, json.dumps(value), expires_at=None, session=self._session)

    def delete(self, key: str) -> None:
        """Delete a value."""
        self._backend.delete(self._scope, key, session=self._session)


def state_of(session: Session, task: Task) -> TaskState:
    """Return the keys of a task instance as the journals read and write them."""
    return TaskState({"task_state_store": TaskStore(session, task)})


def model() -> Any:
    """
    Return the table.

    :raises CommandError: below Airflow 3.3.
    """
    try:
        from airflow.models.task_state_store import TaskStateStoreModel
    except ImportError:
        raise CommandError(
            "Airflow below 3.3 has no task state store, so nothing is known here of what tasks have bought: "
            "look at their logs, and at the vendor."
        ) from None
    return TaskStateStoreModel


def find(session: Session, which: Which, keys: str, holding: Sequence[str] = ()) -> Iterator[Kept]:
    """
    Yield keys of task instances, those that were written last first.

    :param session: of the metadata database.
    :param which: task instances.
    :param keys: a pattern of SQL's LIKE, with :data:`ESCAPE`.
    :param holding: texts of which an object must hold one; any value if empty.
    """
    from airflow.models.taskinstance import TaskInstance

    table = model()
    same = [getattr(TaskInstance, name) == getattr(table, name) for name in _NAMES]
    query = (
        select(table, TaskInstance.state)
        .outerjoin(TaskInstance, and_(*same))
        .where(*which.conditions(table), table.key.like(keys, escape=ESCAPE))
        .order_by(table.updated_at.desc(), table.id.desc())
    )
    if holding:
        texts = (table.value.contains(text, autoescape=True) for text in holding)
        query = query.where(or_(*texts, not_(table.value.like("{%"))))  # a bare job id is not an object
    for row, state in session.execute(query.execution_options(yield_per=500)):
        try:
            value = json.loads(row.value)
        except ValueError:
            continue  # it is nothing that this provider wrote
        yield Kept(Task(*(getattr(row, name) for name in _NAMES)), row.key, value, str(state or NO_STATUS))
