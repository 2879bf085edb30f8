"""Hooks: one per vendor; each wraps the vendor's authentication behind an Airflow connection."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from airflow_provider_faceswap.apis import vendor

if TYPE_CHECKING:
    from airflow_provider_faceswap.hooks.base import SwapHook


def hook_for(provider: str, conn_id: str) -> SwapHook:
    """
    Return the hook of a vendor.

    :param provider: the vendor's connection type.
    :param conn_id: the Airflow connection to use.
    :raises ValueError: for a vendor that is not known.
    """
    name = vendor(provider).name
    hook: SwapHook = import_module(f"{__name__}.{name}").HOOK(conn_id)
    return hook
