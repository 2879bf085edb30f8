"""docs/configuration.md has every option of the provider, and no other."""

from __future__ import annotations

import re

import pytest

from airflow_provider_faceswap.get_provider_info import get_provider_info
from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs" / "configuration.md").read_text("utf-8")
OPTIONS = get_provider_info()["config"]["faceswap"]["options"]


def test_every_option_has_a_section_and_a_row() -> None:
    assert re.findall(r"^## (\w+)$", PAGE, re.MULTILINE) == list(OPTIONS)
    assert re.findall(r"^\| \[`(\w+)`\]", PAGE, re.MULTILINE) == list(OPTIONS)


@pytest.mark.parametrize("name", OPTIONS)
def test_its_section_names_the_variable_and_the_example(name: str) -> None:
    section = PAGE.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    assert f"`AIRFLOW__FACESWAP__{name.upper()}`" in section
    assert (OPTIONS[name]["example"] or "") in section
