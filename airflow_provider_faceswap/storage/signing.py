"""URLs that let a vendor fetch one object for a while, signed with its connection's credentials."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from airflow_provider_faceswap.apis.fields import is_url
from airflow_provider_faceswap.apis.media import MAX_PRESIGN
from airflow_provider_faceswap.storage.errors import is_permanent
from airflow_provider_faceswap.storage.folders import LOCAL, refuse_event_loop

if TYPE_CHECKING:
    from airflow.sdk import ObjectStoragePath


_ANSWER_SECONDS = 15
# Each text that Airflow masks slows the next one down: five hundred of them take twenty seconds.
_to_mask = iter(range(50))
_REGION = re.compile(r"[a-z0-9-]{1,40}")
_SECRETS = frozenset(
    ("x-amz-signature", "x-amz-security-token", "x-goog-signature", "sig", "signature", "policy")
)
# By name: botocore's are not built-in ones, nor is fsspec's timeout before Python 3.11.
_OF_NETWORKS = frozenset(("OSError", "TimeoutError", "HTTPClientError", "ConnectionError"))
_NO_URLS = (
    "has no URLs that others can open; put the file in an object store, or where the vendor can reach it"
)
_GOOGLE = (
    "use a service account's key, impersonation, or an identity of Google Cloud that may call IAM's signBlob "
    "(role Service Account Token Creator)"
)
_AZURE = (
    "only the storage account's key can sign: put it, or a connection string with it, into the connection"
)


class UnsignableError(Exception):
    """No URL can be signed for an object; the message says why, and what would work."""


def sign(path: ObjectStoragePath, seconds: int) -> str:
    """
    Return a URL by which anyone can fetch an object, for a while.

    Whoever logs it gives the object away: Airflow's logs mask the signatures of a process's first URLs, as a
    second line of defence.

    :param path: of the object.
    :param seconds: how long the URL lasts, at most seven days; credentials that end earlier end it too.
    :raises UnsignableError: if the store, or its connection's credentials, cannot sign.
    :raises Exception: whatever the store's library raises of a network that fails for the moment.
    """
    refuse_event_loop()
    scheme = str(path.protocol)
    if scheme in LOCAL:
        raise UnsignableError(f"{scheme or 'file'}:// {_NO_URLS}")
    filesystem = path.fs
    signer, remedy = _signer(filesystem)
    try:
        with _unlogged():
            url = signer(filesystem, path.path, max(1, min(int(seconds), MAX_PRESIGN)))
    except UnsignableError:
        raise
    except NotImplementedError:
        raise UnsignableError(f"{scheme}:// {_NO_URLS}") from None
    except Exception as error:  # each store has errors of its own, and they may quote a key
        if _may_pass(error):
            raise
        raise UnsignableError(f"{scheme}:// gave no signed URL ({type(error).__name__}); {remedy}") from None
    if not isinstance(url, str) or not is_url(url):
        raise UnsignableError(f"{scheme}:// {_NO_URLS}")
    _mask(url)
    return url


def _may_pass(error: BaseException | None) -> bool:
    """Return whether the network failed: where a token is fetched, or another service signs."""
    if error is None or (isinstance(error, Exception) and is_permanent(error)):
        return False
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & _OF_NETWORKS) or _may_pass(error.__cause__)


# At DEBUG, they log the signature, or the reply that brings it.
_LOGGERS = ("botocore.auth", "google.auth.transport.requests")
_ours: ContextVar[bool] = ContextVar("faceswap_signing", default=False)


def _not_ours(record: logging.LogRecord) -> bool:
    return not _ours.get()


@contextmanager
def _unlogged() -> Iterator[None]:
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_not_ours)
    token = _ours.set(True)  # the thread of the filesystem's event loop takes it over
    try:
        yield
    finally:
        _ours.reset(token)


def _mask(url: str) -> None:
    """Mask the signature in Airflow's logs, should it get there, as it is and percent-encoded."""
    from airflow.sdk.log import mask_secret

    if next(_to_mask, None) is None:
        return
    for pair in urlsplit(url).query.split("&"):
        name, _, value = pair.partition("=")
        if name.lower() in _SECRETS:
            for text in {value, unquote(value)}:
                mask_secret(text)


def _signer(filesystem: Any) -> tuple[Callable[[Any, str, int], Any], str]:
    for kind in type(filesystem).__mro__:
        match kind.__module__.partition(".")[0]:
            case "s3fs":
                return _sign_s3, "check the credentials of its connection"
            case "gcsfs":
                return _sign_google, _GOOGLE
            case "adlfs":
                return _sign_azure, _AZURE
    return _sign_other, "check the credentials of its connection"


