from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.scene import Scene
from tests.cli.swap import Swap


@pytest.fixture
def scene(airflow_database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    pytest.importorskip("airflow.models.task_state_store", reason="this Airflow has no store")
    from airflow.models.base import Base
    from airflow.settings import Session
    from airflow.utils.db import synchronize_log_template
    from airflow.utils.session import create_session
    from sqlalchemy import text

    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")  # a command sets it; it is taken back here
    monkeypatch.setenv("AIRFLOW__FACESWAP__LOCAL_ROOTS", str(tmp_path))
    with create_session() as session:
        synchronize_log_template(session=session)
    session = Session()
    made = Scene(session, tmp_path)
    made.parse()
    yield made
    session.rollback()
    session.close()
    with create_session() as session:
        session.execute(text("PRAGMA foreign_keys=OFF"))
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())


@pytest.fixture
def swap(scene: Scene) -> Swap:
    return Swap(scene)
