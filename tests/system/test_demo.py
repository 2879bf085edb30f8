"""What the demo does and what its UI shows, on the shared cluster."""

from __future__ import annotations

import configparser
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

import psutil
import pytest

from airflow_provider_faceswap.apis import VENDORS
from demo.accounts import BUCKET, add_clips
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
from harness.s3 import PrivateBucket
from harness.sandbox import Sandbox

SECRETS = [
    ("core", "fernet_key"),
    ("database", "sql_alchemy_conn"),
    ("api", "secret_key"),
    ("api_auth", "jwt_secret"),
    ("faceswap", "callback_secret"),
]


@pytest.fixture(scope="module")
def bucket(cluster: Cluster, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with PrivateBucket(tmp_path_factory.mktemp("s3"), BUCKET) as bucket:
        add_clips(cluster, sandbox, bucket)
        yield


@pytest.fixture(scope="module")
def run_states(cluster: Cluster, examples: Path, bucket: None) -> tuple[dict[str, str], dict[str, str]]:
    """Each Dag's run, triggered without any param as by hand, and its state."""
    runs = start_examples(cluster, example_dag_ids(cluster, examples / "example_dags"))
    return runs, wait_for_examples(cluster, runs)


@pytest.fixture(scope="module")
def tasks(cluster: Cluster, run_states: tuple[dict[str, str], dict[str, str]]) -> list[TaskOutcome]:
    return [with_result(cluster, task) for task in task_outcomes(cluster, run_states[0])]


def listening_addresses(processes: list[psutil.Process]) -> Iterator[str]:
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # a task's process may end meanwhile
            for connection in process.net_connections(kind="inet"):
                if connection.status == psutil.CONN_LISTEN:
                    yield connection.laddr.ip


def test_every_example_dag_succeeds(
    cluster: Cluster, run_states: tuple[dict[str, str], dict[str, str]], tasks: list[TaskOutcome]
) -> None:
    logs = [failed_task_log(cluster, task) for task in tasks if task.state == "failed"]

    assert problems(tasks, run_states[1]) == [], "\n".join(logs)


def test_stored_files_lie_in_the_demos_results(tasks: list[TaskOutcome], examples: Path) -> None:
    stored = [path for task in tasks for path in task.stored]

    assert stored
    assert all(path.is_relative_to(examples / "results") for path in stored)
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


def test_ui_shows_what_each_example_is_about(
    cluster: Cluster, run_states: tuple[dict[str, str], dict[str, str]]
) -> None:
    for dag_id in run_states[0]:
        doc = cluster.rest.request("GET", f"/dags/{dag_id}/details")["doc_md"]

        assert "\n\nIt needs " in (doc or ""), dag_id


def test_ui_lists_a_connection_and_a_pool_for_each_vendor(cluster: Cluster, sandbox: Sandbox) -> None:
    connections = cluster.rest.request("GET", "/connections", params={"connection_id_pattern": "%_default"})
    pools = {pool["name"]: pool for pool in cluster.rest.request("GET", "/pools")["pools"]}

    assert {conn["connection_id"]: conn["host"] for conn in connections["connections"]} == {
        f"{vendor}_default": sandbox.url for vendor in VENDORS
    }
    assert all(pools[vendor]["include_deferred"] and pools[vendor]["slots"] > 0 for vendor in VENDORS)


def test_config_page_opens_and_hides_the_secrets(cluster: Cluster) -> None:
    config = configparser.ConfigParser(interpolation=None)
    config.read(cluster.home / "airflow.cfg")
    sections = cluster.rest.request("GET", "/config")["sections"]
    shown = {
        (section["name"], option["key"]): option["value"]
        for section in sections
        for option in section["options"]
    }

    assert shown["api", "base_url"] == cluster.url
    for section, option in SECRETS:
        assert shown[section, option] == "< hidden >"
        assert config[section][option] not in str(sections)
    assert cluster.env["AIRFLOW__FACESWAP__CALLBACK_SECRET"] not in str(sections)
