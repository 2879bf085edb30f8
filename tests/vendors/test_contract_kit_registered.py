"""The contract test finds what keeps Airflow from seeing a vendor."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_faceswap.apis.registry import GROUP
from airflow_provider_faceswap.testing.vendors import assert_vendor_registered
from tests.vendors.conftest import Distribute, forget


def test_a_vendor_that_is_not_installed_is_not_registered() -> None:
    forget()
    with pytest.raises(
        AssertionError, match="vendor 'acme' is not found by Airflow:\n- 'acme' is not a known"
    ):
        assert_vendor_registered("acme")


INFO = """
def get_provider_info():
    return {info}
"""


@pytest.mark.parametrize(
    ("info", "says"),
    [
        (None, "bolt_faceswap has no entry point of the group apache_airflow_provider"),
        ({"package-name": "bolt"}, "package-name is 'bolt'; it must be 'bolt_faceswap'"),
        (
            {"package-name": "bolt_faceswap"},
            "connection-types must name bolt.Hook once for 'bolt'; it names []",
        ),
    ],
)
def test_a_package_that_airflow_does_not_see_is_found(
    distribute: Distribute, tmp_path: Path, info: Mapping[str, Any] | None, says: str
) -> None:
    code = "from airflow_provider_faceswap.vendors import Vendor\n"
    code += "VENDOR = Vendor(name='bolt', title='Bolt', hook='bolt.Hook', operations={})\n"
    distribute("bolt_faceswap", {"bolt": "bolt_api:VENDOR"}, "bolt_api", code + INFO.format(info=info))
    if info is not None:
        points = tmp_path / "bolt_faceswap" / "bolt_faceswap-2.5.dist-info" / "entry_points.txt"
        points.write_text(
            f"[{GROUP}]\nbolt = bolt_api:VENDOR\n[apache_airflow_provider]\ni = bolt_api:get_provider_info\n"
        )
    with pytest.raises(AssertionError) as raised:
        assert_vendor_registered("bolt")
    assert says in str(raised.value)
