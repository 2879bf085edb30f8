"""
The vendors that other packages register, each by an entry point of the group :data:`GROUP`.

Nothing is looked up until a name is asked for that is not one of ours, and then only that vendor's package
is imported: a broken one is an error for those who use it alone.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from airflow_provider_faceswap.apis import VENDORS
from airflow_provider_faceswap.apis.contract import Vendor
from airflow_provider_faceswap.exceptions import VendorError

log = logging.getLogger(__name__)

GROUP = "airflow_provider_faceswap.vendors"
"""The group of entry points; each names a :class:`~airflow_provider_faceswap.apis.contract.Vendor`."""
NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
"""What a vendor may be called: the name stands in callback URLs, file names and variables."""

_loaded: dict[str, Vendor] = {}


@cache
def registered() -> Mapping[str, tuple[EntryPoint, ...]]:
    """Return the entry points of other packages by the vendors' names, without importing any of them."""
    found: dict[str, dict[tuple[str, str], EntryPoint]] = {}
    for point in entry_points(group=GROUP):
        if point.name in VENDORS:
            ours = "this provider has one of that name"
            log.warning("The vendor %r of %s is ignored: %s", point.name, _source(point), ours)
        else:
            # One distribution may be found twice, such as where it is installed to be edited.
            found.setdefault(point.name, {})[_source(point), point.value] = point
    return {name: tuple(points.values()) for name, points in found.items()}


def load(name: str) -> Vendor:
    """
    Return a vendor that another package registers.

    :param name: its connection type.
    :raises VendorError: naming the package and the remedy.
    """
    if name not in _loaded:
        _loaded[name] = _load(name)
    return _loaded[name]


def known(name: str | None) -> bool:
    """Return whether a connection type is a vendor's, whether or not its package can be used."""
    return name in VENDORS or name in registered()


def in_use(name: str | None) -> bool:
    """Return whether a connection type is that of a vendor of ours, or of one that this process has used."""
    return name in VENDORS or name in _loaded


def names() -> list[str]:
    """Return the connection types of all vendors, ours first."""
    return [*VENDORS, *sorted(registered())]


def unusable(name: str, why: str) -> VendorError:
    """
    Return the error of a vendor whose package cannot be used.

    :param name: its connection type.
    :param why: what is wrong, and what to do.
    """
    sources = " and ".join(map(_source, registered().get(name, ()))) or "this provider"
    return VendorError(f"vendor {name!r} of {sources} cannot be used: {why}")


def _load(name: str) -> Vendor:
    points = registered().get(name, ())
    if not points:
        raise VendorError(
            f"{name!r} is not a known vendor; known: {', '.join(names())}. Install the package that "
            "registers it, on workers and triggerers"
        )
    if len(points) > 1:
        raise unusable(name, "more than one package registers this name; uninstall all of them but one")
    if not NAME.fullmatch(name):
        raise unusable(name, f"its name must match {NAME.pattern}; rename the entry point and the vendor")
    try:
        found = points[0].load()
    except Exception as error:  # it is somebody else's code
        said = f"{type(error).__name__}: {error}"
        raise unusable(name, f"{said}; reinstall the package, or report it to its authors") from error
    if not isinstance(found, Vendor):
        raise unusable(name, f"{points[0].value} is of type {type(found).__name__}; name a Vendor there")
    if found.name != name:
        raise unusable(name, f"{points[0].value} calls itself {found.name!r}; both names must be the same")
    return found


def _source(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown package"
