from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import fsspec
import httpx
import pytest
from airflow.sdk import ObjectStoragePath
from botocore.exceptions import EndpointConnectionError

from airflow_provider_faceswap.apis.media import MAX_PRESIGN
from airflow_provider_faceswap.storage import signing
from airflow_provider_faceswap.storage.signing import sign
from tests.buckets import S3
from tests.storage import signatures
from tests.storage.conftest import JPEG
from tests.storage.signable import (
    SECRET,
    answers,
    connected,
    now,
    own,
    refusal,
    said,
)

KEYS = ["clip.mp4", "a b/c d.mp4", "a+b.mp4", "déjà/日本.mp4", "per%20cent.mp4", "a~b-c_d.e(f)!*'&=@:.mp4"]


@pytest.fixture(autouse=True)
def _no_other_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(signing, "_to_mask", iter(()))


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("region", [None, "us-east-1", "eu-central-1"])
def test_amazon_is_signed_with_version_4(
    region: str | None, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = connected(monkeypatch, key, extra={"region_name": region} if region else {})
    answers(path, monkeypatch, {"x-amz-bucket-region": region or "us-east-1"})
    url = sign(path, 600)
    signed = signatures.amazon(url, SECRET)
    assert signed.valid and signed.fields["X-Amz-Expires"] == "600"
    assert signed.lets_in(now()) and not signed.lets_in(now() + timedelta(seconds=600))
    assert signed.fields["X-Amz-Credential"].split("/")[2] == (region or "us-east-1")


def test_a_signature_that_was_tampered_with_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    path = connected(monkeypatch)
    answers(path, monkeypatch, {"x-amz-bucket-region": "eu-west-3"})
    url = sign(path, 600)
    assert signatures.amazon(url, SECRET).valid
    assert not signatures.amazon(url, "another secret").valid
    for old, new in (("clip", "clop"), ("Expires=600", "Expires=601"), ("my-bucket", "mybucket")):
        assert not signatures.amazon(url.replace(old, new), SECRET).valid


@pytest.mark.parametrize(("asked", "given"), [(0, "1"), (3600, "3600"), (MAX_PRESIGN + 1, "604800")])
def test_a_url_lasts_at_most_seven_days(asked: int, given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = connected(monkeypatch)
    answers(path, monkeypatch, {"x-amz-bucket-region": "us-east-1"})
    assert signatures.amazon(sign(path, asked), SECRET).fields["X-Amz-Expires"] == given


@pytest.mark.parametrize("extra", [{}, {"region_name": "eu-central-1"}])
@pytest.mark.parametrize(
    "answer",
    [{"x-amz-bucket-region": "ap-south-1"}, refusal({"x-amz-bucket-region": "ap-south-1"})],
    ids=["allowed", "refused"],
)
def test_the_region_is_the_one_of_the_bucket(
    answer: Any, extra: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = connected(monkeypatch, extra=extra)
    asked = answers(path, monkeypatch, answer)
    url = sign(path, 60)
    sign(path, 60)
    # The global endpoint would redirect, and the signature be for another host.
    assert url.startswith("https://my-bucket.s3.ap-south-1.amazonaws.com/clip.mp4?")
    assert "/ap-south-1/" in signatures.amazon(url, SECRET).fields["X-Amz-Credential"]
    assert asked == ["my-bucket"]


@pytest.mark.parametrize(
    "answer",
    [
        EndpointConnectionError(endpoint_url="https://s3.amazonaws.com"),
        refusal({}),
        {},
        {"x-amz-bucket-region": "evil.example/"},
    ],
    ids=["silent", "refused", "no-region", "no-valid-region"],
)
@pytest.mark.parametrize("region", [None, "eu-central-1"])
def test_a_bucket_whose_region_is_not_found_is_signed_for_the_one_configured(
    answer: Any, region: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = connected(monkeypatch, extra={"region_name": region} if region else {})
    asked = answers(path, monkeypatch, answer)
    found = signatures.amazon(sign(path, 60), SECRET)
    assert found.valid and f"/{region or 'us-east-1'}/" in found.fields["X-Amz-Credential"]
    sign(path, 60)
    assert len(asked) == 2  # a failure is not kept


def test_the_search_for_the_region_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    path = connected(monkeypatch)

    async def never(Bucket: str) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(path.fs.s3, "head_bucket", never)
    monkeypatch.setattr(signing, "_ANSWER_SECONDS", 0.1)
    assert "/us-east-1/" in signatures.amazon(sign(path, 60), SECRET).fields["X-Amz-Credential"]


def test_a_bucket_with_dots_keeps_a_host_that_its_certificate_covers(monkeypatch: pytest.MonkeyPatch) -> None:
    path = ObjectStoragePath(f"s3://{connected(monkeypatch).conn_id}@my.bucket/clip.mp4")
    answers(path, monkeypatch, {"x-amz-bucket-region": "eu-west-3"})
    url = sign(path, 60)
    assert url.startswith("https://s3.eu-west-3.amazonaws.com/my.bucket/clip.mp4?")
    assert signatures.amazon(url, SECRET).valid


def test_the_cached_filesystem_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    path = connected(monkeypatch)
    answers(path, monkeypatch, {"x-amz-bucket-region": "eu-west-3"})
    client, before = path.fs.s3, vars(path.fs.s3.meta.config).copy()
    session = path.fs.session
    sign(path, 60)
    assert path.fs.s3 is client and vars(client.meta.config) == before
    assert path.fs.client_kwargs == {} and path.fs.session is session


def test_the_store_can_be_used_after_its_first_object_was_signed(
    s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = {"endpoint_url": s3.server, "region_name": "eu-west-3"}
    conn_id = connected(monkeypatch, extra=extra).conn_id
    path = ObjectStoragePath(f"s3://{conn_id}@bucket/signed-first.jpg")
    s3.client.put_object(Bucket="bucket", Key="signed-first.jpg", Body=JPEG)
    sign(path, 60)
    assert path.read_bytes() == JPEG


@pytest.mark.parametrize("key", KEYS)
def test_another_endpoint_gives_the_object_to_who_has_the_url(
    key: str, s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn_id = connected(monkeypatch, extra={"endpoint_url": s3.server}).conn_id
    path = ObjectStoragePath(f"s3://{conn_id}@bucket/endpoint/{key}")
    s3.client.put_object(Bucket="bucket", Key=f"endpoint/{key}", Body=JPEG)
    url = sign(path, 60)
    assert url.startswith(f"{s3.server}/bucket/endpoint/") and signatures.amazon(url, SECRET).lets_in(now())
    assert httpx.get(url, trust_env=False, timeout=60).content == JPEG


def test_another_endpoint_says_its_buckets_region_too(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.client.create_bucket(
        Bucket="my-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-north-1"}
    )
    path = connected(monkeypatch, extra={"endpoint_url": s3.server})
    assert "/eu-north-1/" in signatures.amazon(sign(path, 60), SECRET).fields["X-Amz-Credential"]


def test_a_region_that_is_configured_for_another_endpoint_is_used(
    s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = connected(monkeypatch, extra={"endpoint_url": s3.server, "region_name": "garage"})
    asked = answers(path, monkeypatch, {"x-amz-bucket-region": "us-east-1"})
    assert "/garage/" in signatures.amazon(sign(path, 60), SECRET).fields["X-Amz-Credential"] and not asked


def test_the_addressing_style_of_another_endpoint_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    style = {"config_kwargs": {"s3": {"addressing_style": "virtual"}}}
    extra = {"endpoint_url": "https://store.example.com", "region_name": "eu", **style}
    url = sign(connected(monkeypatch, extra=extra), 60)
    assert url.startswith("https://my-bucket.store.example.com/clip.mp4?")
    assert signatures.amazon(url, SECRET).valid


def test_temporary_credentials_sign_and_are_part_of_the_url(monkeypatch: pytest.MonkeyPatch) -> None:
    path = connected(monkeypatch, extra={"aws_session_token": "temporary/+=", "region_name": "eu-west-3"})
    answers(path, monkeypatch, {})
    signed = signatures.amazon(sign(path, 60), SECRET)
    assert signed.valid and signed.fields["X-Amz-Security-Token"] == "temporary/+="


def test_keys_of_a_filesystem_that_airflow_did_not_make_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    path = own(
        "s3", "own_s3", fsspec.filesystem("s3", key="AK", secret=SECRET, endpoint_url="https://a.example")
    )
    answers(path, monkeypatch, {})
    assert signatures.amazon(sign(path, 60), SECRET).valid


def test_amazon_without_credentials_cannot_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no credentials" in said(connected(monkeypatch, login=None, password=None))


def test_a_signer_of_the_connection_cannot_sign_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    signer = {"signer": "S3V4RestSigner", "signer_uri": "https://signer.example.com", "signer_token": "t0k3n"}
    path = connected(monkeypatch, extra={"service_config": {"s3": signer}, "region_name": "eu-west-3"})
    text = said(path)
    assert "leaves signing to a service" in text and "t0k3n" not in text
