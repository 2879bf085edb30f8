"""Objects below connections of their own, whose URLs tests sign."""

from __future__ import annotations

import base64
import itertools
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import fsspec
import pytest
from airflow.sdk import ObjectStoragePath
from airflow.sdk.io import attach
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from airflow_provider_faceswap.storage.signing import UnsignableError, sign

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
_numbers = itertools.count()


def connected(monkeypatch: pytest.MonkeyPatch, key: str = "clip.mp4", **fields: Any) -> ObjectStoragePath:
    """Return an object's path below a connection of its own."""
    conn_id = f"aws{next(_numbers)}"
    connection = {"conn_type": "aws", "login": "AKIAEXAMPLE", "password": SECRET, **fields}
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))
    return ObjectStoragePath(f"s3://{conn_id}@my-bucket/{key}")


def answers(path: ObjectStoragePath, monkeypatch: pytest.MonkeyPatch, answer: Any) -> list[str]:
    """Let a store answer when it is asked about a bucket; return which it was asked about."""
    asked: list[str] = []

    async def head_bucket(Bucket: str) -> Any:
        asked.append(Bucket)
        if isinstance(answer, Exception):
            raise answer
        return {"ResponseMetadata": {"HTTPHeaders": answer}}

    monkeypatch.setattr(path.fs.s3, "head_bucket", head_bucket)
    return asked


def refusal(headers: dict[str, str]) -> ClientError:
    return ClientError({"Error": {}, "ResponseMetadata": {"HTTPHeaders": headers}}, "HeadBucket")


def now() -> datetime:
    return datetime.now(timezone.utc).replace(microsecond=0) + timedelta(seconds=1)


def said(path: Any, seconds: int = 60) -> str:
    with pytest.raises(UnsignableError) as caught:
        sign(path, seconds)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return str(caught.value)


def own(protocol: str, conn_id: str, filesystem: Any) -> ObjectStoragePath:
    attach(protocol, conn_id=conn_id, fs=filesystem)
    return ObjectStoragePath(f"{protocol}://{conn_id}@container/a b+ü/clip.mp4")


def account(rsa: RSAPrivateKey) -> dict[str, str]:
    """Return a service account's key file."""
    return {
        "type": "service_account",
        "client_email": "swaps@project.iam.gserviceaccount.com",
        "private_key": rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "private_key_id": "1",
        "token_uri": "https://oauth2.example.com/token",
    }


def gs(token: Any, **options: Any) -> ObjectStoragePath:
    options = {"project": "p", "token": token, "skip_instance_cache": True, **options}
    return own("gs", f"gs{next(_numbers)}", fsspec.filesystem("gs", **options))


AZURE_KEY = base64.b64encode(b"the account's key" * 3).decode()


def abfs(**options: Any) -> ObjectStoragePath:
    return own(
        "abfs", f"abfs{next(_numbers)}", fsspec.filesystem("abfs", skip_instance_cache=True, **options)
    )
