"""One distributed Airflow, one sandbox and one private bucket for all tests here."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_provider_faceswap.sandbox.server import SandboxServer
from airflow_provider_faceswap.testing.connections import default_connections
from harness.cluster import Cluster
from harness.distributed.cluster import CeleryCluster
from harness.s3 import PrivateBucket
from tests.cluster.case import BUCKET, CONN_ID, DAG_ID, Case
from tests.cluster.table import TABLE
from tests.vendors.installed import install

HERE = Path(__file__).parent


FOLDER = f"s3://{CONN_ID}@{BUCKET}"
SETTINGS = {"faceswap": {"inbox": f"{FOLDER}/inbox", "spool": f"{FOLDER}/spool"}}
POOL_SLOTS = 10
# An older state of this package, which a cluster is upgraded from.
OLDER = "e28a4fc1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.cluster)
    # The cluster starts with the older package where one of the tests upgrades it: that one comes first.
    items.sort(key=_upgrades, reverse=True)


def _upgrades(item: pytest.Item) -> bool:
    return "older" in getattr(item, "fixturenames", ())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if TABLE:
        terminalreporter.section("the cluster's figures")
        terminalreporter.write_line(TABLE.text())


@pytest.fixture(scope="session")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateBucket]:
    with PrivateBucket(tmp_path_factory.mktemp("s3"), BUCKET) as bucket:
        yield bucket


@pytest.fixture(scope="session")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the older package, to be put on the path."""
    folder = tmp_path_factory.mktemp("older")
    archive = folder / "older.tar"
    command = ["git", "archive", "--output", archive, OLDER, "airflow_provider_faceswap"]
    if subprocess.run(command, cwd=HERE.parents[1]).returncode:
        pytest.fail(f"commit {OLDER} is not in this checkout: get its whole history (git fetch --unshallow)")
    with tarfile.open(archive) as content:
        content.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package of another vendor, to be put on the path."""
    return install(tmp_path_factory.mktemp("packages"))


@pytest.fixture(scope="session")
def cluster(
    request: pytest.FixtureRequest,
    sandbox: SandboxServer,
    bucket: PrivateBucket,
    packages: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[CeleryCluster]:
    cluster = CeleryCluster(tmp_path_factory.mktemp("airflow"), [HERE / "dags"], settings=SETTINGS)
    cluster.env["PYTHONPATH"] = str(packages)
    if any(_upgrades(item) for item in request.session.items):
        older = request.getfixturevalue("older")
        # It has no module of that kind to preload.
        cluster.env |= {"PYTHONPATH": str(older), "AIRFLOW__CELERY__EXTRA_CELERY_CONFIG": "{}"}
    with cluster:
        add_accounts(cluster, sandbox, bucket)
        yield cluster


@pytest.fixture
def single_machine(sandbox: SandboxServer, bucket: PrivateBucket, tmp_path: Path) -> Iterator[Cluster]:
    """LocalExecutor and SQLite, one of each component."""
    with Cluster(tmp_path / "airflow", [HERE / "dags"], settings=SETTINGS) as cluster:
        add_accounts(cluster, sandbox, bucket)
        yield cluster


def add_accounts(cluster: Cluster, sandbox: SandboxServer, bucket: PrivateBucket) -> None:
    """Add the connections, and a pool for each vendor's account; wait for the Dag."""
    vendors = default_connections(sandbox.url, sandbox.key)
    for conn_id, connection in vendors.items():
        cluster.rest.request("POST", "/connections", json={"connection_id": conn_id, **connection})
        pool = {"name": connection["conn_type"], "slots": POOL_SLOTS, "include_deferred": True}
        cluster.rest.request("POST", "/pools", json=pool)
    cluster.rest.request("POST", "/connections", json=bucket.connection(CONN_ID))
    cluster.wait_for_dags({DAG_ID})


@pytest.fixture
def case(
    request: pytest.FixtureRequest, cluster: CeleryCluster, sandbox: SandboxServer, bucket: PrivateBucket
) -> Case:
    return Case(request.node.name.removeprefix("test_"), cluster, sandbox, bucket)
