"""``dry_run()``: the call, its price, and the errors of the real thing; nothing leaves the machine."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import pytest
from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_provider_faceswap.operators.aifaceswap import AIFaceSwapImageOperator, AIFaceSwapVideoOperator
from airflow_provider_faceswap.operators.batch import FaceSwapBatchOperator
from airflow_provider_faceswap.operators.faceswap import FaceSwapOperator
from airflow_provider_faceswap.operators.modelslab import ModelsLabMultipleFaceSwapOperator
from airflow_provider_faceswap.operators.segmind import SegmindFaceSwapOperator

KEY = "sk-93b1f0c2d4"
FACE, PICTURE, CLIP = (f"https://a.example/{name}" for name in ("face.jpg", "photo.jpg", "clip.mp4"))
SIGNED = f"{FACE}?X-Amz-Signature=abcdef"


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Connections from the environment, and nothing that could send anything."""
    import httpx

    for vendor in ("modelslab", "segmind", "aifaceswap"):
        value = json.dumps({"conn_type": vendor, "password": KEY})
        monkeypatch.setenv(f"AIRFLOW_CONN_{vendor.upper()}_DEFAULT", value)
    store = {"conn_type": "aws", "login": "AKIAEXAMPLE", "password": "s3cr3t-of-the-store"}
    monkeypatch.setenv("AIRFLOW_CONN_STORE", json.dumps(store))
    monkeypatch.setenv("AIRFLOW__FACESWAP__LOCAL_ROOTS", str(tmp_path))
    monkeypatch.setattr(httpx.AsyncClient, "send", _refuse)
    monkeypatch.setattr(httpx.Client, "send", _refuse)


