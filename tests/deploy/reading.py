"""deploy/compose.yaml as Compose reads it: with its merges, and with the variables of an .env."""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "compose.yaml"
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::\?[^}]*)?\}")
IMAGE = "airflow-faceswap"
EXECUTOR = "AIRFLOW__CORE__EXECUTOR"
HAS_CELERY = find_spec("airflow.providers.celery") is not None
"""Only `make cluster-test` installs the provider that has these commands and options."""


@cache
def compose() -> dict[str, Any]:
    """Return the file's content."""
    content: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return content


def services() -> dict[str, dict[str, Any]]:
    """Return all services by their names."""
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def airflow_services() -> dict[str, dict[str, Any]]:
    """Return the services that run a component of Airflow, or prepare it."""
    return {
        name: service for name, service in services().items() if EXECUTOR in service.get("environment", {})
    }


def variables() -> set[str]:
    """Return the names of the variables that the file takes from the .env."""
    return {found["name"] for found in VARIABLE.finditer(COMPOSE.read_text(encoding="utf-8"))}


def environment(name: str, values: dict[str, str]) -> dict[str, str]:
    """
    Return the environment of a service.

    :param name: of the service.
    :param values: of the variables.
    """
    given: dict[str, str] = services()[name].get("environment") or {}
    return {key: VARIABLE.sub(lambda found: values[found["name"]], value) for key, value in given.items()}