def _sign_other(filesystem: Any, path: str, seconds: int) -> Any:
    return filesystem.sign(path, expiration=seconds)


def _sign_s3(filesystem: Any, path: str, seconds: int) -> Any:
    """Sign with Signature V4, where s3fs alone would use V2 in us-east-1 and without a region."""
    from aiobotocore.config import AioConfig
    from botocore import UNSIGNED
    from fsspec.asyn import sync

    unused = filesystem._s3 is None
    general = filesystem.s3
    if filesystem.anon:
        raise UnsignableError(
            "the connection has no credentials that could sign; give it an access key or a role, or pass the "
            "https URL if the object is public"
        )
    if general.meta.config.signature_version is UNSIGNED:
        raise UnsignableError(
            "the connection leaves signing to a service, which signs no URLs; use an access key or a role"
        )
    bucket, key, version_id = filesystem.split_path(path)
    changed: dict[str, Any] = {"signature_version": "s3v4", "region_name": _region(filesystem, bucket)}
    if _is_amazon(
        general
    ):  # else the URL names the global endpoint, which redirects, and breaks the signature
        changed["s3"] = {**(general.meta.config.s3 or {}), "addressing_style": "virtual"}
    options = {
        "use_ssl": filesystem.use_ssl,
        "aws_access_key_id": filesystem.key,
        "aws_secret_access_key": filesystem.secret,
        "aws_session_token": filesystem.token,
        "endpoint_url": filesystem.endpoint_url,
        **filesystem.client_kwargs,
        "region_name": changed["region_name"],
        "config": general.meta.config.merge(AioConfig(**changed)),
    }
    wanted = {"Bucket": bucket, "Key": key, **({"VersionId": version_id} if version_id else {})}

    async def presign() -> Any:
        async with filesystem.session.create_client("s3", **options) as client:
            return await client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=seconds)

    try:
        return sync(filesystem.loop, presign)
    finally:
        if unused and _takes_unused_for_closed():
            filesystem._s3 = None


def _takes_unused_for_closed() -> bool:
    """Return whether s3fs, at the next use of a client that has sent nothing, drops Airflow's credentials."""
    return tuple(map(int, version("s3fs").split(".")[:2])) < (2026, 6)


def _is_amazon(client: Any) -> bool:
    host = urlsplit(client.meta.endpoint_url).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn"))


def _region(filesystem: Any, bucket: str) -> str:
    """Return the region to sign for: a V4 signature for another one is refused."""
    general = filesystem.s3
    configured: str = general.meta.region_name or "us-east-1"
    if _is_amazon(general) or configured in ("us-east-1", "aws-global"):
        with suppress(Exception):  # the signature may be right all the same
            return _asked_region(filesystem, bucket)
    return "us-east-1" if configured == "aws-global" else configured


@lru_cache(maxsize=1024)
def _asked_region(filesystem: Any, bucket: str) -> str:
    from botocore.exceptions import ClientError
    from fsspec.asyn import sync

    async def ask() -> Any:
        try:
            return await filesystem.s3.head_bucket(Bucket=bucket)
        except ClientError as error:  # also a refusal names the region
            return error.response

    headers = sync(filesystem.loop, ask, timeout=_ANSWER_SECONDS)["ResponseMetadata"]["HTTPHeaders"]
    region = str(headers["x-amz-bucket-region"])
    if not _REGION.fullmatch(region):
        raise ValueError("not a region")
    return region


def _sign_google(filesystem: Any, path: str, seconds: int) -> Any:
    from google.auth.credentials import Signing

    credentials = filesystem.credentials.credentials
    options: dict[str, Any] = {}
    if not isinstance(credentials, Signing):  # a virtual machine's or a pod's: IAM signs for it
        if not getattr(credentials, "service_account_email", None):
            raise UnsignableError(f"the connection's Google credentials cannot sign; {_GOOGLE}")
        from google.auth.transport.requests import Request

        credentials.refresh(Request())
        options = {
            "service_account_email": credentials.service_account_email,
            "access_token": credentials.token,
        }
    return filesystem.sign(path, expiration=seconds, version="v4", **options)


def _sign_azure(filesystem: Any, path: str, seconds: int) -> Any:
    return filesystem.sign(path, expiration=seconds)
