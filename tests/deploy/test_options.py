"""The options that deploy/compose.yaml sets, as Airflow reads them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from airflow.configuration import conf

from airflow_provider_faceswap.callbacks.config import callback_base_url, callback_secrets, inbox_url
from airflow_provider_faceswap.options import folder_option
from harness.settings import component_environment
from tests.deploy.reading import DEPLOY, HAS_CELERY, airflow_services, environment, services, variables

PREFIX = "AIRFLOW__"
NEEDED = {
    "workers": {"CALLBACK_BASE_URL", "CALLBACK_SECRET", "INBOX", "SPOOL"},
    "API servers": {"CALLBACK_SECRET", "INBOX"},
    "triggerers": {"INBOX"},
}
READS = """
import json, sys
from airflow.configuration import conf
print(json.dumps([conf.get(*pair) for pair in json.loads(sys.argv[1])]))
"""

needs_cluster = pytest.mark.skipif(not HAS_CELERY, reason="only the extra cluster brings PostgreSQL's driver")


def test_the_secrets_are_those_that_the_file_takes(secrets: dict[str, str]) -> None:
    assert secrets.keys() == variables()
    assert len(set(secrets.values())) == len(secrets)
    assert all(len(secret) >= 32 for secret in secrets.values())


def test_a_password_needs_no_quoting_in_a_url(secrets: dict[str, str]) -> None:
    assert re.fullmatch(r"\w+", secrets["POSTGRES_PASSWORD"] + secrets["VALKEY_PASSWORD"])


def test_no_secret_is_in_the_repository() -> None:
    assert "/deploy/.env" in (DEPLOY.parent / ".gitignore").read_text().split()
    for name in services():
        for option, value in environment(name, {each: "" for each in variables()}).items():
            if re.search(r"SECRET|FERNET|PASSWORD|AUTH$", option):
                assert value == ""


@pytest.mark.parametrize("option", sorted(next(iter(airflow_services().values()))["environment"]))
def test_an_option_is_one_of_airflow_or_of_a_provider(option: str) -> None:
    section, _, name = option.removeprefix(PREFIX).lower().partition("__")
    if section == "celery" and not HAS_CELERY:
        pytest.skip("Airflow's provider for Celery is not installed")
    known = conf.configuration_description.get(section, {}).get("options", {})
    # What a broker takes is Celery's to say.
    assert name in known or section == "celery_broker_transport_options"


def test_every_component_has_the_same_options() -> None:
    found = [service["environment"] for service in airflow_services().values()]
    assert len(found) == 9 and all(each == found[0] for each in found)


@pytest.mark.parametrize("who", NEEDED)
def test_who_reads_an_option_of_faceswap_has_it(who: str, secrets: dict[str, str]) -> None:
    kind = {"workers": "worker-", "API servers": "api-server-", "triggerers": "triggerer-"}[who]
    names = [name for name in services() if name.startswith(kind)]
    assert len(names) == 2
    for name in names:
        found = environment(name, secrets)
        assert all(found[f"AIRFLOW__FACESWAP__{option}"] for option in NEEDED[who])


def test_the_provider_takes_the_values(secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment("worker-1", secrets).items():
        if name.startswith("AIRFLOW__FACESWAP__"):
            monkeypatch.setenv(name, value)
    assert callback_base_url() == "http://127.0.0.1:8080"
    assert [len(secret) for secret in callback_secrets()] == [64]
    assert inbox_url() == "s3://media@media/inbox"
    assert folder_option("spool") == "s3://media@media/spool"


def run(arguments: list[str], env: dict[str, str], home: Path) -> str:
    """Run Python with the environment of a component; return what it printed."""
    whole = {**component_environment(home), **env}
    done = subprocess.run([sys.executable, *arguments], env=whole, cwd=home, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_cluster
def test_airflow_finds_no_fault_with_the_environment(secrets: dict[str, str], tmp_path: Path) -> None:
    said = run(["-m", "airflow", "config", "lint"], environment("scheduler", secrets), tmp_path)
    found = [line for line in said.splitlines() if line.lstrip().startswith("- ")]
    # It says of every executor but the default one that the default was another in Airflow 2.
    assert len(found) == 1 and "`executor`" in found[0], said


@needs_cluster
def test_airflow_reads_each_value_as_it_is_written(secrets: dict[str, str], tmp_path: Path) -> None:
    ours = environment("scheduler", secrets)
    pairs = json.dumps([name.removeprefix(PREFIX).lower().split("__", 1) for name in ours])
    said = run(["-c", READS, pairs], ours, tmp_path)
    assert json.loads(said.splitlines()[-1]) == list(ours.values())
