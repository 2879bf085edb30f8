"""One Airflow and one sandbox for all system tests."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from secrets import token_hex

import pytest

from demo.accounts import add_accounts
from demo.examples import copy_examples
from harness.cluster import Cluster
from harness.sandbox import Sandbox
from tests.patience import PATIENT
from tests.system.keys import KEY, failing_connections
from tests.system.run import Run
from tests.system.scene import over
from tests.vendors.installed import install

HERE = Path(__file__).parent

SETTINGS = {
    "core": {
        **PATIENT["core"],
        "test_connection": "Enabled",
        "plugins_folder": str(HERE / "plugins"),
    },
    "scheduler": {**PATIENT["scheduler"], "trigger_timeout_check_interval": 3},
}
# Deaths are noticed in seconds where Airflow's defaults take minutes. Each limit is well above its heartbeat
# (a task's comes every 5 s): else the living are taken for dead and their tasks run twice.
NOTICE_DEATHS = {
    "scheduler": {
        **SETTINGS["scheduler"],
        "scheduler_heartbeat_sec": 1,
        "scheduler_health_check_threshold": 30,
        "orphaned_tasks_check_interval": 3,
        "task_instance_heartbeat_timeout": 40,
        "task_instance_heartbeat_timeout_detection_interval": 3,
    },
    "triggerer": {"job_heartbeat_sec": 1, "triggerer_health_check_threshold": 20},
    # The first request makes the server build its execution API; on a busy machine that takes longer than a
    # worker waits by default, five seconds for each of five tries.
    "workers": {"execution_api_timeout": 30},
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _is_system(item):
            item.add_marker(pytest.mark.system)
    # Last, as the cluster runs from the first of them on; "together" before those that kill a component.
    items.sort(key=lambda item: (_is_system(item), item.get_closest_marker("together") is None))


def _is_system(item: pytest.Item) -> bool:
    return item.path.is_relative_to(HERE)


AT_ONCE = 10
_running: dict[str, Future[None]] = {}
_clusters: list[Cluster] = []


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run the tests that are marked ``together`` at the same time: each of them waits most of the time."""
    if not pyfuncitem.get_closest_marker("together"):
        return None
    if not _running:
        # They share the one fixture; a pool that is shut down still runs what it was given.
        cluster = pyfuncitem.funcargs["cluster"]
        with_marks = ((item, item.get_closest_marker("together")) for item in pyfuncitem.session.items)
        chosen = [(item, mark) for item, mark in with_marks if mark and isinstance(item, pytest.Function)]
        pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="together")
        for item, _ in sorted(chosen, key=lambda pair: not pair[1].kwargs.get("first")):
            given = item.callspec.params if hasattr(item, "callspec") else {}
            _running[item.nodeid] = pool.submit(item.obj, cluster=cluster, **given)
        pool.shutdown(wait=False)
    _running[pyfuncitem.nodeid].result()
    return True


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox"), "--key", KEY) as sandbox:
        sandbox.wait_until_up()
        yield sandbox


@pytest.fixture(scope="session")
def examples(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's folder, with the copies of the example Dags and their results."""
    home = tmp_path_factory.mktemp("demo")
    copy_examples(home / "example_dags", sandbox.url, home / "results")
    return home


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Stop the cluster after the last test that uses it: it costs, and others may follow."""
    if _is_system(item) and not (nextitem and _is_system(nextitem)) and _clusters:
        over.set()
        _clusters.pop().stop()


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of installed packages: one brings a vendor of its own."""
    return install(tmp_path_factory.mktemp("packages"))


@pytest.fixture(scope="session")
def cluster(
    sandbox: Sandbox,
    examples: Path,
    packages: Path,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Cluster]:
    home = tmp_path_factory.mktemp("airflow")
    kills = any(item.get_closest_marker("durability") for item in request.session.items)
    settings = PATIENT | SETTINGS | (NOTICE_DEATHS if kills else {})
    cluster = Cluster(
        home,
        [examples / "example_dags", HERE / "dags"],
        env={**failing_connections(sandbox), "PYTHONPATH": str(packages)},
        settings=settings,
        own_execution_api=True,
    )
    cluster.env |= {
        "AIRFLOW__FACESWAP__CALLBACK_BASE_URL": cluster.url,
        "AIRFLOW__FACESWAP__CALLBACK_SECRET": token_hex(32),
        "AIRFLOW__FACESWAP__INBOX": f"file://{cluster.home}/inbox",
        "AIRFLOW__FACESWAP__SPOOL": f"file://{cluster.home}/spool",
        "AIRFLOW__FACESWAP__LOCAL_ROOTS": str(examples),
    }
    with cluster:
        add_accounts(cluster, sandbox)
        _clusters.append(cluster)
        yield cluster
    over.set()


@pytest.fixture(scope="session")
def sensors(cluster: Cluster, sandbox: Sandbox) -> Run:
    """A run of sensors, started once for those who look at it: it takes a minute."""

    def submit(namespace: str = "faceswap", **policy: object) -> str:
        query = f"for=sensor-{next(numbers)}&"
        sandbox.http.post("/_sandbox/progress", json={"input_has": query, **policy}).raise_for_status()
        media = {
            "init_image": f"{sandbox.url}/samples/hopper.jpg",
            "init_video": f"{sandbox.url}/samples/clip.mp4?{query}",
        }
        reply = sandbox.http.post(
            f"/api/v6/{namespace}/single_video_swap", json={"key": sandbox.key, **media}
        )
        return str(reply.json()["id"])

    numbers = itertools.count()
    # A sensor looks once before it defers.
    soon = {"after_reads": 3}
    return Run.start(
        cluster,
        "sensors",
        ends_well=submit(**soon),
        collected=submit(**soon),
        fails=submit(**soon, outcome="failed", message="The face is turned away."),
        never_ends=submit(outcome="never"),
        deepfake=submit("deepfake", **soon),
        unknown="987654321987",
    )
