"""The vendors as data: endpoints, and what their replies mean. No I/O, no key, no Airflow."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from airflow_provider_faceswap.apis.contract import Vendor

VENDORS: Final = {"modelslab": "ModelsLab", "segmind": "Segmind", "aifaceswap": "aifaceswap.io"}
"""Every vendor: its connection type, which is also the name of its modules, and its title."""


def vendor(name: str) -> Vendor:
    """
    Return a vendor by its connection type.

    :param name: one of :data:`VENDORS`.
    :raises ValueError: for any other name.
    """
    if name not in VENDORS:
        raise ValueError(f"{name!r} is not a known vendor; known: {', '.join(VENDORS)}")
    found: Vendor = import_module(f"{__name__}.{name}").VENDOR
    return found
