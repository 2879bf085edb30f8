"""Hooks: one per vendor; each wraps the vendor's authentication behind an Airflow connection."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from airflow_provider_faceswap.apis import VENDORS, vendor
from airflow_provider_faceswap.apis.fields import is_blank
from airflow_provider_faceswap.exceptions import InputError, SettingsError

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


def provider_of(conn_id: str) -> str:
    """
    Return the vendor that a connection is of.

    :param conn_id: the Airflow connection.
    :raises InputError: if there is no id, such as that of a template that rendered to nothing.
    :raises SettingsError: if the connection does not exist, or is of another type.
    """
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    if is_blank(conn_id):
        raise InputError("conn_id", "is required; give a value, or check that its template renders to one")
    *names, last = map(repr, VENDORS)
    types = f"{', '.join(names)} or {last}"
    try:
        found = BaseHook.get_connection(conn_id).conn_type
    except AirflowNotFoundException:
        raise SettingsError(
            f"connection {conn_id!r} is not defined; add one of type {types} with the API key as its password"
        ) from None
    if found not in VENDORS:
        raise SettingsError(f"connection {conn_id!r} is of type {found!r}: choose one of type {types}")
    return str(found)
