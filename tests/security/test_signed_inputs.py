"""A private object on its way to a vendor: its signed URL is in the request, and nowhere else."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_faceswap.exceptions import NotSentError
from airflow_provider_faceswap.operators.modelslab import ModelsLabMultipleFaceSwapOperator
from airflow_provider_faceswap.storage import signing
from tests.buckets import S3
from tests.execution.vendors import TAKEN, Task, Vendor, connect, finished
from tests.fakes import JPEG
from tests.recipe.server import serve_app


@pytest.fixture
def server() -> Iterator[Vendor]:
    vendor = Vendor()
    with serve_app(vendor.app()) as vendor.url:
        vendor.submissions, vendor.polls = [TAKEN], [finished(vendor)]
        yield vendor


@pytest.fixture
def swap(server: Vendor, s3: S3, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Task:
    connect(monkeypatch, "modelslab", server.url)
    # No mask helps: what does not get anywhere needs none.
    monkeypatch.setattr(signing, "_to_mask", iter(()))
    s3.client.put_object(Bucket="bucket", Key="private/face.jpg", Body=JPEG)
    media = f"{s3.url}/private/face.jpg"
    out = f"file://{tmp_path}/out"
    return Task(
        ModelsLabMultipleFaceSwapOperator, monkeypatch, init_image=media, target_image=media, output_path=out
    )


def sent(server: Vendor) -> str:
    """Return the URL in the latest submission."""
    url: str = json.loads(server.submitted[-1][1])["init_image"]
    return url


def assert_nowhere(url: str, *kept: str) -> None:
    (signature,) = parse_qs(urlsplit(url).query)["X-Amz-Signature"]
    assert len(signature) == 64
    assert [signature in text for text in kept] == [False] * len(kept)


def kept(one: Task, caplog: pytest.LogCaptureFixture, *more: Any) -> list[str]:
    """Return what stays of a task: its state with all that it ever held, its XComs, its log."""
    assert one.store is not None
    state = [json.dumps(one.store.kept), json.dumps(one.store.history)]
    return [*state, json.dumps(one.context["ti"].xcoms), caplog.text, *map(str, more)]


def files(folder: Path) -> list[str]:
    return [path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()]


def test_what_stays_of_a_swap_does_not_hold_it(
    swap: Task, server: Vendor, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    with caplog.at_level(logging.DEBUG):
        result = swap.start()
    url = sent(server)
    assert httpx.get(url, trust_env=False, timeout=60).content == JPEG
    assert result["inputs"]["init_image"].startswith("s3://") and "?" not in json.dumps(result["inputs"])
    stored = files(tmp_path / "out")
    assert len(stored) > 1 and "private/face.jpg" in "".join(stored)
    assert_nowhere(url, *kept(swap, caplog, json.dumps(result), *stored))
    rendered = {name: str(getattr(swap.operator, name)) for name in swap.operator.template_fields}
    assert_nowhere(url, *rendered.values())


def test_what_a_deferral_leaves_does_not_hold_it(
    swap: Task, server: Vendor, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        deferral = swap.defers(short_wait=0)
    assert_nowhere(
        sent(server), *kept(swap, caplog, deferral.kwargs, json.dumps(deferral.trigger.serialize()))
    )


@pytest.mark.parametrize("status", [200, 500])
def test_a_vendor_that_repeats_the_request_brings_it_nowhere(
    swap: Task, server: Vendor, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    async def echo(request: Any) -> Any:
        body = (await request.read()).decode()
        return status, {"status": "error", "message": f"Cannot open all of {body}"}

    server.submissions = [echo]
    with caplog.at_level(logging.DEBUG):
        error = swap.fails()
    assert "Cannot open" in str(error)
    assert_nowhere(sent(server), *kept(swap, caplog, repr(error), vars(error), repr(error.__context__)))


def test_each_submission_is_signed_again_and_stays_the_same_purchase(
    swap: Task, server: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.submissions = [{"status": "error", "message": "Queue is full, try later"}, TAKEN]
    signed: list[int] = []
    sign = signing.sign
    monkeypatch.setattr(
        "airflow_provider_faceswap.storage.files.sign",
        lambda path, seconds: signed.append(seconds) or sign(path, seconds),
    )
    assert swap.start(timeout=500)["stored"]
    assert len(server.submitted) == 2 and signed == [500] * 4  # two media each time
    swap.start(timeout=500)
    assert len(signed) == 4, "what is finished is collected, and signs nothing"


@pytest.mark.parametrize(("given", "seconds"), [(None, "90"), (30, "30")])
def test_a_url_is_valid_for_presign_seconds_else_for_the_timeout(
    swap: Task, server: Vendor, given: int | None, seconds: str
) -> None:
    swap.start(timeout=90, presign_seconds=given)
    assert parse_qs(urlsplit(sent(server)).query)["X-Amz-Expires"] == [seconds]


def test_a_timeout_of_a_month_signs_for_seven_days(swap: Task, server: Vendor) -> None:
    swap.start(timeout=30 * 24 * 3600)
    assert parse_qs(urlsplit(sent(server)).query)["X-Amz-Expires"] == ["604800"]


def test_what_cannot_be_signed_is_not_paid(
    swap: Task, server: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "face.jpg").write_bytes(JPEG)
    monkeypatch.setenv("AIRFLOW__FACESWAP__LOCAL_ROOTS", str(tmp_path))
    error = str(swap.fails(init_image=f"file://{tmp_path}/face.jpg"))
    assert error.startswith("init_image: cannot be given to the vendor as a URL") and "base64=True" in error
    assert server.submitted == []


def test_a_network_that_fails_while_signing_is_left_to_a_retry(
    swap: Task, server: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> str:
        raise TimeoutError("s3cr3t")

    with monkeypatch.context() as patch:
        patch.setattr("airflow_provider_faceswap.storage.files.sign", fails)
        error = swap.fails()
    assert isinstance(error, NotSentError) and not isinstance(error, AirflowFailException)
    assert "TimeoutError; nothing was sent" in str(error) and "s3cr3t" not in str(error)
    assert server.submitted == [] and swap.start()["stored"]
