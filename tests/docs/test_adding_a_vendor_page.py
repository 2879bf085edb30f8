"""docs/adding-a-vendor.md shows the tiny package as it is tested, and its Dag runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from harness.settings import component_environment
from tests.docs.blocks import BLOCKS, ROOT
from tests.vendors.installed import ACME, install, load_server

PAGE = "docs/adding-a-vendor.md"
SHOWN = [block.text for block in BLOCKS if block.page == PAGE and block.language in ("python", "toml")]
EXAMPLE_FILES = {
    str(path.relative_to(ACME)): path.read_text("utf-8")
    for path in sorted(ACME.rglob("*"))
    if path.suffix in (".py", ".toml") and path.name != "__init__.py"
}


def test_every_file_is_shown_as_it_is() -> None:
    assert len(EXAMPLE_FILES) == 7
    assert [name for name, text in EXAMPLE_FILES.items() if text not in SHOWN] == []
    assert {text.splitlines()[0] for text in EXAMPLE_FILES.values()} == {
        f"# {name}" for name in EXAMPLE_FILES
    }
    (drawing,) = (block.text for block in BLOCKS if block.page == PAGE and block.language == "text")
    assert set(re.findall(r"\w+\.(?:py|toml)", drawing)) == {
        "__init__.py", *(name.rpartition("/")[2] for name in EXAMPLE_FILES)
    }  # fmt: skip


def test_only_the_public_modules_are_imported() -> None:
    imported = re.findall(r"airflow_provider_faceswap[.\w]*(?= import)", "".join(EXAMPLE_FILES.values()))
    assert set(imported) == {"airflow_provider_faceswap.vendors", "airflow_provider_faceswap.testing.vendors"}


@pytest.mark.slow
def test_its_dag_swaps(tmp_path: Path) -> None:
    acme = load_server()
    (dag,) = (text for text in SHOWN if text not in EXAMPLE_FILES.values())
    results = tmp_path / "swaps"
    (tmp_path / "dags").mkdir()
    with acme.Acme() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        text = dag.replace("http://127.0.0.1:8900", server.url).replace("/tmp/swaps-by-acme", str(results))
        (tmp_path / "dags" / "swap_by_acme.py").write_text(text, encoding="utf-8")
        connection = {"conn_type": "acme", "host": server.url, "password": acme.KEY}
        env = component_environment(tmp_path) | {
            "AIRFLOW_CONN_ACME_DEFAULT": json.dumps(connection),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "PYTHONPATH": os.pathsep.join([str(install(tmp_path / "packages")), str(ROOT)]),
        }
        for command in (("db", "migrate"), ("dags", "test", "swap_by_acme")):
            words = [sys.executable, "-m", "airflow", *command]
            done = subprocess.run(words, env=env, cwd=tmp_path, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr
        server.shutdown()
    assert [path.read_bytes() for path in results.glob("acme-a-1.png")] == [acme.PICTURE]
