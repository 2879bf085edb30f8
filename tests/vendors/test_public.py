"""The one public module for authors of vendors: it lists what it has, and costs nothing until it is used."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys

import pytest

from airflow_provider_faceswap import vendors

PROVIDER = "airflow_provider_faceswap"


def imported_for_types() -> set[str]:
    tree = ast.parse(inspect.getsource(vendors))
    return {
        alias.name
        for branch in tree.body
        if isinstance(branch, ast.If)
        for node in branch.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_every_name_is_listed_typed_and_there() -> None:
    assert sorted(vendors.__all__) == vendors.__all__
    assert set(vendors.__all__) == imported_for_types() == vendors._HOME_OF.keys()
    for name in vendors.__all__:
        assert getattr(vendors, name) is not None


def test_every_class_and_function_explains_itself() -> None:
    found = {name: getattr(vendors, name) for name in vendors.__all__}
    explained = {
        name: item for name, item in found.items() if inspect.isclass(item) or inspect.isfunction(item)
    }
    assert len(explained) > 20
    assert [name for name, item in explained.items() if not inspect.getdoc(item)] == []


def test_a_name_that_is_not_there_is_an_ordinary_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = vendors.Nothing  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("code", "loaded"),
    [
        ("import airflow_provider_faceswap.vendors", {"vendors"}),
        ("from airflow_provider_faceswap.vendors import connection_type", {"vendors", "connection_form"}),
    ],
)
def test_a_providers_info_costs_next_to_nothing(code: str, loaded: set[str]) -> None:
    shown = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    own = {name for name in shown if name.startswith(f"{PROVIDER}.")}
    assert own == {f"{PROVIDER}.{name}" for name in loaded}
    assert not {"airflow", "httpx", "pydantic"} & set(shown)


def test_the_requests_of_a_vendor_need_neither_airflow_nor_httpx() -> None:
    code = "from airflow_provider_faceswap.vendors import Vendor, Submission, Poll, Media, MediaUrl, read_id"
    shown = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert not {"airflow", "httpx"} & set(shown)
