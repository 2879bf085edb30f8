"""One cell's environment: the built wheel, and the tests without the package beside them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

from compat.cells import NEWEST, Cell

PACKAGE = "airflow_provider_faceswap"
EXTRAS = ("dev", "media", "sandbox")
UV = (sys.executable, "-m", "uv")
# What would bring other code into the environment, or keep it from being compiled.
FOREIGN = ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV")


class CellError(Exception):
    """A cell cannot be tested; the message says why."""


def clean_environment() -> dict[str, str]:
    """Return the environment variables for all that runs in a cell."""
    return {name: value for name, value in os.environ.items() if name not in FOREIGN}


def run(command: Sequence[str | Path], cwd: Path, *, stdin: str = "") -> str:
    """
    Run a command and return what it prints.

    :param command: the command line.
    :param cwd: the working folder.
    :param stdin: what it reads.
    :raises CellError: if it fails.
    """
    done = subprocess.run(
        command, cwd=cwd, env=clean_environment(), input=stdin, capture_output=True, text=True, check=False
    )
    if done.returncode:
        words = " ".join(str(word) for word in command)
        raise CellError(f"`{words}` failed:\n{done.stderr.strip()[-2000:]}")
    return done.stdout


class Environment:
    """
    A cell's folder; what is there already is used again.

    :param cell: what to install.
    :param home: the folder of all cells.
    """

    def __init__(self, cell: Cell, home: Path) -> None:
        self.cell = cell
        self.home = home.resolve() / cell.name
        self.tree = self.home / "tree"
        self.bin = self.home / "env" / "bin"
        self._wanted = self.home / "requirements.txt"
        self._there = self.home / "installed.txt"

    @property
    def airflow(self) -> str:
        """The version of Airflow that was chosen."""
        pins = self._wanted.read_text().splitlines()
        return next(pin.partition("==")[2] for pin in pins if pin.startswith("apache-airflow=="))

    def make(self, python: Path, wheel: Path, sdist: Path) -> None:
        """
        Install everything; afterwards the wheel's copy of the package is the only one in reach.

        :param python: the interpreter.
        :param wheel: what is tested.
        :param sdist: where the tests are taken from.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        self.lay_tests(sdist)
        self._choose_versions()
        wanted = f"{python}\n{self._wanted.read_text()}"
        if not self._there.exists() or self._there.read_text() != wanted:
            self._there.unlink(missing_ok=True)
            run([*UV, "venv", "--quiet", "--clear", "--python", python, self.bin.parent], self.home)
            self._pip("install", "--requirement", self._wanted)
            self._there.write_text(wanted)
        self._pip("install", "--no-deps", f"--reinstall-package={PACKAGE}", wheel)
        self.check_origin()

    def lay_tests(self, sdist: Path) -> None:
        """
        Unpack the source distribution, without its copy of the package.

        :param sdist: the file.
        """
        shutil.rmtree(self.tree, ignore_errors=True)
        with tarfile.open(sdist) as archive:
            archive.extractall(self.home, filter="data")
        (self.home / sdist.name.removesuffix(".tar.gz")).rename(self.tree)
        shutil.rmtree(self.tree / PACKAGE)

    def _choose_versions(self) -> None:
        airflow = "" if self.cell.airflow == NEWEST else f"=={self.cell.airflow}"
        options = [f"--extra={extra}" for extra in EXTRAS]
        if self.cell.until:
            options.append(f"--exclude-newer={self.cell.until}")
        if self.cell.lowest:
            options.append("--resolution=lowest-direct")
        command = [*UV, "pip", "compile", "--quiet", "--upgrade", "--no-header", "--no-annotate"]
        command += ["--python-version", self.cell.python, *options, "--output-file", str(self._wanted)]
        run([*command, "pyproject.toml", "-"], self.tree, stdin=f"apache-airflow{airflow}")

    def _pip(self, command: str, *arguments: str | Path) -> None:
        run([*UV, "pip", command, "--quiet", "--python", self.bin / "python", *arguments], self.home)

    def check_origin(self) -> None:
        """Raise CellError unless the package that the tests import is the wheel's."""
        code = f"import sysconfig, {PACKAGE}; print(sysconfig.get_path('purelib'), {PACKAGE}.__file__)"
        packages, file = run([self.bin / "python", "-c", code], self.tree).split()[-2:]
        if not Path(file).is_relative_to(packages):
            raise CellError(f"the tests would import {file}, which is not the wheel in {packages}")
