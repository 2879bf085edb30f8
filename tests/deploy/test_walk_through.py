"""The walk through deploy/compose.yaml in docs/deployment.md."""

from __future__ import annotations

import re

import pytest
from airflow.cli import cli_parser

from tests.deploy.reading import DEPLOY, ROOT, services

PAGE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
COMMANDS = [found.split() for found in re.findall(r"`docker compose ([^`]+)`", PAGE)]
OPTIONS = {
    "up": {"--build", "--detach", "--wait"},
    "down": {"--volumes"},
    "ps": set[str](),
    "kill": set[str](),
    "start": set[str](),
    "restart": set[str](),
    "exec": set[str](),
}


def test_it_starts_looks_kills_and_tears_down() -> None:
    assert {command[0] for command in COMMANDS} == OPTIONS.keys()


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_names_services_that_there_are(command: list[str]) -> None:
    verb, *words = command
    if verb == "exec":
        service, program, *arguments = words
        assert service in services() and program == "airflow"
        cli_parser.get_parser().parse_args(arguments)
        return
    options = {word for word in words if word.startswith("--")}
    assert options <= OPTIONS[verb]
    assert set(words) - options <= services().keys()


def test_it_opens_the_published_ports() -> None:
    published = {":".join(port.split(":")[:2]) for port in services()["address"]["ports"]}
    assert published == set(re.findall(r"`http://(127\.0\.0\.1:\d+)`", PAGE))


def test_it_triggers_the_dag_that_is_there_and_makes_the_secrets() -> None:
    assert "dags trigger try_it" in PAGE and '"try_it"' in (DEPLOY / "dags" / "try_it.py").read_text()
    assert "`./make-secrets`" in PAGE and (DEPLOY / "make-secrets").stat().st_mode & 0o100


def test_the_compose_file_sets_what_the_page_says_must_be_set() -> None:
    environment = services()["worker-1"]["environment"]
    table = PAGE.split("## Settings")[1].split("## Object storage")[0]
    options = set(re.findall(r"`\[(\w+)\] (\w+)", table)) - {("scheduler", "task_queued_timeout")}
    assert len(options) > 12
    assert {f"AIRFLOW__{section}__{name}".upper() for section, name in options} <= environment.keys()
