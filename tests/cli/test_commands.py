"""The commands, as ``airflow`` finds them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from airflow.cli.cli_config import ActionCommand, GroupCommand

from airflow_provider_faceswap.cli.commands import get_cli_commands
from airflow_provider_faceswap.get_provider_info import get_provider_info
from tests.cli.scene import parsed

PACKAGE = "airflow_provider_faceswap"


def commands() -> list[ActionCommand]:
    (group,) = get_cli_commands()
    assert isinstance(group, GroupCommand)
    return [command for command in group.subcommands if isinstance(command, ActionCommand)]


def test_airflow_is_told_of_them() -> None:
    assert get_provider_info()["cli"] == [f"{get_cli_commands.__module__}.{get_cli_commands.__name__}"]
    assert [command.name for command in commands()] == ["jobs", "adopt", "resubmit", "forget", "sweep"]


@pytest.mark.parametrize("command", commands(), ids=lambda command: command.name)
def test_each_has_code_that_can_be_imported(command: ActionCommand) -> None:
    from importlib import import_module

    module = {"adopt": "deciding", "resubmit": "deciding"}.get(command.name, command.name)
    assert callable(getattr(import_module(f"airflow_provider_faceswap.cli.{module}"), command.name))


def test_airflow_help_imports_none_of_it() -> None:
    """Each ``airflow`` command reads the list of commands, the scheduler's included."""
    code = "import sys, airflow_provider_faceswap.cli.commands; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours = {name.split(".")[1] for name in done.stdout.split() if name.startswith(f"{PACKAGE}.")}
    assert ours <= {"cli", "get_provider_info", "connection_form", "apis"}, (
        "Airflow reads the provider's metadata as well"
    )
    assert f"{PACKAGE}.cli.shell" not in done.stdout.split()


def test_nothing_is_deleted_by_default() -> None:
    assert [parsed(name).yes for name in ("forget", "sweep")] == [False, False]
