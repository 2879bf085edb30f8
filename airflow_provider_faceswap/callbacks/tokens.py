"""
The signed tokens in callback URLs. Pure: the secret is enough to verify one.

A token reads ``1.{vendor}.{nonce}.{expiry}.{signature}``: the format's version, who may call, 128 random bits
that name the job's files in the inbox, seconds since the epoch, and HMAC-SHA256 over everything before it.
"""

from __future__ import annotations

import hmac
import math
import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from airflow_provider_faceswap.exceptions import TokenError

if TYPE_CHECKING:
    from airflow_provider_faceswap.callbacks.config import CallbackSettings

RETENTION_DAYS = 30
"""How long a callback is kept, and still taken when late: it may hold the only copy of a result."""
VENDOR = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
NONCE = re.compile(r"[A-Za-z0-9_-]{22}")

# The start of what is signed; another use of the same secret must start differently.
_PURPOSE = "airflow-provider-faceswap callback "
_PATTERN = re.compile(
    rf"(?P<signed>1\.(?P<vendor>{VENDOR.pattern})\.(?P<nonce>{NONCE.pattern})\.(?P<expiry>[1-9][0-9]{{0,11}}))"
    r"\.(?P<signature>[A-Za-z0-9_-]{43})"
)


@dataclass(frozen=True)
class Token:
    """
    The right to call back for one job.

    :param vendor: who may call.
    :param nonce: names the job in the inbox; not a secret.
    :param expires_at: the job's deadline, in seconds since the epoch.
    :param text: as it stands in the URL; a secret.
    :param expired: whether it came late; such a callback is kept all the same.
    """

    vendor: str
    nonce: str
    expires_at: int
    text: str = field(repr=False)
    expired: bool = False


def mint(vendor: str, secrets: Sequence[str], expires_at: float) -> Token:
    """
    Make a new token.

    :param vendor: who may call with it.
    :param secrets: the first signs.
    :param expires_at: the job's deadline, in seconds since the epoch.
    """
    nonce, expiry = token_urlsafe(16), math.ceil(expires_at)
    signed = f"1.{vendor}.{nonce}.{expiry}"
    text = f"{signed}.{_signature(signed, secrets[0])}"
    if not _PATTERN.fullmatch(text):
        raise ValueError(f"a token cannot be made for vendor {vendor!r} until {expires_at}")
    return Token(vendor, nonce, expiry, text)


def verify(text: str, vendor: str, secrets: Sequence[str], now: float) -> Token:
    """
    Verify a token that a stranger presents.

    :param text: of the token, from the URL.
    :param vendor: from the same URL.
    :param secrets: any of them may have signed.
    :param now: seconds since the epoch.
    :raises TokenError: if it was not minted here for this vendor, or is much too old; it quotes nothing.
    """
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise TokenError("its token is malformed")
    presented = match["signature"].encode()
    # Every secret is tried, each in constant time: the time that this takes gives nothing away.
    matches = [hmac.compare_digest(_signature(match["signed"], one).encode(), presented) for one in secrets]
    if not any(matches):
        raise TokenError("its token is not signed with any of the secrets")
    if match["vendor"] != vendor:
        raise TokenError("its token was minted for another vendor")
    expiry = int(match["expiry"])
    if now > expiry + RETENTION_DAYS * 86400:
        raise TokenError(f"its token expired more than {RETENTION_DAYS} days ago")
    return Token(vendor, match["nonce"], expiry, text, expired=now > expiry)


def callback_url(settings: CallbackSettings, token: Token) -> str:
    """Return the URL that a vendor posts to; whoever knows it can call back for this job."""
    return f"{settings.base_url}/faceswap/callbacks/{token.vendor}/{token.text}"


def _signature(signed: str, secret: str) -> str:
    digest = hmac.digest(secret.encode(), (_PURPOSE + signed).encode(), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
