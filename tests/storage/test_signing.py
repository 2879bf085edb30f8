from __future__ import annotations

import base64
import json
import logging
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl

import fsspec
import pytest
import requests
from airflow.sdk import ObjectStoragePath
from botocore.exceptions import EndpointConnectionError, NoCredentialsError, ReadTimeoutError
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from fsspec.exceptions import FSTimeoutError
from google.auth.exceptions import RefreshError, TransportError

from airflow_provider_faceswap.apis.fields import is_url
from airflow_provider_faceswap.apis.media import MAX_PRESIGN
from airflow_provider_faceswap.storage import signing
from airflow_provider_faceswap.storage.signing import sign
from tests.storage import signatures
from tests.storage.signable import (
    AZURE_KEY,
    SECRET,
    abfs,
    account,
    answers,
    connected,
    gs,
    now,
    own,
    said,
)

# Google's libraries warn of it once Python 3.10 is no longer maintained.
pytestmark = pytest.mark.filterwarnings("ignore:You are using a non-supported Python version:FutureWarning")


@pytest.fixture(autouse=True)
def _no_other_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(signing, "_to_mask", iter(()))


@pytest.fixture(scope="module")
def rsa() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


@pytest.mark.parametrize(
    ("options", "host"),
    [({}, "storage.googleapis.com"), ({"endpoint_url": "https://gcs.example.com"}, "gcs.example.com")],
)
def test_google_is_signed_with_version_4(options: dict[str, str], host: str, rsa: RSAPrivateKey) -> None:
    url = sign(gs(account(rsa), **options), 600)
    signed = signatures.google(url, rsa.public_key())
    assert url.startswith(f"https://{host}/container/a%20b%2B%C3%BC/clip.mp4?")
    assert signed.valid and signed.fields["X-Goog-Expires"] == "600"
    assert signed.lets_in(now()) and not signed.lets_in(now() + timedelta(seconds=600))
    assert not signatures.google(url.replace("clip", "clop"), rsa.public_key()).valid
    longest = signatures.google(sign(gs(account(rsa)), MAX_PRESIGN * 2), rsa.public_key())
    assert longest.fields["X-Goog-Expires"] == "604800"


def machine() -> Any:
    """Return the credentials of a virtual machine: a token, an account, no key."""
    from google.auth.credentials import Credentials

    class Given(Credentials):
        service_account_email = "default"

        def refresh(self, request: Any) -> None:
            self.token, self.service_account_email = "t0k3n", "vm@project.iam.gserviceaccount.com"

    return Given()


