"""The secrets of a deployment."""

from __future__ import annotations

import subprocess

import pytest

from tests.deploy.reading import DEPLOY


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What ``deploy/make-secrets`` writes, made by it."""
    folder = tmp_path_factory.mktemp("deploy")
    script = folder / "make-secrets"
    script.write_bytes((DEPLOY / "make-secrets").read_bytes())
    script.chmod(0o700)
    subprocess.run([script], check=True, capture_output=True)
    assert (folder / ".env").stat().st_mode & 0o077 == 0
    again = subprocess.run([script], capture_output=True, text=True)
    assert again.returncode == 1 and "delete it" in again.stderr
    lines = (folder / ".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)
