"""Signatures of URLs recomputed from the stores' own documents, as the stores do it: no library of theirs."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta, timezone
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256


class Signed(NamedTuple):
    """What a store finds in a URL."""

    valid: bool
    begins: datetime
    ends: datetime
    fields: dict[str, str]

    def lets_in(self, at: datetime) -> bool:
        return self.valid and self.begins <= at < self.ends


def amazon(url: str, secret: str) -> Signed:
    """Recompute a Signature V4 for S3."""
    fields, begins, ends, text = _version_4(url, "X-Amz", "UNSIGNED-PAYLOAD")
    assert fields["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    _, day, region, service, last = fields["X-Amz-Credential"].split("/")
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, last):
        key = hmac.digest(key, part.encode(), "sha256")
    wanted = hmac.digest(key, text.encode(), "sha256").hex()
    return Signed(wanted == fields["X-Amz-Signature"], begins, ends, fields)


def google(url: str, key: RSAPublicKey) -> Signed:
    """Verify a V4 signature of Google Cloud Storage."""
    fields, begins, ends, text = _version_4(url, "X-Goog", "UNSIGNED-PAYLOAD")
    assert fields["X-Goog-Algorithm"] == "GOOG4-RSA-SHA256"
    try:
        key.verify(bytes.fromhex(fields["X-Goog-Signature"]), text.encode(), PKCS1v15(), SHA256())
    except InvalidSignature:
        return Signed(False, begins, ends, fields)
    return Signed(True, begins, ends, fields)


def _version_4(url: str, prefix: str, payload: str) -> tuple[dict[str, str], datetime, datetime, str]:
    parts = urlsplit(url)
    fields = dict(parse_qsl(parts.query, keep_blank_values=True))
    assert fields[f"{prefix}-SignedHeaders"] == "host"
    query = "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
        for name, value in sorted(fields.items())
        if name != f"{prefix}-Signature"
    )
    path = quote(unquote(parts.path), safe="/-_.~")
    request = f"GET\n{path}\n{query}\nhost:{parts.netloc}\n\nhost\n{payload}"
    scope = fields[f"{prefix}-Credential"].partition("/")[2]
    date = fields[f"{prefix}-Date"]
    digest = hashlib.sha256(request.encode()).hexdigest()
    begins = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    ends = begins + timedelta(seconds=int(fields[f"{prefix}-Expires"]))
    return fields, begins, ends, "\n".join((fields[f"{prefix}-Algorithm"], date, scope, digest))


def azure(url: str, account: str, key: str) -> Signed:
    """Recompute a service SAS of Azure's blob storage, versions of 2020-12-06 and later."""
    parts = urlsplit(url)
    fields = dict(parse_qsl(parts.query))
    names = ("si", "sip", "spr", "sv", "sr", "snapshot", "ses", "rscc", "rscd", "rsce", "rscl", "rsct")
    resource = f"/blob/{account}{unquote(parts.path)}"
    first = [fields["sp"], fields.get("st", ""), fields["se"], resource]
    text = "\n".join([*first, *(fields.get(name, "") for name in names)])
    wanted = base64.b64encode(hmac.digest(base64.b64decode(key), text.encode(), "sha256")).decode()
    ends = datetime.strptime(fields["se"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    begins = datetime.min.replace(tzinfo=timezone.utc)
    return Signed(wanted == fields["sig"], begins, ends, fields)
