"""What a new user meets: the connection's form, its test, and one sentence for each mistake."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from harness.cluster import Cluster, ClusterError
from harness.sandbox import Sandbox
from tests.system.run import Run

# One sentence each, as the task's log has it; those of templates that do not render are Airflow's own.
REQUIRED = "init_image: is required; give a value, or check that its template renders to one"
SENTENCES = {
    "no_connection": (
        "SettingsError",
        "connection 'no_connection' is not defined; add one of type 'modelslab' with the API key as its "
        "password",
    ),
    "no_key": (
        "SettingsError",
        "connection 'no_key': the API key is missing; enter it as API key (the connection's password)",
    ),
    "wrong_key": (
        "AuthenticationError",
        "ModelsLab refused the API key: Invalid API key; correct the API key in the connection's password",
    ),
    "host_of_nobody": (
        "NotSentError",
        "nothing was sent: no connection to 127.0.0.1 (ConnectError); check the connection's host (Base URL) "
        "and proxy",
    ),
    "host_with_path": (
        "RefusedError",
        "ModelsLab refused the job: The requested endpoint does not exist (no such endpoint: the "
        "connection's host must be the vendor's origin, without a path)",
    ),
    "file_path": (
        "InputError",
        "init_image: names a local file that is missing or is not below [faceswap] local_roots: set "
        "local_roots on the workers, or give a URL or an object-storage path such as s3://conn_id@bucket/key",
    ),
    "template_typo": ("UndefinedError", "'dict object' has no attribute 'nope'"),
    "template_blank": ("InputError", REQUIRED),
    "template_none": ("InputError", REQUIRED),
    "template_left_alone": (
        "InputError",
        "init_image: must be an http(s) URL; it looks like a template that was not rendered",
    ),
    "output_of_none": (
        "InputError",
        "output_path: must be the URL of a folder, such as s3://conn_id@bucket/folder or file:///data/folder",
    ),
    "no_job_id": (
        "InputError",
        "job_id: is required; check that its template renders to the submitter's id",
    ),
}
NO_MISTAKES = ("no_scheme", "no_port_in_host", "trailing_slash", "port_0", "unknown_extra")


def connections(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """The connections that new users make, by id."""
    authority = sandbox.url.removeprefix("http://")
    # What was left empty arrives as port 0, "" or null.
    untouched = {"port": 0, "login": "", "schema": "", "extra": json.dumps({"timeout": None, "proxy": None})}
    return {
        "no_key": {"password": ""},
        "wrong_key": {"password": "sbx-of-somebody-else"},
        "no_scheme": {"host": authority},
        "no_port_in_host": {"host": "http://127.0.0.1", "port": int(authority.partition(":")[2])},
        "trailing_slash": {"host": f"{sandbox.url}/"},
        "port_0": untouched,
        "unknown_extra": {"extra": json.dumps({"timout": 5})},
        "host_of_nobody": {"host": "http://127.0.0.1:9"},
        "host_with_path": {"host": f"{sandbox.url}/api/v6"},
    }


@pytest.fixture(scope="module")
def run(cluster: Cluster, sandbox: Sandbox) -> Run:
    for conn_id, fields in connections(sandbox).items():
        usual = {"conn_type": "modelslab", "host": sandbox.url, "password": sandbox.key}
        body = {"connection_id": conn_id, **usual, **fields}
        cluster.rest.request("POST", "/connections", json=body)
    return Run.start(cluster, "mistakes", origin=sandbox.url)


def test_the_connection_test_tells_a_right_key_from_a_wrong_one_and_costs_nothing(
    cluster: Cluster, sandbox: Sandbox
) -> None:
    before = sandbox.http.get("/_sandbox/counts").json()
    assert "Connection success!" in cluster.airflow("connections", "test", "modelslab_default")
    with pytest.raises(ClusterError, match="ModelsLab refused the API key"):
        cluster.airflow("connections", "test", "modelslab_wrong_key")
    after = sandbox.http.get("/_sandbox/counts").json()
    assert after["accepted"] == before["accepted"]
    assert after["fetches"] == before["fetches"] + 2


def test_a_success_is_said_in_a_sentence_to_those_who_ask_for_the_log(
    cluster: Cluster, sandbox: Sandbox
) -> None:
    said = rf"Segmind at {sandbox.url} accepts the API key; (1,000|999),\d{{3}} credits left"
    assert re.search(said, cluster.airflow("connections", "test", "-v", "segmind_default"))


def test_the_form_says_what_goes_where(cluster: Cluster) -> None:
    forms = cluster.rest.request("GET", f"{cluster.url}/ui/connections/hook_meta")
    [form] = [form for form in forms if form["connection_type"] == "modelslab"]
    fields = form["standard_fields"]
    assert form["hook_name"] == "ModelsLab"
    assert fields["password"]["title"] == "API key"
    leave_empty = "Leave empty for https://modelslab.com"
    assert fields["host"] == {"hidden": False, "title": "Base URL", "placeholder": leave_empty}
    assert {name for name, field in fields.items() if field and field["hidden"]} == {
        "url_schema",
        "login",
        "port",
    }
    extras = form["extra_fields"]
    assert set(extras) >= {"namespace", "timeout", "max_connections", "verify", "allow_private_hosts"}
    for extra in extras.values():
        assert extra["schema"]["title"] and extra["description"]
        kind, empty = extra["schema"]["type"]  # for more types than one the form shows a large text area
        assert empty == "null", "without it the form asks for a value"
        assert kind in ("string", "number", "integer", "boolean")
    # The form masks it while it is typed, and Airflow shows it as *** by its name.
    assert extras["proxy"]["schema"]["format"] == "password"
    # A null here would be shown as a choice.
    assert extras["namespace"]["schema"]["enum"] == ["faceswap", "deepfake"]


@pytest.mark.parametrize("mistake", SENTENCES)
def test_a_mistake_ends_in_one_sentence_that_says_what_to_do(run: Run, mistake: str) -> None:
    assert run.ends() == "failed"
    # Airflow logs an error of a template twice.
    assert set(run.errors(mistake)) == {": ".join(SENTENCES[mistake])}


def test_a_template_that_does_not_render_is_named(run: Run) -> None:
    run.ends()
    said = [entry["event"] for entry in run.log("template_typo")]
    assert any(re.search(r"field 'init_image'\. Template: '\{\{ params\.nope \}\}'", event) for event in said)


@pytest.mark.parametrize("case", NO_MISTAKES)
def test_what_can_be_understood_is_no_mistake(run: Run, case: str) -> None:
    run.ends()
    assert run.states()[case] == "success", run.errors(case)


def test_an_unknown_extra_is_warned_of_and_the_known_are_named(run: Run) -> None:
    run.ends()
    [warning] = run.warnings("unknown_extra")
    assert warning.startswith("connection 'unknown_extra': unknown extras ['timout']; known are [")
    assert "'timeout'" in warning
    assert run.warnings("port_0") == []
