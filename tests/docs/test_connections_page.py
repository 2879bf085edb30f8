"""The tables of docs/connections.md, against the form and the settings."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_faceswap.apis import VENDORS
from airflow_provider_faceswap.get_provider_info import get_provider_info
from airflow_provider_faceswap.hooks import hook_for
from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs" / "connections.md").read_text(encoding="utf-8")
HEADER = "| section | in the form | extra | of | meaning | when empty |\n"
FORMS: dict[str, dict[str, Any]] = {
    entry["connection-type"]: entry["conn-fields"] for entry in get_provider_info()["connection-types"]
}
WORDS: dict[Any, set[str]] = {None: {"none", "no limit"}, True: {"true"}, False: {"false"}}


def rows() -> list[list[str]]:
    """Return the cells of the table of extras."""
    lines = PAGE[PAGE.index(HEADER) :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_table_has_the_fields_of_the_form_in_its_order(vendor: str) -> None:
    form = [
        (field["schema"].get("section", "Extra Fields"), field["label"], f"`{name}`")
        for name, field in FORMS[vendor].items()
    ]
    table = [tuple(row[:3]) for row in rows() if row[3] in ("all", VENDORS[vendor])]
    assert table == form


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_an_empty_field_means_is_what_the_settings_take(vendor: str) -> None:
    fields = hook_for(vendor, "c").settings_class.model_fields
    for _, _, extra, of, _, empty in rows():
        if of not in ("all", VENDORS[vendor]) or extra == "`max_active_jobs`":  # a batch knows that default
            continue
        default = fields[extra.strip("`")].default
        assert empty.strip("`") in WORDS.get(default, {str(default).removesuffix(".0")})
