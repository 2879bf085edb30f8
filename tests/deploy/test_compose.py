"""What is said of the services of deploy/compose.yaml, and whether it is there."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from airflow.cli import cli_parser

from harness.distributed.cluster import API_SERVERS, PRELOADED, TRIGGERERS, WORKERS
from tests.deploy.reading import (
    COMPOSE,
    DEPLOY,
    HAS_CELERY,
    IMAGE,
    ROOT,
    airflow_services,
    compose,
    services,
)

NETWORK = "service:address"
COMPONENTS = {*API_SERVERS, "scheduler", "dag-processor", *TRIGGERERS, *WORKERS}
OURS = [name for name, service in services().items() if service.get("image", "").startswith(IMAGE)]


def test_the_file_is_what_compose_takes() -> None:
    schema = ["--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    done = subprocess.run([sys.executable, "-m", "check_jsonschema", *schema], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_it_has_the_components_of_the_cluster_test() -> None:
    assert services().keys() > COMPONENTS


@pytest.mark.parametrize("name", services())
def test_it_waits_for_services_that_there_are(name: str) -> None:
    needed = services()[name].get("depends_on") or {}
    assert set(needed) <= services().keys()
    for other, condition in dict(needed).items():
        if condition["condition"] == "service_healthy":
            assert "healthcheck" in services()[other]


@pytest.mark.parametrize("name", services())
def test_its_volumes_are_declared_and_its_files_are_there(name: str) -> None:
    for volume in services()[name].get("volumes") or []:
        source = volume.split(":")[0]
        if source.startswith("."):
            assert (DEPLOY / source).exists()
        else:
            assert source in compose()["volumes"]


def test_every_declared_volume_is_used() -> None:
    mounted = {volume.split(":")[0] for each in services().values() for volume in each.get("volumes") or []}
    assert set(compose()["volumes"]) <= mounted


@pytest.mark.parametrize("name", services())
def test_its_ports_are_published_on_loopback_only(name: str) -> None:
    ports = services()[name].get("ports") or []
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_all_share_the_network_of_the_one_address() -> None:
    modes = {name: service.get("network_mode") for name, service in services().items()}
    assert modes.pop("address") is None
    assert set(modes.values()) == {NETWORK}


@pytest.mark.parametrize("name", services())
def test_its_image_is_pinned(name: str) -> None:
    assert re.fullmatch(r"[\w./-]+:\d+\.\d+\.\d+[\w.-]*|[\w./-]+:\d+\.\d+-alpine", services()[name]["image"])


@pytest.mark.parametrize("name", services().keys() - {"init"})
def test_it_has_a_healthcheck_and_is_started_again(name: str) -> None:
    assert services()[name]["healthcheck"]["test"][0] == "CMD"
    assert services()[name]["restart"] == "always"


@pytest.mark.parametrize("name", OURS)
def test_its_commands_exist(name: str) -> None:
    service = services()[name]
    for command in [service["command"], service.get("healthcheck", {}).get("test", ["CMD"])[1:]]:
        check_command([str(word) for word in command])


def check_command(words: list[str]) -> None:
    if "celery" in words[:2] and not HAS_CELERY:
        pytest.skip("Airflow's provider for Celery is not installed")
    if words[:1] == ["airflow"]:
        cli_parser.get_parser().parse_args(words[1:])
    elif words[:2] == ["python", "-m"]:
        import_module(words[2])
    elif words[:1] == ["python"]:
        assert (ROOT / words[1].removeprefix("/opt/faceswap/")).is_file()
    elif words[:2] == ["celery", "--app"]:
        module, _, app = words[2].rpartition(".")
        assert getattr(import_module(module), app)
    else:
        assert words == [] or words[0] == "curl", shlex.join(words)


def test_no_two_servers_take_the_same_port() -> None:
    commands = [" ".join(map(str, service.get("command") or [])) for service in services().values()]
    ports = re.findall(r"(?:--port|-p) (\d+)", " ".join(commands))
    nginx = (DEPLOY / "nginx.conf").read_text()
    ports += re.findall(r"listen (?:127\.0\.0\.1:)?(\d+);", nginx)
    assert len(ports) == len(set(ports)) and len(ports) == 7


def test_the_one_address_leads_to_both_api_servers_and_to_the_sandbox() -> None:
    nginx = (DEPLOY / "nginx.conf").read_text()
    behind = set(re.findall(r"127\.0\.0\.1:(\d+)(?: max_fails|;)", nginx)) - {"18080"}
    told = {str(port) for name in (*API_SERVERS, "sandbox") for port in services()[name]["command"]}
    assert behind <= told and len(behind) == 3
    published = {port.split(":")[2] for port in services()["address"]["ports"]}
    assert published <= set(re.findall(r"listen (\d+);", nginx))


@pytest.mark.parametrize("name", API_SERVERS)
def test_an_api_server_is_healthy_once_its_execution_api_is_built(name: str) -> None:
    port = services()[name]["command"][-1]
    assert services()[name]["healthcheck"]["test"][-1] == f"http://127.0.0.1:{port}/execution/health"


@pytest.mark.parametrize("name", WORKERS)
def test_a_worker_is_asked_by_its_own_name(name: str) -> None:
    assert services()[name]["command"][4] == name
    assert services()[name]["healthcheck"]["test"][-1] == f"celery@{name}"


def test_workers_preload_what_those_of_the_cluster_test_do() -> None:
    for service in airflow_services().values():
        told = json.loads(service["environment"]["AIRFLOW__CELERY__EXTRA_CELERY_CONFIG"])
        assert told == {"imports": PRELOADED}


@pytest.mark.parametrize("name", ["s3", "sandbox"])
def test_what_is_not_airflow_gets_none_of_its_secrets(name: str) -> None:
    assert services()[name]["environment"].keys() == {"CONNECTION_CHECK_MAX_COUNT"}


def test_what_the_image_is_built_from_is_there_and_let_in() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    copied = [source for line in lines if line.startswith("COPY") for source in line.split()[2:-1]]
    let_in = (DEPLOY / "Dockerfile.dockerignore").read_text().split()
    assert len(copied) > 5
    for source in copied:
        assert (ROOT / source).exists()
        assert f"!{source}" in let_in
    assert {entry[1:] for entry in let_in if entry.startswith("!")} == set(copied)


def test_the_image_has_the_airflow_that_the_tests_run_on() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    version = re.search(r"^apache-airflow==(.+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert version
    assert f"FROM apache/airflow:{version[1]}-python" in text and f"'apache-airflow=={version[1]}'" in text
    assert all(services()[name]["image"] == f"{IMAGE}:{version[1]}" for name in OURS)


def test_what_the_image_installs_is_pinned() -> None:
    text, pins = (DEPLOY / "Dockerfile").read_text(), (ROOT / "constraints.txt").read_text()
    names = re.findall(r"'([\w-]+)(?:\[\w+\])?(?:==[\d.]+)?'", text)
    assert len(names) > 6
    for name in names:
        assert re.search(rf"^{name}==", pins, re.MULTILINE), name


def test_the_image_is_built_with_extras_that_there_are() -> None:
    text, project = (DEPLOY / "Dockerfile").read_text(), (ROOT / "pyproject.toml").read_text()
    extras = re.search(r"/opt/faceswap\[([\w,]+)\]", text)
    assert extras
    for extra in extras[1].split(","):
        assert re.search(rf"^{extra} = \[", project, re.MULTILINE)


def paths(value: Any) -> list[str]:
    """Return all folders and files of the image that commands and volumes name."""
    return re.findall(r"/opt/faceswap/[\w./]+", json.dumps(value))


def test_files_that_commands_name_are_in_the_image() -> None:
    copied = (DEPLOY / "Dockerfile").read_text()
    for service in services().values():
        for path in paths(service.get("command")):
            assert f" {path}" in copied and Path(path).name
