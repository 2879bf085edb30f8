"""
The contract of a vendor as a test: what an author runs over the vendor of a package of their own.

It sends each request through the vendor's hook to a network that is not there, which answers with the replies
that the author gives, with parts of them, and with what proxies and broken servers send.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import distribution

from airflow_provider_faceswap.apis import VENDORS, registry, vendor
from airflow_provider_faceswap.apis.contract import Vendor
from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.exceptions import FaceSwapError
from airflow_provider_faceswap.testing.contract import (
    Example,
    Meaning,
    callback_faults,
    poll_faults,
    submission_faults,
    vendor_faults,
)

__all__ = ["Example", "Meaning", "assert_vendor_contract", "assert_vendor_registered", "reply"]


def reply(
    status: int, content: bytes | str | Mapping[str, object], headers: Mapping[str, str] | None = None
) -> Reply:
    """
    Return a reply of the vendor.

    :param status: of HTTP.
    :param content: a JSON object, or the body as it is.
    :param headers: of HTTP.
    """
    if isinstance(content, Mapping):
        content = json.dumps(content)
    body = content.encode() if isinstance(content, str) else content
    return Reply(status, {name.lower(): text for name, text in (headers or {}).items()}, body)


def assert_vendor_contract(
    tested: Vendor,
    *,
    submissions: Iterable[Example],
    polls: Sequence[tuple[Reply, Meaning]] = (),
    callbacks: Sequence[tuple[bytes, JobState | type[FaceSwapError]]] = (),
) -> None:
    """
    Find everything that a vendor does against the contract.

    :param tested: the vendor.
    :param submissions: at least one of each operation, with replies and what they mean.
    :param polls: replies to a poll, and what they mean.
    :param callbacks: bodies that the vendor posts to a callback URL, and what they mean.
    :raises AssertionError: naming all of it.
    """
    examples = list(submissions)
    faults = list(vendor_faults(tested, examples))
    if not faults:
        for example in examples:
            faults += submission_faults(tested, example)
        faults += poll_faults(tested, polls)
        faults += callback_faults(tested, callbacks)
    _raise(f"vendor {tested.name!r} breaks its contract", faults)


def assert_vendor_registered(name: str) -> None:
    """
    Find what keeps Airflow and this provider from finding an installed vendor.

    :param name: its connection type.
    :raises AssertionError: naming all of it.
    """
    faults: list[str] = []
    try:
        found = vendor(name)
    except FaceSwapError as error:
        faults.append(str(error))
    else:
        faults += _provider_faults(found)
    _raise(f"vendor {name!r} is not found by Airflow", faults)


def _provider_faults(found: Vendor) -> list[str]:
    (point,) = registry.registered()[found.name] if found.name not in VENDORS else (None,)
    name = point.dist.name if point and point.dist else "airflow-provider-faceswap"
    infos = [
        item.load()() for item in distribution(name).entry_points if item.group == "apache_airflow_provider"
    ]
    if not infos:
        return [f"{name} has no entry point of the group apache_airflow_provider"]
    forms = [form for info in infos for form in info.get("connection-types", ())]
    hooks = [form["hook-class-name"] for form in forms if form["connection-type"] == found.name]
    faults = [
        f"the provider info's package-name is {info.get('package-name')!r}; it must be {name!r}"
        for info in infos
        if info.get("package-name") != name
    ]
    if hooks != [found.hook]:
        faults.append(f"connection-types must name {found.hook} once for {found.name!r}; it names {hooks}")
    return faults


def _raise(what: str, faults: Sequence[str]) -> None:
    if faults:
        raise AssertionError("\n- ".join([f"{what}:", *faults]))
