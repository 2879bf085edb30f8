"""Whether what a document says to type exists."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from importlib.metadata import metadata
from importlib.util import find_spec

from airflow.configuration import conf
from packaging.requirements import Requirement

from airflow_provider_faceswap.apis import VENDORS
from airflow_provider_faceswap.get_provider_info import get_provider_info
from tests.docs.blocks import ROOT

DISTRIBUTION = "airflow-provider-faceswap"
OPTIONS = get_provider_info()["config"]["faceswap"]["options"]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
# Modules whose own command line says whether it knows the options.
WITH_HELP = ("airflow_provider_faceswap.sandbox",)
OF_THE_EXAMPLE = {"acme_faceswap.server"}
"""Modules of the package that docs/adding-a-vendor.md makes."""
# Programs that are not ours to check, and why.
OTHERS = {
    "aws": "changes an account at Amazon",
    "curl": "asks a server that is not running here",
    "mkdir": "makes a folder",
    "moto_server": "serves until it is stopped",
}
# Types of connections that are not ours.
CONNECTION_TYPES = {*VENDORS, "aws"}


def commands(text: str) -> list[list[str]]:
    """Return the words of each command, without the output that is shown between them."""
    found: list[list[str]] = []
    command = ""
    for line in text.replace("\\\n", " ").splitlines():
        if command or line.startswith("$ "):
            command = f"{command}\n{line}" if command else line[2:]
            if words := _words(command):
                found.append(words)
                command = ""
    if command:
        raise ValueError(f"a quotation is not closed: {command}")
    return found


def _words(command: str) -> list[str] | None:
    """Return a command's words, None where a quotation goes on in the next line."""
    try:
        return shlex.split(command, comments=True)
    except ValueError:
        return None


def check_command(words: list[str]) -> None:
    """Raise AssertionError if a command cannot work."""
    program, *arguments = words
    check = {
        "make": _make,
        "python": _python,
        "python3": _python,
        "airflow": _airflow,
        "pip": _pip,
        "export": _export,
        "source": _source,
    }
    name = program.rpartition("/")[2]
    assert name in {*check, *OTHERS}, f"nothing checks {program!r}: see tests/docs/commands.py"
    if name in check:
        check[name](arguments)


def _make(arguments: list[str]) -> None:
    targets = [word for word in arguments if "=" not in word]
    assert targets and TARGETS.issuperset(targets), f"no such target: make {' '.join(targets)}"
    for word in arguments:
        name, given, _ = word.partition("=")
        assert not given or f"$({name})" in MAKEFILE, f"make knows no {name}"


def _source(arguments: list[str]) -> None:
    (file,) = arguments
    assert file.endswith("/bin/activate"), f"not of a virtual environment: {file}"


def _python(arguments: list[str]) -> None:
    flag, module, *options = arguments
    assert flag == "-m", "only `python -m` is checked"
    assert module in OF_THE_EXAMPLE or find_spec(module), f"no module {module}"
    if module == "pytest":
        _pytest(options)
    elif module == "airflow":
        _airflow(options)
    elif module in WITH_HELP:
        # Options are read before the help is shown.
        command = [sys.executable, "-m", module, *options, "--help"]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def _pytest(options: list[str]) -> None:
    chosen = options[options.index("-k") + 1] if "-k" in options else ""
    folders = [ROOT / option for option in options if "/" in option]
    assert all(folder.exists() for folder in folders), f"no such path: {options}"
    tests = "".join(file.read_text() for folder in folders for file in folder.rglob("test_*.py"))
    assert chosen in tests, f"no test has {chosen!r} in its name"


def _airflow(arguments: list[str]) -> None:
    from airflow.cli.cli_parser import get_parser

    try:
        get_parser().parse_args(arguments)
    except SystemExit:
        raise AssertionError(f"airflow does not know: {' '.join(arguments)}") from None


def _pip(arguments: list[str]) -> None:
    command, *wanted = arguments
    assert command == "install"
    if wanted[0] == "--constraint":
        assert (ROOT / wanted[1]).is_file(), f"no such file: {wanted[1]}"
        wanted = wanted[2:]
    for word in wanted:
        if word == "-e":
            continue
        # "." is this checkout.
        requirement = Requirement(re.sub(r"^\.", DISTRIBUTION, word))
        if requirement.name == DISTRIBUTION:
            known = metadata(DISTRIBUTION).get_all("Provides-Extra") or []
            assert requirement.extras <= set(known), f"no such extra: {word}"


def _export(assignments: list[str]) -> None:
    for assignment in assignments:
        name, _, value = assignment.partition("=")
        if name.startswith("AIRFLOW_CONN_"):
            assert json.loads(value)["conn_type"] in CONNECTION_TYPES, assignment
        elif name.startswith("AIRFLOW__FACESWAP__"):
            assert name.removeprefix("AIRFLOW__FACESWAP__").lower() in OPTIONS, assignment
        elif name.startswith("AIRFLOW__"):
            section, _, option = name.removeprefix("AIRFLOW__").lower().partition("__")
            assert conf.has_option(section, option), assignment
        else:
            assert name == "AIRFLOW_HOME", f"nothing checks the variable {name}"
