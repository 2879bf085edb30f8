"""The vendors as data: endpoints, and what their replies mean. No I/O, no key, no Airflow."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from airflow_provider_faceswap.apis.contract import Vendor

VENDORS: Final = {"modelslab": "ModelsLab", "segmind": "Segmind", "aifaceswap": "aifaceswap.io"}
"""The vendors of this package: the connection type, which is also the name of the modules, and the title."""


def vendor(name: str) -> Vendor:
    """
    Return a vendor by its connection type.

    :param name: one of :data:`VENDORS`, or one that another package registers.
    :raises VendorError: for any other name, or if that package cannot be used.
    """
    if name in VENDORS:
        found: Vendor = import_module(f"{__name__}.{name}").VENDOR
        return found
    from airflow_provider_faceswap.apis.registry import load

    return load(name)
