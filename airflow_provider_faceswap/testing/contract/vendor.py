"""What a vendor says of itself, and its hook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from airflow_provider_faceswap.apis import VENDORS, vendor
from airflow_provider_faceswap.apis.contract import Vendor
from airflow_provider_faceswap.apis.media import slots
from airflow_provider_faceswap.apis.registry import NAME
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.exceptions import FaceSwapError
from airflow_provider_faceswap.hooks import hook_class
from airflow_provider_faceswap.testing.contract.example import KEY, Example
from airflow_provider_faceswap.testing.contract.network import Network


def vendor_faults(tested: Vendor, examples: Iterable[Example]) -> Iterator[str]:
    """
    Find what is wrong with a vendor before any request is sent.

    :param tested: the vendor.
    :param examples: of its operations.
    """
    if not NAME.fullmatch(tested.name):
        yield f"its name {tested.name!r} must match {NAME.pattern}"
    if tested.name in VENDORS and vendor(tested.name) is not tested:
        yield f"its name {tested.name!r} is that of a vendor of this provider; choose another"
    given = {example.operation for example in examples}
    for operation in tested.operations.keys() - given:
        yield f"operation {operation!r} has no Example"
    for operation in given - tested.operations.keys():
        yield f"an Example is of {operation!r}, which is not an operation"
    yield from _request_faults(tested)
    yield from _hook_faults(tested)


def _request_faults(tested: Vendor) -> Iterator[str]:
    for name, request in tested.operations.items():
        if not request.docs.startswith("https://"):
            yield f"{name}: docs must be the https URL of the vendor's page"
        parts = {slot.media.part for slot in slots(request)}
        if request.kind != "any" and not {"face", "target"} <= parts:
            yield f"{name}: mark one field as face and one as target, such as Media('image', 'face')"
        answered = request.answers_at_once or request.kind == "any"
        if not answered and not (tested.read_callback if request.webhook_is_ours else tested.poll):
            yield f"{name}: nothing says when a job ends; give the Vendor a poll"
        config = request.model_config
        if not config.get("frozen") or config.get("extra") != "forbid":
            yield f"{name}: model_config must stay frozen, and forbid extra fields"


def _hook_faults(tested: Vendor) -> Iterator[str]:
    try:
        found = hook_class(tested)
    except FaceSwapError as error:
        yield str(error)
        return
    for attribute, wanted in (("default_conn_name", f"{tested.name}_default"), ("hook_name", tested.title)):
        if getattr(found, attribute, None) != wanted:
            yield f"{tested.hook}.{attribute} must be {wanted!r}"
    url = urlsplit(getattr(found, "default_url", ""))
    if url.scheme != "https" or not url.hostname or url.path or url.query:
        yield f"{tested.hook}.default_url must be an https origin, such as https://api.{tested.name}.example"
        return
    hook = Network(tested).hook(Reply(200, {}, b"{}"))
    if KEY in f"{hook!r} {hook.settings!r} {hook.__dict__!r}":
        yield f"the API key is shown by the repr of {tested.hook}, or of what it holds"
    probe = hook.probe()
    if probe is not None and probe.billed:
        yield f"{tested.hook}.probe() must return a free request, or None"
