"""One Airflow and one sandbox for all system tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.cluster import Cluster
from demo.examples import EXAMPLE_DAGS
from demo.sandbox import Sandbox

HERE = Path(__file__).parent

# Deaths are noticed in seconds where Airflow's defaults take minutes. Each limit is well above its heartbeat
# (a task's comes every 5 s): else the living are taken for dead and their tasks run twice.
SETTINGS = {
    "scheduler": {
        "scheduler_heartbeat_sec": 1,
        "scheduler_health_check_threshold": 10,
        "orphaned_tasks_check_interval": 3,
        "task_instance_heartbeat_timeout": 15,
        "task_instance_heartbeat_timeout_detection_interval": 3,
    },
    "triggerer": {"job_heartbeat_sec": 1, "triggerer_health_check_threshold": 10},
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.system)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        sandbox.wait_until_up()
        yield sandbox


@pytest.fixture(scope="session")
def cluster(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    home = tmp_path_factory.mktemp("airflow")
    with Cluster(
        home, [EXAMPLE_DAGS, HERE / "dags"], env=sandbox.connections(), settings=SETTINGS
    ) as cluster:
        yield cluster
