"""A task instance is cleared, as Airflow's UI clears it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from airflow_provider_faceswap.cli.errors import CommandError
from airflow_provider_faceswap.cli.purchases import name_of
from airflow_provider_faceswap.pages.database import Task


def check_clearable(session: Session, task: Task) -> None:
    """
    Find out whether a task instance can be cleared.

    :raises CommandError: if not, saying why.
    """
    clear(session, task, dry_run=True)


def clear(session: Session, task: Task, *, dry_run: bool = False) -> None:
    """
    Clear a task instance, so that it runs again.

    :param session: of the metadata database.
    :param task: the task instance.
    :param dry_run: whether nothing is to be done.
    :raises CommandError: if it cannot be cleared.
    """
    from airflow.models.dagbag import DBDagBag
    from airflow.models.dagrun import DagRun

    run = session.scalar(select(DagRun).where(DagRun.dag_id == task.dag_id, DagRun.run_id == task.run_id))
    dag = DBDagBag().get_dag_for_run(run, session) if run else None
    if dag is None or not dag.has_task(task.task_id):
        raise CommandError(
            f"Airflow does not find {name_of(task)} in its Dag any more, so it cannot be cleared. "
            "Nothing was done: bring the task back first."
        )
    which = task.task_id if task.map_index < 0 else (task.task_id, task.map_index)
    if dry_run:
        found = dag.clear(task_ids=[which], run_id=task.run_id, dry_run=True, session=session)
        if not list(found):
            raise CommandError(f"Airflow finds nothing to clear for {name_of(task)}. Nothing was done.")
        return
    dag.clear(task_ids=[which], run_id=task.run_id, dry_run=False, session=session)