def test_google_signs_for_an_identity_of_its_cloud(
    rsa: RSAPrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    def iam(url: str, method: str, body: str, headers: dict[str, str]) -> Any:
        assert "/serviceAccounts/vm@project.iam.gserviceaccount.com:signBlob" in url
        assert headers["Authorization"] == "Bearer t0k3n"
        text = base64.b64decode(json.loads(body)["payload"])
        blob = base64.b64encode(rsa.sign(text, PKCS1v15(), SHA256())).decode()
        return SimpleNamespace(status=200, data=json.dumps({"signedBlob": blob}).encode())

    monkeypatch.setattr("google.cloud.storage._signing.requests.Request", lambda: iam)
    assert signatures.google(sign(gs(machine()), 60), rsa.public_key()).valid


def test_google_says_who_can_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    from google.oauth2.credentials import Credentials

    def iam(**request: Any) -> Any:
        return SimpleNamespace(status=403, data=b"t0k3n")

    monkeypatch.setattr("google.cloud.storage._signing.requests.Request", lambda: iam)
    for token in ("anon", Credentials("t0k3n"), machine()):
        text = said(gs(token))
        assert "service account's key" in text and "signBlob" in text and "t0k3n" not in text


@pytest.mark.parametrize(
    "options",
    [
        {"account_name": "swaps", "account_key": AZURE_KEY},
        {"connection_string": f"DefaultEndpointsProtocol=https;AccountName=swaps;AccountKey={AZURE_KEY}"},
    ],
    ids=["key", "connection-string"],
)
def test_azure_is_signed_with_the_accounts_key(options: dict[str, str]) -> None:
    url = sign(abfs(**options), 600)
    assert url.startswith("https://swaps.blob.core.windows.net/container/a%20b%2B%C3%BC/clip.mp4?")
    signed = signatures.azure(url, "swaps", AZURE_KEY)
    assert signed.valid and signed.fields["sp"] == "r" and signed.fields["sr"] == "b"
    assert signed.lets_in(now()) and not signed.lets_in(now() + timedelta(seconds=601))
    assert not signatures.azure(url.replace("clip", "clop"), "swaps", AZURE_KEY).valid
    longest = signatures.azure(sign(abfs(**options), MAX_PRESIGN * 2), "swaps", AZURE_KEY)
    assert longest.ends <= now() + timedelta(seconds=MAX_PRESIGN)


@pytest.mark.parametrize("options", [{"anon": True}, {"sas_token": "sv=2020&sig=t0k3n"}])
def test_azure_without_the_accounts_key_cannot_sign(options: Any) -> None:
    text = said(abfs(account_name="swaps", **options))
    assert "only the storage account's key can sign" in text and "t0k3n" not in text


class Store(fsspec.AbstractFileSystem):  # type: ignore[misc]
    """A filesystem that signs as a test says."""

    protocol = "store"
    cachable = False
    given: Any = None

    def sign(self, path: str, expiration: int = 100, **kwargs: Any) -> Any:
        if isinstance(self.given, Exception):
            raise self.given
        return self.given.format(path=path, seconds=expiration)


def store(given: Any) -> ObjectStoragePath:
    filesystem = Store()
    filesystem.given = given
    path = mock.Mock(spec=ObjectStoragePath, protocol="store", path="box/clip.mp4", fs=filesystem)
    return path  # type: ignore[no-any-return]


def test_another_store_signs_by_itself() -> None:
    assert sign(store("https://a.example/{path}?t={seconds}"), 9) == "https://a.example/box/clip.mp4?t=9"


@pytest.mark.parametrize(
    "given", ["", "box/clip.mp4", "file:///box/clip.mp4", "https:///a", NotImplementedError()]
)
def test_what_is_not_a_url_for_others_is_not_signed(given: Any) -> None:
    assert said(store(given)).startswith("store:// has no URLs that others can open; put the file")
    assert said(ObjectStoragePath("file:///etc/hostname")).startswith(
        "file:// has no URLs that others can open"
    )
    assert said(own("memory", "memory", fsspec.filesystem("memory"))).startswith("memory:// has no URLs")


def test_what_a_store_says_about_its_credentials_is_not_repeated() -> None:
    text = said(store(ValueError("bad key s3cr3t")))
    assert text.startswith("store:// gave no signed URL (ValueError); check") and "s3cr3t" not in text


def caused(cause: Exception) -> Exception:
    error = RefreshError("s3cr3t")
    error.__cause__ = TransportError("s3cr3t")
    error.__cause__.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError(),
        FSTimeoutError(),
        ConnectionResetError(),
        EndpointConnectionError(endpoint_url="https://sts.amazonaws.com"),
        ReadTimeoutError(endpoint_url="http://169.254.170.2"),
        caused(requests.ConnectionError()),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_network_that_fails_may_work_again(error: Exception) -> None:
    with pytest.raises(type(error)):
        sign(store(error), 9)


@pytest.mark.parametrize(
    "error",
    [NoCredentialsError(), PermissionError(), TransportError("403: s3cr3t"), caused(PermissionError())],
    ids=lambda error: type(error).__name__,
)
def test_missing_rights_stay_missing(error: Exception) -> None:
    assert "s3cr3t" not in said(store(error))


async def test_nothing_is_signed_on_an_event_loop() -> None:
    with pytest.raises(AssertionError, match="event loop"):
        sign(store("https://a.example/{path}"), 9)


def test_logs_mask_a_signature(monkeypatch: pytest.MonkeyPatch, rsa: RSAPrivateKey) -> None:
    masked: list[str] = []
    amazon = connected(monkeypatch, extra={"aws_session_token": "tem+porary", "region_name": "eu-west-3"})
    answers(amazon, monkeypatch, {})
    azure = abfs(account_name="swaps", account_key=AZURE_KEY)
    monkeypatch.setattr("airflow.sdk.log.mask_secret", masked.append)
    monkeypatch.setattr(signing, "_to_mask", iter(range(3)))
    for path in (amazon, gs(account(rsa)), azure):
        url = sign(path, 60)
        assert is_url(url) and masked
        for text in masked:
            url = url.replace(text, "***")
        fields = dict(pair.split("=", 1) for pair in url.partition("?")[2].split("&"))
        secrets = {"X-Amz-Signature", "X-Amz-Security-Token", "X-Goog-Signature", "sig"} & set(fields)
        assert secrets and {fields[name] for name in secrets} == {"***"}
    before = len(masked)
    sign(azure, 60)
    assert len(masked) == before  # thousands of masks would stop a task


def test_no_library_logs_a_signature(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, rsa: RSAPrivateKey
) -> None:
    amazon = connected(monkeypatch)
    answers(amazon, monkeypatch, {"x-amz-bucket-region": "us-east-1"})
    paths = [amazon, gs(account(rsa)), abfs(account_name="swaps", account_key=AZURE_KEY)]
    with caplog.at_level(logging.DEBUG):
        urls = [sign(path, 60) for path in paths]
    logging.getLogger("botocore.auth").warning("a user's own")
    for url in urls:
        fields = dict(parse_qsl(url.partition("?")[2]))
        (secret,) = (
            fields[name] for name in ("X-Amz-Signature", "X-Goog-Signature", "sig") if name in fields
        )
        assert secret not in caplog.text
    assert SECRET not in caplog.text and AZURE_KEY not in caplog.text and "a user's own" in caplog.text
