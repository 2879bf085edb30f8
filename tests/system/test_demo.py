"""What the demo does, on the shared cluster."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import psutil
import pytest

from demo.contact_sheet import write_contact_sheet
from demo.examples import (
    TaskOutcome,
    example_dag_ids,
    start_examples,
    task_outcomes,
    wait_for_examples,
    with_result,
)
from demo.media import picture_of
from demo.report import contact_sheet_rows, failed_task_log, problems
from harness.cluster import Cluster
from harness.sandbox import Sandbox


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def run_states(cluster: Cluster, sandbox: Sandbox, results: Path) -> tuple[dict[str, str], dict[str, str]]:
    runs = start_examples(cluster, example_dag_ids(cluster), sandbox.url, results)
    return runs, wait_for_examples(cluster, runs)


@pytest.fixture(scope="module")
def tasks(cluster: Cluster, run_states: tuple[dict[str, str], dict[str, str]]) -> list[TaskOutcome]:
    return [with_result(cluster, task) for task in task_outcomes(cluster, run_states[0])]


def listening_addresses(processes: list[psutil.Process]) -> Iterator[str]:
    for process in processes:
        for connection in process.net_connections(kind="inet"):
            if connection.status == psutil.CONN_LISTEN:
                yield connection.laddr.ip


def test_every_example_dag_succeeds(
    cluster: Cluster, run_states: tuple[dict[str, str], dict[str, str]], tasks: list[TaskOutcome]
) -> None:
    logs = [failed_task_log(cluster, task) for task in tasks if task.state == "failed"]

    assert problems(tasks, run_states[1]) == [], "\n".join(logs)


def test_stored_files_lie_in_the_folder_asked_for(tasks: list[TaskOutcome], results: Path) -> None:
    stored = [path for task in tasks for path in task.stored]

    assert stored
    assert all(path.is_relative_to(results) for path in stored)
    assert len(set(stored)) == len(stored)


def test_contact_sheet_shows_every_stored_file(
    sandbox: Sandbox, tasks: list[TaskOutcome], tmp_path: Path
) -> None:
    rows = contact_sheet_rows(tasks, sandbox.url, sandbox.http)
    write_contact_sheet(tmp_path / "sheet.jpg", rows)

    results = [cell for row in rows for cell in row.cells if cell.is_result]
    assert len(results) == sum(len(task.stored) for task in tasks)
    assert picture_of((tmp_path / "sheet.jpg").read_bytes()).shape[0] > 0


def test_nothing_listens_beyond_loopback(cluster: Cluster, sandbox: Sandbox) -> None:
    addresses = list(listening_addresses([*cluster.processes(), *sandbox.process.tree()]))

    assert len(addresses) >= 2
    assert all(ip_address(address).is_loopback for address in addresses)
