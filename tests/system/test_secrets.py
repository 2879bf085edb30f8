"""A key that Airflow's masker misses, and the vendor's links, are nowhere but where they belong."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cluster import Cluster
from harness.sandbox import Sandbox
from tests.system.keys import FRAGMENTS, KEY
from tests.system.run import Run

pytestmark = pytest.mark.slow

RESULT_PATH = "/generations/"
SUCCEED = {
    "succeeds", "succeeds_on_worker", "broken_trigger",
    "segmind_v1_succeeds", "segmind_v2_succeeds", "aifaceswap_succeeds",
}  # fmt: skip
ECHOES = ("segmind_v1_echoes", "segmind_v2_echoes", "aifaceswap_echoes")
# Each task's failure is the one meant, and the vendor's words stay.
WORDS = {
    "wrong_key": "refused the API key: Invalid API key;",
    "wrong_key_repeated": 'refused the API key: Bad API key: {"key":"***"',
    "refused": "Insufficient credits",
    "refused_with_echo": 'refused the job: Cannot process: {"key":"***"',
    "broken_off": "RemoteProtocolError",
    "answered_in_html": "HTTP 200: <!DOCTYPE html>",
    "fails": 'Node lost with *** and "***" at http://127.0.0.1/…',
    "fails_with_echo": 'failed: Cannot process: {"key":"***"',
    "key_revoked": 'at its deadline: ModelsLab refused the API key: Revoked API key: {"key":"***"',
    "download_fails": "an HTML page",
    "bad_input": "init_image: names a local file that is missing or is not below [faceswap] local_roots",
    "nobody_there": "no connection to 127.0.0.1 (ConnectError)",
    **dict.fromkeys(ECHOES, "Cannot process: "),
}


def tell(sandbox: Sandbox, route: str, case: str, **policy: object) -> None:
    body = {"input_has": f"case={case}&", **policy}
    sandbox.http.post(f"/_sandbox/{route}", json=body).raise_for_status()


@pytest.fixture(scope="module")
def leaks(cluster: Cluster, sandbox: Sandbox, sensors: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    # A vendor may well repeat what it was sent, as it stands or once more as JSON.
    said = f"Node lost with {KEY} and {json.dumps(KEY)} at http://127.0.0.1{RESULT_PATH}x.mp4"
    usual = {"after_seconds": 1, "eta": None}
    for case in SUCCEED:
        tell(sandbox, "progress", case, **usual)
    tell(sandbox, "progress", "download_fails", **usual)
    tell(sandbox, "progress", "fails", **usual, outcome="failed", message=said)
    tell(sandbox, "progress", "fails_with_echo", outcome="never")
    tell(sandbox, "progress", "key_revoked", outcome="never")
    tell(sandbox, "faults", "wrong_key_repeated", kind="echo", message="Bad API key")
    tell(sandbox, "faults", "refused", kind="no_credits")
    tell(sandbox, "faults", "refused_with_echo", kind="echo")
    for case in ECHOES:
        tell(sandbox, "faults", case, kind="echo")
    tell(sandbox, "faults", "broken_off", kind="accept_then_break")
    tell(sandbox, "faults", "answered_in_html", kind="html_200")
    tell(sandbox, "faults", "fails_with_echo", kind="echo", on="fetch")
    tell(sandbox, "faults", "key_revoked", kind="echo", on="fetch", message="Revoked API key")
    tell(sandbox, "faults", "download_fails", kind="media_html")
    results = tmp_path_factory.mktemp("leaks")
    run = Run.start(cluster, "leaks", origin=sandbox.url, output_path=f"file://{results}")
    run.ends()
    sensors.ends()
    return run


def rows(database: Path) -> Iterator[tuple[str, str]]:
    """Every row of every table, as the table's name and a text."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30) as connection:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                texts = (cell.decode("latin-1") if isinstance(cell, bytes) else str(cell) for cell in row)
                yield table, " ".join(texts)
    connection.close()


def test_the_runs_are_the_ones_meant(leaks: Run) -> None:
    states = leaks.states()
    assert {task for task, state in states.items() if state == "success"} == SUCCEED
    assert {task for task, state in states.items() if state == "failed"} == set(WORDS)
    for task, words in WORDS.items():
        [error] = leaks.errors(task)
        assert words in error
    # Airflow resumed this one with `__fail__`.
    assert "AttributeError: 'NoneType' object has no attribute 'get'" in leaks.errors("broken_trigger")


def test_no_fragment_of_a_key_is_in_a_log(leaks: Run) -> None:
    logs = [path for path in (leaks.cluster.home / "logs").rglob("*") if path.is_file()]
    names = " ".join(map(str, logs))
    assert all(part in names for part in ("task_id=fails", ".trigger.", "scheduler.log", "triggerer.log"))
    texts = {path: path.read_text(errors="replace") for path in logs}
    assert {path.name: part for part in FRAGMENTS for path, text in texts.items() if part in text} == {}


def test_no_result_url_is_in_a_log(leaks: Run) -> None:
    logs = [path for path in (leaks.cluster.home / "logs").rglob("*") if path.is_file()]
    assert [path.name for path in logs if RESULT_PATH in path.read_text(errors="replace")] == []


def test_no_fragment_of_a_key_is_in_the_database(leaks: Run) -> None:
    found = [
        table for table, text in rows(leaks.cluster.home / "airflow.db") if any(f in text for f in FRAGMENTS)
    ]
    assert found == []


def test_result_urls_are_in_the_database_as_results_alone(leaks: Run) -> None:
    found = {table for table, text in rows(leaks.cluster.home / "airflow.db") if RESULT_PATH in text}
    # The journal keeps what a task returned, and of its links those without a signature.
    assert found == {"xcom", "task_state_store"}
    for entry in leaks.cluster.rest.request(
        "GET", f"/dags/{leaks.dag_id}/dagRuns/{leaks.id}/taskInstances/~/xcomEntries", params={"limit": 100}
    )["xcom_entries"]:
        if entry["key"] != "return_value":
            value = leaks.cluster.rest.xcom(leaks.dag_id, leaks.id, entry["task_id"], key=entry["key"])
            assert RESULT_PATH not in json.dumps(value)