def _refuse(*_: Any, **__: Any) -> None:
    raise AssertionError("something was sent")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a dry run logs."""

    def run(operator: Any) -> str:
        log = create_autospec(logging.Logger, instance=True)
        monkeypatch.setattr(type(operator), "log", log, raising=False)
        operator.dry_run()
        text = "\n".join(str(call.args[0]) for call in log.info.call_args_list)
        assert KEY not in text
        return text

    return run


def modelslab(**given: Any) -> ModelsLabMultipleFaceSwapOperator:
    media = {"init_image": FACE, "target_image": PICTURE}
    return ModelsLabMultipleFaceSwapOperator(
        task_id="swap", conn_id="modelslab_default", **{**media, **given}
    )


def test_the_call_is_shown_with_the_key_masked_and_no_signature(said: Any) -> None:
    text = said(modelslab(init_image=SIGNED))
    assert "POST https://modelslab.com/api/v6/faceswap/multiple_face_swap" in text
    assert '"key": "***"' in text
    assert '"init_image": "https://a.example/face.jpg?…"' in text
    assert "Price: not known, the vendor publishes none" in text
    assert "abcdef" not in text


def test_a_header_with_the_key_is_shown_as_well(said: Any) -> None:
    operator = SegmindFaceSwapOperator(
        task_id="swap",
        conn_id="segmind_default",
        source_img=FACE,
        target_img=PICTURE,
        output_path="file:///x",
    )
    assert "x-api-key: ***" in said(operator)


def test_the_price_is_said_where_the_vendor_publishes_one(said: Any) -> None:
    picture = AIFaceSwapImageOperator(
        task_id="swap", conn_id="aifaceswap_default", source_image=PICTURE, face_image=FACE
    )
    assert "Price: 2 credits" in said(picture)
    clip = {"task_id": "swap", "conn_id": "aifaceswap_default", "source_video": CLIP, "face_image": FACE}
    assert "Price: 10 credits" in said(AIFaceSwapVideoOperator(**clip, duration=5))
    unmeasured = said(AIFaceSwapVideoOperator(**clip))
    assert "Price: not known, it follows from the clip's length" in unmeasured
    assert "(the clip's length in seconds)" in unmeasured


def test_what_costs_more_than_is_allowed_is_refused(said: Any) -> None:
    operator = AIFaceSwapVideoOperator(
        task_id="swap",
        conn_id="aifaceswap_default",
        source_video=CLIP,
        face_image=FACE,
        duration=60,
        max_cost=100,
    )
    with pytest.raises(AirflowFailException, match="max_cost: the call costs 120 credits by the price list"):
        said(operator)


def test_files_are_named_and_neither_signed_nor_read(said: Any, tmp_path: Path) -> None:
    text = said(modelslab(init_image="s3://store@bucket/face.jpg"))
    assert '"init_image": "(a signed URL of s3://store@bucket/face.jpg)"' in text
    both: dict[str, Any] = {
        "init_image": f"file://{tmp_path}/face.jpg",
        "target_image": f"file://{tmp_path}/a.jpg",
    }
    with pytest.raises(AirflowFailException, match=r"init_image: .*it lies on local disk.*set base64=True"):
        said(modelslab(**both))
    text = said(modelslab(**both, base64=True)).replace("file://", "")
    assert f"(the content of {tmp_path}/face.jpg)" in text
    operator = AIFaceSwapImageOperator(
        task_id="swap",
        conn_id="aifaceswap_default",
        source_image="s3://store@bucket/photo.jpg",
        face_image="s3://store@bucket/face.jpg",
    )
    text = said(operator)
    assert "(the content of s3://store@bucket/face.jpg)" in text
    assert "stands-in" not in text


def test_templates_are_shown_as_they_are_until_they_are_rendered(said: Any) -> None:
    operator = modelslab(init_image="{{ params.face }}", output_path="file:///x/{{ run_id }}")
    text = said(operator)
    assert "Not checked, as they are templates: init_image" in text
    assert "{{ params.face }}" in text
    operator.render_template_fields({"params": {"face": FACE}, "run_id": "r"})
    text = said(operator)
    assert "Not checked" not in text
    assert f'"init_image": "{FACE}"' in text


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"init_image": ""}, "init_image"),
        ({"timeout": 0}, "timeout: must be a number"),
        ({"output_path": "relative"}, "output_path must be the URL|output_path: must be the URL"),
        ({"output_name": "ana.jpg"}, "output_name"),
        ({"consent_reference": "x" * 9000}, "consent_reference"),
        ({"init_image": "http://127.0.0.1/a.jpg"}, "init_image: leads to 127.0.0.1"),
        ({"conn_id": "nowhere"}, "connection 'nowhere' is not defined"),
        ({"conn_id": "{{ var.value.account }}"}, "conn_id: is a template that is not rendered"),
    ],
)
def test_what_the_task_would_refuse_is_refused(said: Any, given: dict[str, Any], error: str) -> None:
    operator = modelslab()
    for name, value in given.items():
        setattr(operator, name, value)
    with pytest.raises(AirflowException, match=error):
        said(operator)


def any_vendor(**given: Any) -> FaceSwapOperator:
    return FaceSwapOperator(task_id="swap", conn_id="aifaceswap_default", face=FACE, **given)


def test_callbacks_are_shown_and_what_they_lack_is_said(said: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Callbacks: [faceswap] callback_base_url is not set" in said(modelslab(use_callback=True))
    for name, value in {
        "CALLBACK_BASE_URL": "https://airflow.example.com", "CALLBACK_SECRET": "x" * 40, "INBOX": "file:///i",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"AIRFLOW__FACESWAP__{name}", value)
    text = said(modelslab(use_callback=True))
    assert '"webhook": "(a signed URL of our receiver)"' in text and "Callbacks:" not in text


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"output_path": "out"}, "output_path"),
        ({"output_path": "s3://nope@bucket/x"}, "nope"),
        ({"conn_id": "segmind_default", "use_callback": True}, "use_callback: must be False"),
    ],
)
def test_a_batch_is_refused_as_the_task_would(said: Any, given: dict[str, Any], error: str) -> None:
    known = {"task_id": "swap", "conn_id": "modelslab_default", "output_path": "file:///x"}
    rows = [{"face": FACE, "target": PICTURE}]
    with pytest.raises(AirflowException, match=error):
        said(FaceSwapBatchOperator(**{**known, "items": rows, **given}))


def test_one_operator_for_all_vendors_says_what_it_would_choose(said: Any) -> None:
    text = said(any_vendor(target=PICTURE))
    assert "POST https://aifaceswap.io/api/aifaceswap/v1/faceswap" in text
    assert "(a signed URL of our receiver)" in text
    with pytest.raises(AirflowFailException, match="kind: is not known without reading target"):
        said(any_vendor(target="https://a.example/17"))
    assert "Price: 2 credits" in said(any_vendor(target="https://a.example/17", kind="image"))


def batch(items: Any, **given: Any) -> FaceSwapBatchOperator:
    known = {"conn_id": "aifaceswap_default", "common": {"face": FACE}, "output_path": "file:///nowhere/out"}
    return FaceSwapBatchOperator(task_id="swap", items=items, **{**known, **given})


def test_a_batch_is_counted_and_priced(said: Any) -> None:
    text = said(batch([{"target": PICTURE}, {"target": PICTURE}, {"target": CLIP}]))
    assert "Rows: 3" in text
    assert text.count("POST https://aifaceswap.io") == 1
    assert "Price of all rows: 4 credits, and 1 rows: it follows from the clip's length" in text


def test_the_faults_of_a_batch_are_those_of_the_real_thing(said: Any) -> None:
    with pytest.raises(AirflowFailException, match=r"row 1.*target"):
        said(batch([{"target": PICTURE}, {"target": ""}]))
    with pytest.raises(AirflowFailException, match=r"row 0, target \(source_video\): lies on local disk"):
        said(batch([{"target": "file:///clips/beach.mp4"}, {"target": CLIP}]))
    with pytest.raises(AirflowFailException, match="max_cost: ModelsLab publishes no price"):
        said(batch([{"target": CLIP}], conn_id="modelslab_default", max_cost=5))


def test_items_of_another_task_are_not_known(said: Any) -> None:
    with DAG("d", schedule=None):

        @task
        def listing() -> list[dict[str, str]]:
            return []

        assert "Items: they come from a template or another task" in said(batch(listing()))
