"""Task instances of a real Dag in Airflow's database, with what their journals hold."""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from airflow.sdk import DAG
from sqlalchemy.orm import Session

from airflow_provider_faceswap.journal.entry import Entry, State
from airflow_provider_faceswap.journal.store import KEY, WISH_KEY
from airflow_provider_faceswap.operators.faceswap import FaceSwapOperator
from airflow_provider_faceswap.pages.database import Task

SUBMITTED = 1_790_000_000.0


def entry(state: State = State.IN_DOUBT, **known: Any) -> Entry:
    """Return what a task's journal holds."""
    usual = {
        "provider": "modelslab",
        "operation": "multiple_face_swap",
        "inputs": {"init_image": "a"},
        "base_url": "https://modelslab.com",
        "attempted_at": SUBMITTED,
        "submitted_at": SUBMITTED,
        "deadline": SUBMITTED + 3600,
        "name": "5" * 32,
    }
    return Entry(state=state, **{**usual, **known})


class Scene:
    """
    A Dag, written down as the Dag processor does, and its runs.

    :param session: of the metadata database.
    :param root: a folder of local disk.
    """

    def __init__(self, session: Session, root: Path) -> None:
        self.session = session
        self.root = root
        self.folder = f"file://{root}/swaps"

    def parse(self, dag_id: str = "swaps", tasks: tuple[str, ...] = ("swap",)) -> None:
        """Write a Dag down."""
        from airflow.models.dag import DagModel
        from airflow.models.dagbundle import DagBundleModel
        from airflow.models.serialized_dag import SerializedDagModel
        from airflow.serialization.serialized_objects import LazyDeserializedDAG

        with DAG(dag_id, schedule=None) as dag:
            for task_id in tasks:
                FaceSwapOperator(
                    task_id=task_id,
                    conn_id="c",
                    face="https://example.com/a.jpg",
                    target="https://example.com/b.jpg",
                    retries=1,
                )
        self.session.merge(DagBundleModel(name="bundle"))
        self.session.flush()
        self.session.add(DagModel(dag_id=dag_id, bundle_name="bundle", fileloc="x.py"))
        self.session.flush()
        SerializedDagModel.write_dag(LazyDeserializedDAG.from_dag(dag), "bundle", session=self.session)
        self.session.commit()

    def run(
        self, dag_id: str = "swaps", run_id: str = "run1", task_id: str = "swap", state: str = "failed"
    ) -> Task:
        """Let a run have a task instance in some state."""
        from airflow.models.dagrun import DagRun
        from airflow.models.serialized_dag import SerializedDagModel
        from airflow.utils.state import DagRunState
        from airflow.utils.types import DagRunTriggeredByType, DagRunType

        dag = SerializedDagModel.get(dag_id, session=self.session).dag
        run = self.session.query(DagRun).filter_by(dag_id=dag_id, run_id=run_id).one_or_none()
        if run is None:
            run = dag.create_dagrun(
                run_id=run_id,
                run_after=datetime(2026, 11, 1, tzinfo=timezone.utc),
                run_type=DagRunType.MANUAL,
                triggered_by=DagRunTriggeredByType.TEST,
                state=DagRunState.FAILED,
                session=self.session,
            )
        for instance in run.get_task_instances(session=self.session):
            if instance.task_id == task_id:
                instance.state = state
                instance.try_number = 1
        self.session.commit()
        return Task(dag_id, run_id, task_id)

    def keeps(self, task: Task, value: Any, key: str = KEY) -> Task:
        """Let a task instance have a key."""
        from airflow_provider_faceswap.cli.state_store import TaskStore

        found = value.as_dict() if isinstance(value, Entry) else value
        TaskStore(self.session, task).set(key, found)
        self.session.commit()
        return task

    def kept(self, task: Task, key: str = KEY) -> Any:
        """Return a key's value."""
        from airflow_provider_faceswap.cli.state_store import TaskStore

        self.session.expire_all()
        return TaskStore(self.session, task).get(key)

    def decision(self, task: Task) -> Any:
        """Return what was decided."""
        return self.kept(task, WISH_KEY)

    def instance(self, task: Task) -> Any:
        """Return the task instance."""
        from airflow.models.taskinstance import TaskInstance

        self.session.expire_all()
        return self.session.query(TaskInstance).filter_by(**vars(task)).one()

    def renders(self, task: Task, **fields: Any) -> None:
        """Let Airflow have kept what a task rendered."""
        from airflow.models.renderedtifields import RenderedTaskInstanceFields as Rendered

        from tests.pages.scene import insert

        insert(Rendered, rendered_fields=fields, **vars(task))


def parsed(*words: str) -> Namespace:
    """Return what Airflow makes of a command line."""
    from airflow.cli.cli_parser import get_parser

    found: Namespace = get_parser().parse_args(["faceswap", *words])
    return found


def run(*words: str) -> None:
    """Run ``airflow faceswap ...`` in this process."""
    args = parsed(*words)
    args.func(args)
