"""One operator for all vendors: what it buys where."""

from __future__ import annotations

import base64
import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import ObjectStoragePath
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.exceptions import InputError, SettingsError
from airflow_provider_faceswap.operators.base import SwapOperator
from airflow_provider_faceswap.operators.faceswap import FaceSwapOperator
from tests.fakes import JPEG, context, job
from tests.operators.shop import CLIP, FACE, PICTURE, Shop

SUFFIXLESS = "https://a.example/media/17"
TYPES = "'modelslab', 'segmind' or 'aifaceswap'"


@pytest.fixture(params=["modelslab", "segmind", "aifaceswap"])
def shop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Shop:
    return Shop(request.param, monkeypatch)


@pytest.fixture
def segmind(monkeypatch: pytest.MonkeyPatch) -> Shop:
    return Shop("segmind", monkeypatch)


@pytest.fixture
def aifaceswap(monkeypatch: pytest.MonkeyPatch) -> Shop:
    return Shop("aifaceswap", monkeypatch)


def test_the_connection_names_the_vendor_and_nothing_else_changes(shop: Shop) -> None:
    result = shop.start()
    expected = {
        "modelslab": ("multiple_face_swap", {"init_image": PICTURE, "target_image": FACE}),
        "segmind": ("faceswap-v2", {"target_img": PICTURE, "source_img": FACE}),
        "aifaceswap": ("faceswap", {"source_image": PICTURE, "face_image": FACE}),
    }
    assert shop.bought == expected[shop.provider]
    assert (result["provider"], result["operation"]) == (shop.provider, shop.bought[0])


def test_a_clip_with_a_reference_and_options(modelslab: Shop) -> None:
    modelslab.start(CLIP, reference=PICTURE, options={"watermark": False})
    assert modelslab.bought == (
        "specific_video_swap",
        {"init_image": FACE, "init_video": CLIP, "reference_image": PICTURE, "watermark": False},
    )


@pytest.mark.parametrize("blank", [None, "", "None"])
def test_what_a_template_renders_to_nothing_is_not_given(modelslab: Shop, blank: str | None) -> None:
    modelslab.start(reference=blank, kind=blank, options=blank)
    assert modelslab.bought[0] == "multiple_face_swap"


def test_paths_are_taken_as_by_other_operators() -> None:
    operator = FaceSwapOperator(
        task_id="swap",
        conn_id="account",
        face=Path("/data/face.jpg"),
        target=ObjectStoragePath("s3://conn@bucket/clip.mp4"),
    )
    assert (operator.face, operator.target) == ("file:///data/face.jpg", "s3://conn@bucket/clip.mp4")


def test_a_path_of_an_earlier_task_is_rendered_to_an_object(modelslab: Shop) -> None:
    operator = modelslab.make()
    operator.target = ObjectStoragePath("s3://conn@bucket/clip.mp4")
    assert operator._parts() == {"face": FACE, "target": "s3://conn@bucket/clip.mp4"}


def test_everything_is_templated_and_keyword_only_and_a_connection_is_required() -> None:
    own = {"conn_id", "face", "target", "reference", "kind", "options", "output_path", "idempotency_key"}
    assert own <= set(FaceSwapOperator.template_fields)
    shown = inspect.signature(FaceSwapOperator).parameters
    assert shown["conn_id"].default is inspect.Parameter.empty
    shared = set(inspect.signature(SwapOperator).parameters)
    assert shown.keys() >= own | shared | {"in_doubt_wait", "adopt_from_callback", "max_cost"}
    assert all(item.kind is item.KEYWORD_ONLY for name, item in shown.items() if name != "kwargs")


# The connection


def test_a_connection_of_another_type_is_one_sentence(modelslab: Shop) -> None:
    modelslab.monkeypatch.setenv("AIRFLOW_CONN_ACCOUNT", json.dumps({"conn_type": "http"}))
    with pytest.raises(AirflowException) as caught:
        modelslab.start()
    assert isinstance(caught.value, SettingsError)
    assert str(caught.value) == f"connection 'account' is of type 'http': choose one of type {TYPES}"
    assert not modelslab.vendor.sent


def test_a_connection_that_is_not_there_is_one_sentence(modelslab: Shop) -> None:
    with pytest.raises(SettingsError) as caught:
        modelslab.start(conn_id="nowhere")
    assert str(caught.value).startswith(f"connection 'nowhere' is not defined; add one of type {TYPES}")


@pytest.mark.parametrize("blank", ["", "None"])
def test_a_conn_id_that_renders_to_nothing_is_one_sentence(modelslab: Shop, blank: str) -> None:
    with pytest.raises(AirflowFailException, match="conn_id: is required"):
        modelslab.start(conn_id=blank)


# The operation


def test_a_vendor_without_the_operation_ends_the_task_before_anything_is_sent(segmind: Shop) -> None:
    with pytest.raises(AirflowFailException, match=r"target: Segmind has no operation for a clip;") as caught:
        segmind.start(CLIP)
    error: Any = caught.value
    assert (error.provider, error.paid, segmind.vendor.sent) == ("segmind", False, [])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"options": {"seed": 1}}, "options: 'seed' is not an option of ModelsLab here"),
        (
            {"options": "{'watermark': False}"},
            "options: must be a dict of the operation's own fields, not str",
        ),
        ({"options": {"watermark": "perhaps"}}, "watermark: "),
        ({"kind": "clip"}, "kind: must be 'image' or 'video', not 'clip'"),
        ({"target": "ftp://a.example/photo.jpg"}, "target (init_image): must be"),
        ({"face": "http://:80/face.jpg"}, "face (target_image): must be an http(s) URL"),
        ({"face": ""}, "face: is required"),
        ({"target": "None"}, "target: is required"),
        ({"face": [FACE, FACE]}, "face: must be one URL, path or base64 text, not list; the vendor's own"),
        ({"face": 5}, "face: must be one URL, path or base64 text, not int"),
    ],
)
def test_a_wrong_argument_is_one_sentence(modelslab: Shop, change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AirflowFailException) as caught:
        modelslab.start(**change)
    assert isinstance(caught.value, InputError)
    assert str(caught.value).startswith(sentence)
    assert not modelslab.vendor.sent


