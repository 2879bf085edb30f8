"""Hooks: one per vendor; each wraps the vendor's authentication behind an Airflow connection."""

from __future__ import annotations

from pkgutil import resolve_name
from typing import TYPE_CHECKING

from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.apis.fields import is_blank
from airflow_provider_faceswap.apis.registry import known, names, unusable
from airflow_provider_faceswap.exceptions import InputError, SettingsError

if TYPE_CHECKING:
    from airflow_provider_faceswap.apis.contract import Vendor
    from airflow_provider_faceswap.hooks.base import SwapHook


def hook_for(provider: str, conn_id: str) -> SwapHook:
    """
    Return the hook of a vendor.

    :param provider: the vendor's connection type.
    :param conn_id: the Airflow connection to use.
    :raises VendorError: for a vendor that is not known, or whose package cannot be used.
    """
    return hook_class(vendor(provider))(conn_id)


def hook_class(chosen: Vendor) -> type[SwapHook]:
    """
    Return the class of a vendor's hook.

    :param chosen: the vendor.
    :raises VendorError: if it names none.
    """
    from airflow_provider_faceswap.hooks.base import SwapHook

    try:
        found = resolve_name(chosen.hook)
    except Exception as error:  # it may be somebody else's code
        said = f"its hook {chosen.hook} cannot be imported: {type(error).__name__}: {error}"
        raise unusable(chosen.name, f"{said}; reinstall the package, or report it to its authors") from error
    if not isinstance(found, type) or not issubclass(found, SwapHook):
        raise unusable(chosen.name, f"its hook {chosen.hook} is not a subclass of SwapHook")
    conn_type = getattr(found, "conn_type", None)
    if conn_type != chosen.name:
        raise unusable(
            chosen.name, f"its hook {chosen.hook} has the conn_type {conn_type!r}; set {chosen.name!r}"
        )
    return found


def provider_of(conn_id: str) -> str:
    """
    Return the vendor that a connection is of.

    :param conn_id: the Airflow connection.
    :raises InputError: if there is no id, such as that of a template that rendered to nothing.
    :raises SettingsError: if the connection does not exist, or is of another type.
    """
    from airflow.sdk.exceptions import AirflowNotFoundException

    from airflow_provider_faceswap.connections import get_connection

    if is_blank(conn_id):
        raise InputError("conn_id", "is required; give a value, or check that its template renders to one")
    try:
        found = get_connection(conn_id).conn_type
    except AirflowNotFoundException:
        raise SettingsError(
            f"connection {conn_id!r} is not defined; add one of type {_types()} with the API key as its "
            "password"
        ) from None
    if not known(found):
        raise SettingsError(f"connection {conn_id!r} is of type {found!r}: choose one of type {_types()}")
    return str(found)


def _types() -> str:
    *others, last = map(repr, names())
    return f"{', '.join(others)} or {last}"
