"""What a public repository has: workflows, forms and links that work."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from compat.cells import CELLS, chosen
from tests.docs.blocks import ROOT
from tests.docs.commands import TARGETS

GITHUB = ROOT / ".github"
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
SCHEMAS = {
    "github-workflows": sorted((GITHUB / "workflows").glob("*.yml")),
    "github-issue-forms": FORMS,
    "github-issue-config": [GITHUB / "ISSUE_TEMPLATE" / "config.yml"],
    "dependabot": [GITHUB / "dependabot.yml"],
    "readthedocs": [ROOT / ".readthedocs.yaml"],
}
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
WITH_LINKS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]


def workflow() -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load((GITHUB / "workflows" / "ci.yml").read_text())
    return loaded


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_files_are_what_their_readers_take(schema: str) -> None:
    assert SCHEMAS[schema]
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    done = subprocess.run([*command, *map(str, SCHEMAS[schema])], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_each_suite_runs_beside_the_others_and_is_a_target() -> None:
    suites = workflow()["jobs"]["suite"]["strategy"]["matrix"]["suite"]
    found = re.search(r"suites=\((\w[^)]*)\)", (ROOT / ".ci" / "run").read_text())
    assert found and sorted(suites) == sorted(found[1].split())
    assert set(suites) <= TARGETS


def test_each_cell_is_in_one_job() -> None:
    matrix = workflow()["jobs"]["compat"]["strategy"]["matrix"]["cell"]
    run = [cell.name for word in matrix for cell in chosen([word])]
    assert sorted(run) == sorted(cell.name for cell in CELLS)


def test_a_job_may_read_and_nothing_else() -> None:
    loaded = workflow()
    assert loaded["permissions"] == {"contents": "read"}
    for job in loaded["jobs"].values():
        assert "permissions" not in job and job["timeout-minutes"] <= 90
        for step in job["steps"]:
            assert re.fullmatch(r"actions/[\w-]+@v\d+", step.get("uses", "actions/none@v1"))
            if step.get("uses", "").startswith("actions/checkout"):
                assert step["with"]["persist-credentials"] is False


def test_the_public_site_is_built_with_what_the_extra_names() -> None:
    extra = [Requirement(line) for line in metadata("airflow-provider-faceswap").get_all("Requires-Dist", [])]
    wanted = {item.name for item in extra if item.marker and item.marker.evaluate({"extra": "docs"})}
    (install,) = yaml.safe_load((ROOT / ".readthedocs.yaml").read_text())["build"]["jobs"]["install"]
    assert install.split() == ["pip", "install", "--constraint", "constraints.txt", *sorted(wanted)]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_a_form_asks_for_versions_and_reminds_of_keys(form: Path) -> None:
    text = form.read_text()
    assert "id: versions" in text
    assert re.search(r"[Rr]emoved? (API )?keys, (signed )?URLs", text)


@pytest.mark.parametrize("page", WITH_LINKS, ids=lambda page: page.name)
def test_links_to_files_of_the_repository_work(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert links or page.name == "CHANGELOG.md"
    assert [link for link in links if not (page.parent / link).exists()] == []
