"""What Airflow's metrics count: in its own module of them, and over the wire to a StatsD server."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk.observability.stats import Stats

from airflow_provider_faceswap import metrics
from airflow_provider_faceswap.journal.entry import Entry, State

NAMES = {"provider": "segmind", "operation": "faceswap-v2"}
ENTRY = Entry(state=State.RUNNING, job_id="278", **NAMES)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float, Any]]:
    found: list[tuple[str, float, Any]] = []
    monkeypatch.setattr(
        Stats, "incr", lambda stat, count, *, tags: found.append((stat, count, tags)), raising=False
    )
    return found


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda: metrics.count("polls", 7, **NAMES), {"faceswap.polls": 7}),
        (lambda: metrics.count("polls", 0, **NAMES), {}),
        (lambda: metrics.count_submission(ENTRY), {"faceswap.submitted": 1}),
        (
            lambda: metrics.count_submission(ENTRY.moved_to(State.RUNNING, cost={"amount": 0.35})),
            {"faceswap.submitted": 1, "faceswap.cost": 0.35},
        ),
        (lambda: metrics.count_submission(ENTRY, price=2), {"faceswap.submitted": 1, "faceswap.cost": 2}),
        (
            lambda: metrics.count_submission(ENTRY.moved_to(State.RUNNING, cost={"amount": 0}), price=2),
            {"faceswap.submitted": 1},
        ),
        (lambda: metrics.count_submission(ENTRY.moved_to(State.IN_DOUBT), price=2), {"faceswap.in_doubt": 1}),
        (lambda: metrics.count_failure(ENTRY), {"faceswap.failed": 1}),
        (lambda: metrics.count_success(ENTRY, {"cost": None}), {"faceswap.succeeded": 1}),
        # Some vendors say only at the end what a job took; others say it twice.
        (
            lambda: metrics.count_success(ENTRY, {"cost": {"amount": 0.1 + 0.2}}),
            {"faceswap.succeeded": 1, "faceswap.cost": 0.3},
        ),
        (
            lambda: metrics.count_success(
                ENTRY.moved_to(State.RUNNING, cost={"amount": 3}), {"cost": {"amount": 3}}
            ),
            {"faceswap.succeeded": 1},
        ),
        (
            lambda: metrics.count_success(ENTRY, {"cost": {"amount": 3}}, price=2),
            {"faceswap.succeeded": 1},
        ),
    ],
)
def test_what_is_counted(
    counted: list[tuple[str, float, Any]], act: Callable[[], None], expected: dict[str, float]
) -> None:
    act()
    assert {name: number for name, number, _ in counted} == expected
    assert all(tags == NAMES for *_, tags in counted)
    # A server that reads whole numbers alone must understand them.
    assert all(isinstance(number, int) for _, number, _ in counted if number == int(number))


@pytest.mark.parametrize("result", [None, {}, {"cost": "3"}, {"cost": {"amount": "x"}}, {"cost": {}}])
def test_a_result_that_cannot_be_read_is_a_success(counted: list[Any], result: Any) -> None:
    metrics.count_success(ENTRY, result)
    assert [name for name, *_ in counted] == ["faceswap.succeeded"]


def test_a_counter_that_fails_is_one_line_for_who_looks_for_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError("no route to s3cret-host")

    monkeypatch.setattr(Stats, "incr", fail, raising=False)
    caplog.set_level(logging.DEBUG, logger=metrics.__name__)
    metrics.count("submitted", **NAMES)
    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (
        logging.DEBUG,
        "faceswap.submitted is not counted: OSError",
    )


def test_an_airflow_without_the_module_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "airflow.sdk.observability.stats", None)
    metrics.count("submitted", **NAMES)


# What a task's process does first, and what importing `airflow.sdk.serde` does in a triggerer's.
TASK = """
import airflow.sdk.serde
from airflow_provider_faceswap import metrics
metrics.count("submitted", provider="segmind", operation="faceswap-v2")
metrics.count("cost", 0.35, provider="segmind", operation="faceswap-v2")
"""


@pytest.mark.parametrize("tagged", [False, True])
def test_a_statsd_server_gets_them(tagged: bool) -> None:
    pytest.importorskip("statsd")
    tags = ",provider=segmind,operation=faceswap-v2" if tagged else ""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(30)
        settings = {
            "AIRFLOW__METRICS__STATSD_ON": "True",
            "AIRFLOW__METRICS__STATSD_HOST": "127.0.0.1",
            "AIRFLOW__METRICS__STATSD_PORT": str(server.getsockname()[1]),
            "AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED": str(tagged),
        }
        subprocess.run([sys.executable, "-c", TASK], env={**os.environ, **settings}, check=True)
        expected = {f"airflow.faceswap.submitted{tags}:1|c", f"airflow.faceswap.cost{tags}:0.35|c"}
        # Airflow counts and times things of its own.
        while expected:
            expected.discard(server.recv(1024).decode())


def test_importing_it_does_not_import_airflow() -> None:
    code = (
        "import sys; import airflow_provider_faceswap.metrics;"
        "sys.exit('airflow.sdk.observability.stats' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
