"""
What Airflow's database says about a task instance.

People may edit an XCom and the task state store, so these only say where to look. What a task renders and how
its Dag is written down are written by workers and by the Dag processor alone: they say where it stores.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Task:
    """A task instance, by the names that Airflow has for it."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1


@dataclass(frozen=True)
class OutputPath:
    """
    Where a task stores its results.

    :param text: the folder's URL, or what it begins with; empty if nobody knows.
    :param whole: whether it is the folder itself.
    """

    text: str = ""
    whole: bool = True

    def allows(self, folder: str) -> bool:
        """Whether a task with this output_path stores into a folder."""
        return bool(self.text) and (folder == self.text if self.whole else folder.startswith(self.text))


@dataclass(frozen=True)
class Known:
    """
    What is known of a task instance.

    :param result: what it returned, as anybody may have edited it; None if it has not returned.
    :param output_path: where it stores.
    """

    result: Any
    output_path: OutputPath


def look_up(task: Task) -> Known:
    """
    Return what the database says of a task instance.

    :param task: which may not exist.
    """
    from airflow.utils.session import create_session

    with create_session() as session:
        return Known(_result(session, task), _output_path(session, task))


def _result(session: Session, task: Task) -> Any:
    from airflow.models.xcom import XCOM_RETURN_KEY, XComModel

    # The text as it is: a custom XCom backend's reference is not followed, as it can be edited too.
    query = select(XComModel.value).where(*_is(XComModel, task), XComModel.key == XCOM_RETURN_KEY)
    value = session.execute(query.limit(1)).scalar()
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _output_path(session: Session, task: Task) -> OutputPath:
    from airflow.models.renderedtifields import RenderedTaskInstanceFields as Rendered

    fields = session.execute(select(Rendered.rendered_fields).where(*_is(Rendered, task))).scalar()
    if fields is None:  # Airflow keeps those of the latest runs alone
        return _written_output_path(session, task)
    rendered = fields.get("output_path") if isinstance(fields, dict) else None
    return OutputPath(rendered.strip().rstrip("/")) if isinstance(rendered, str) else OutputPath()


def _written_output_path(session: Session, task: Task) -> OutputPath:
    """Return the output_path as the Dag's author wrote it, up to the first template in it."""
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.models.taskinstance import TaskInstance

    version = session.execute(select(TaskInstance.dag_version_id).where(*_is(TaskInstance, task))).scalar()
    if version is None:
        return OutputPath()
    found = session.execute(
        select(SerializedDagModel).where(SerializedDagModel.dag_version_id == version)
    ).scalar()
    text = _field_of(found.data, task.task_id) if found else None
    if not isinstance(text, str):
        return OutputPath()
    start, template, _ = text.strip().partition("{")
    if not template:
        return OutputPath(start.rstrip("/"))
    scheme, _, rest = start.partition("://")
    return OutputPath(start, whole=False) if scheme and "/" in rest and rest.strip("/") else OutputPath()


def _field_of(data: Any, task_id: str) -> Any:
    try:
        for task in data["dag"]["tasks"]:
            operator = task.get("__var", task)
            if operator["task_id"] == task_id:
                given = operator.get("partial_kwargs", {})
                return operator.get("output_path", given.get("output_path"))
    except (KeyError, TypeError, AttributeError):  # another version of Airflow writes it down differently
        return None
    return None


def _is(table: Any, task: Task) -> tuple[Any, ...]:
    return (
        table.dag_id == task.dag_id,
        table.run_id == task.run_id,
        table.task_id == task.task_id,
        table.map_index == task.map_index,
    )
