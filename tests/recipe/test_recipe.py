"""A vendor of ours is one thing to add: its files and one line in a list; this says what is missing."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import airflow_provider_faceswap
from airflow_provider_faceswap.apis import VENDORS, vendor
from airflow_provider_faceswap.get_provider_info import get_provider_info

ROOT = Path(__file__).parent.parent.parent
PACKAGE = Path(airflow_provider_faceswap.__file__).parent


@pytest.mark.parametrize("name", VENDORS)
def test_a_vendor_has_all_that_the_recipe_lists(name: str) -> None:
    for room in ("apis", "hooks", "operators", "sensors"):
        assert (PACKAGE / room / f"{name}.py").is_file(), f"{room}/{name}.py"
    for module in ("routes", "fields", "replies"):
        assert (PACKAGE / "sandbox" / name / f"{module}.py").is_file(), f"sandbox/{name}/{module}.py"
    samples = [case for case in (ROOT / "tests/samples" / name).iterdir() if (case / "body").is_file()]
    assert len(samples) > 5, f"tests/samples/{name}"
    info = get_provider_info()
    assert name in {item["connection-type"] for item in info["connection-types"]}
    for kind in ("operators", "sensors", "hooks"):
        modules = {module for item in info[kind] for module in item["python-modules"]}
        assert f"airflow_provider_faceswap.{kind}.{name}" in modules
    examples = "".join(path.read_text() for path in (ROOT / "example_dags").glob("*.py"))
    assert f"operators.{name} import" in examples, f"no example Dag imports operators.{name}"


@pytest.mark.parametrize("name", VENDORS)
def test_each_operation_has_an_operator_in_the_readme_and_a_page(name: str) -> None:
    readme = (ROOT / "README.md").read_text()
    module = importlib.import_module(f"airflow_provider_faceswap.operators.{name}")
    operators = {
        item.operation: item.__name__
        for item in vars(module).values()
        if isinstance(item, type) and hasattr(item, "operation") and item.__module__ == module.__name__
    }
    for request in vendor(name).operations.values():
        assert request.docs
        assert f"`operators.{name}.{operators[request.operation]}`" in readme