def test_an_answer_that_is_the_result_needs_a_folder(segmind: Shop) -> None:
    with pytest.raises(AirflowFailException, match="output_path: is required: Segmind's faceswap-v2 answers"):
        segmind.start(options={"api_version": "v1"})
    assert not segmind.vendor.sent


def test_the_answer_that_is_the_result_is_bought_where_it_is_asked_for(segmind: Shop, tmp_path: Path) -> None:
    segmind.vendor.submissions = [job(JobState.SUCCESS, job_id="r-1", output=(), content=JPEG)]
    result = segmind.start(options={"api_version": "v1"}, output_path=tmp_path)
    assert result["stored"] == [f"file://{tmp_path}/segmind-r-1.jpg"]


def test_an_output_path_that_is_added_does_not_buy_again(segmind: Shop, tmp_path: Path) -> None:
    segmind.downloads.content = JPEG
    segmind.start()
    segmind.clear()
    assert segmind.start(output_path=tmp_path)["stored"]
    assert segmind.vendor.accepted == 1


def test_a_job_that_costs_more_is_refused(aifaceswap: Shop) -> None:
    with pytest.raises(
        AirflowFailException, match="max_cost: the call costs 2 credits by the price list, and 1"
    ):
        aifaceswap.start(max_cost=1)
    assert not aifaceswap.vendor.sent


# Pictures that no URL can be made of


def test_local_pictures_are_sent_along_to_each_vendor(shop: Shop, tmp_path: Path) -> None:
    shop.monkeypatch.setenv("AIRFLOW__FACESWAP__LOCAL_ROOTS", str(tmp_path))
    (tmp_path / "face.jpg").write_bytes(JPEG)
    (tmp_path / "photo.jpg").write_bytes(JPEG + b"2")
    result = shop.start(tmp_path / "photo.jpg", face=tmp_path / "face.jpg")
    text = [base64.b64encode(content).decode() for content in (JPEG + b"2", JPEG)]
    expected = {
        "modelslab": {"init_image": text[0], "target_image": text[1], "base64": True},
        "segmind": {"target_img": text[0], "source_img": text[1]},
        "aifaceswap": {"source_image": JPEG + b"2", "face_image": JPEG},
    }
    assert shop.bought[1] == expected[shop.provider]
    assert result["inputs"]["target"] == f"file://{tmp_path}/photo.jpg"


def test_base64_text_is_sent_to_each_vendor_as_it_takes_it(shop: Shop) -> None:
    text = base64.b64encode(JPEG).decode()
    shop.start(text, face=f"data:image/jpeg;base64,{text}")
    as_text = {"modelslab": "target_image", "segmind": "source_img"}
    if name := as_text.get(shop.provider):
        assert shop.bought[1][name].endswith(text)
        assert shop.bought[1].get("base64", False) is (shop.provider == "modelslab")
    else:
        assert shop.bought[1] == {"source_image": JPEG, "face_image": JPEG}


def test_a_job_adopted_by_its_bare_id_is_the_connections(modelslab: Shop) -> None:
    assert modelslab.store is not None
    modelslab.store.set("faceswap", "278")
    assert modelslab.start()["job_id"] == "278"
    assert modelslab.vendor.accepted == 0


def test_the_result_names_media_as_they_were_given(modelslab: Shop) -> None:
    operator = modelslab.make(CLIP, reference="None")
    assert operator.own_names() == {"face": FACE, "target": CLIP}


def test_without_a_store_it_works_as_well(modelslab: Shop) -> None:
    assert modelslab.make().execute(context())["status"] == "success"


@pytest.mark.parametrize("edited", [{"media": None}, {"media": CLIP}, {"options": {"nobody": "knows"}}])
def test_arguments_that_render_otherwise_do_not_lose_a_job_that_was_waited_for(
    modelslab: Shop, edited: dict[str, Any]
) -> None:
    modelslab.vendor.submissions = [job(JobState.PROCESSING, eta=600.0)]
    deferral = modelslab.defer()
    modelslab.operator = modelslab.make(deferrable=True, **edited)
    result = modelslab.resume(deferral, states={"278": "success"})
    assert (result["status"], result["operation"]) == ("success", "multiple_face_swap")
    assert result["inputs"]["target"] == PICTURE, "it names what was bought"


@pytest.mark.parametrize("edited", [{"media": None}, {"options": {"nobody": "knows"}}])
def test_a_retry_with_arguments_that_make_no_sense_names_the_job(
    modelslab: Shop, edited: dict[str, Any]
) -> None:
    modelslab.die()
    with pytest.raises(AirflowException, match="job 278 was bought with other inputs") as caught:
        modelslab.start(**edited)
    assert caught.value.paid and modelslab.vendor.accepted == 1  # type: ignore[attr-defined]
