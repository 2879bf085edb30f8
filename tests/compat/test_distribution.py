"""What is in the wheel and the source distribution."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGE = "airflow_provider_faceswap"


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def sdist(dist: Path) -> Path:
    (file,) = dist.glob("*.tar.gz")
    return file


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (file,) = dist.glob("*.whl")
    return file


def tracked() -> set[str]:
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("no git checkout")
    return {name for name in done.stdout.split("\0") if name and (ROOT / name).exists()}


def test_what_git_ignores_is_written_in_the_file_that_the_build_reads() -> None:
    """Secrets of ``deploy/`` would be packed: the build reads no other ``.gitignore``."""
    assert [name for name in tracked() if name.endswith(".gitignore")] == [".gitignore"]
    assert "/deploy/.env" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    folders = {name.partition("/")[0] for name in names}
    assert PACKAGE in folders and len(folders) == 2
    (other,) = folders - {PACKAGE}
    assert other.endswith(".dist-info")
    ours = {name for name in names if name.startswith(f"{PACKAGE}/")}
    assert ours == {name for name in tracked() if name.startswith(f"{PACKAGE}/")}


def test_the_source_distribution_holds_every_file_of_the_repository(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names - {"PKG-INFO"} == tracked()


def test_the_package_index_will_take_both(dist: Path, wheel: Path, sdist: Path) -> None:
    command = [sys.executable, "-m", "twine", "check", "--strict", wheel, sdist]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_the_source_distribution_sets_itself_up_and_tests_itself(sdist: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    subprocess.run([folder / "scripts" / "set-up"], cwd=folder, check=True, capture_output=True)
    python = folder / ".venv" / "bin" / "python"
    code = f"import {PACKAGE}; print({PACKAGE}.__file__)"
    file = subprocess.run([python, "-c", code], cwd="/", check=True, capture_output=True, text=True).stdout
    assert Path(file.strip()).is_relative_to(folder), "another copy of the package was tested"
    command = [python, "-m", "pytest", "-q", "tests/journal", "tests/apis/test_contract.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
