"""The fingerprint of what a task buys: the same at each try, though presigned URLs render differently."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

# Signatures and their expiry: AWS and Google (both versions), CloudFront, and Azure's SAS.
_SIGNING = re.compile(
    r"(x-amz-.*|x-goog-.*|awsaccesskeyid|googleaccessid|signature|expires|key-pair-id|policy)\Z",
    re.IGNORECASE,
)
_SAS = {
    "sv", "ss", "srt", "sr", "sp", "se", "st", "spr", "sip", "sig", "skoid", "sktid", "skt", "ske", "sks",
    "skv", "saoid", "suoid", "scid", "sdd", "ses",
}  # fmt: skip


def digests(
    provider: str, operation: str, inputs: Mapping[str, Any], key: str | None = None
) -> dict[str, str]:
    """
    Return a short text for each input, equal for equal purchases, whatever the Python version and dict order.

    Together they are the fingerprint; apart they show which input changed.

    :param provider: the vendor's connection type.
    :param operation: the vendor's name of the operation.
    :param inputs: the operation's fields; signatures in their URLs do not count.
    :param key: stands for the inputs, if given.
    """
    wanted: dict[str, Any] = {"idempotency_key": key} if key else dict(inputs)
    named = {"operation": [provider, operation], **{name: _bare(value) for name, value in wanted.items()}}
    return {name: digest(value) for name, value in named.items()}


def digest(value: Any) -> str:
    """Return a short text that is equal for equal values."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _bare(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _bare(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_bare(item) for item in value]
    if isinstance(value, str) and value[:8].lower().startswith(("http://", "https://")):
        return _unsigned(value)
    return value


def _unsigned(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    query = parse_qsl(parts.query, keep_blank_values=True)
    sas = any(name.lower() == "sig" for name, _ in query)
    kept = [
        (name, value)
        for name, value in query
        if not _SIGNING.match(name) and not (sas and name.lower() in _SAS)
    ]
    return urlunsplit(parts._replace(query=urlencode(kept)))
