"""Items become rows, or all that is wrong with them becomes one error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import ObjectStoragePath

from airflow_provider_faceswap.batch.items.raw import RawItem
from airflow_provider_faceswap.journal.fingerprint import digests
from tests.batch.items.listing import CLIP, FACE, LINK, ONE, PICTURE, faults, refused, rows, video


def test_a_row_of_an_operation_has_its_fields() -> None:
    (row,) = rows([{**ONE, "output_name": "a", "consent_reference": "c-1"}], operation="single_video_swap")
    assert (row.index, row.endpoint, row.fields, row.own_names) == (0, "single_video_swap", ONE, {})
    assert (row.output_name, row.consent_reference, row.idempotency_key, row.version) == (
        "a",
        "c-1",
        None,
        "",
    )


def test_a_row_in_the_common_vocabulary_becomes_an_operation() -> None:
    picture, clip = rows(
        [{"target": PICTURE}, {"target": CLIP, "output_format": "MOV"}], common={"face": FACE}
    )
    assert (picture.endpoint, picture.fields) == (
        "multiple_face_swap",
        {"init_image": PICTURE, "target_image": FACE},
    )
    assert (clip.endpoint, clip.fields) == ("single_video_swap", {**ONE, "output_format": "mov"})
    assert clip.own_names == {"face": FACE, "target": CLIP}


def test_a_row_wins_over_what_is_common_and_may_do_without_it() -> None:
    common = {**ONE, "output_format": "mov", "consent_reference": "all", "track_id": 7}
    first, second = rows(
        [{"output_format": "webm", "consent_reference": "own"}, {"track_id": None}],
        operation="single_video_swap",
        common=common,
    )
    assert (first.fields["output_format"], first.consent_reference) == ("webm", "own")
    assert second.fields == {**ONE, "output_format": "mov"} and second.consent_reference == "all"


def test_a_key_is_the_fingerprint_and_the_number_among_equals() -> None:
    first, other, again = rows(
        [ONE, {**ONE, "watermark": False}, dict(reversed(ONE.items()))], operation="single_video_swap"
    )
    stem, _, number = first.key.partition("-")
    assert len(stem) == 24 and number == "1" and again.key == f"{stem}-2"
    assert other.key.endswith("-1") and not other.key.startswith(stem)
    assert digests("modelslab", "single_video_swap", ONE) == digests(
        "modelslab", first.endpoint, again.fields
    )


def test_an_idempotency_key_stands_for_the_fields() -> None:
    (one,) = rows([{**ONE, "idempotency_key": 17}], operation="single_video_swap")
    (two,) = rows([{**ONE, "watermark": False, "idempotency_key": "17"}], operation="single_video_swap")
    assert one.key == two.key and one.idempotency_key == "17"


def test_equal_values_of_a_csv_file_and_of_json_are_one_purchase() -> None:
    fields = {"source_video": CLIP, "face_image": FACE}
    (cells,) = rows(
        [RawItem({**fields, "duration": "2.50", "enhance": "1"}, cells=True)], "aifaceswap", "video_faceswap"
    )
    (json,) = rows([{**fields, "duration": 2.5, "enhance": 1}], "aifaceswap", "video_faceswap")
    assert cells == json and cells.fields["enhance"] == 1


@pytest.mark.parametrize(
    ("provider", "operation", "cells", "fields"),
    [
        (
            "aifaceswap", "multi_faceswap",
            {"source_image": LINK, "face_image": f'["{FACE}", "{LINK}"]', "index": "[0, 2]"},
            {"source_image": LINK, "face_image": [FACE, LINK], "index": [0, 2]},
        ),
        (
            "aifaceswap", "multi_video_faceswap",
            {"source_video": CLIP, "ref_info": f'[{{"face_ref": "{FACE}", "face_url": "{LINK}"}}]'},
            {"source_video": CLIP, "ref_info": [{"face_ref": FACE, "face_url": LINK}]},
        ),
        (
            "segmind", "faceswap-v2",
            {"source_img": FACE, "target_img": LINK, "input_faces_index": "0", "base64": "TRUE"},
            {"source_img": FACE, "target_img": LINK, "input_faces_index": "0", "base64": True},
        ),
        ("aifaceswap", None, {"face": FACE, "target": PICTURE, "index": "[1]"},
         {"source_image": PICTURE, "face_image": [FACE], "index": [1]}),
    ],
)  # fmt: skip
def test_a_cell_is_what_its_field_takes(
    provider: str, operation: str | None, cells: Any, fields: Any
) -> None:
    (row,) = rows([RawItem(cells, cells=True)], provider, operation)
    assert row.fields == fields


@pytest.mark.parametrize(
    ("operation", "row", "endpoint"),
    [
        ("faceswap-v2", {}, "faceswap-v2"),
        ("faceswap-v2", {"api_version": "v1"}, "faceswap-v2"),
        ("faceswap-v2", {"api_version": "v2"}, "v2/faceswap-v2"),
        ("v2/faceswap-v2", {}, "v2/faceswap-v2"),
        ("v2/faceswap-v2", {"api_version": "v2"}, "v2/faceswap-v2"),
        (None, {}, "v2/faceswap-v2"),
        (None, {"api_version": "v1"}, "faceswap-v2"),
    ],
)
@pytest.mark.parametrize("shared", [True, False])
def test_a_variant_is_chosen_by_its_option(
    operation: str | None, row: Any, endpoint: str, shared: bool
) -> None:
    media = {"source_img": FACE, "target_img": LINK} if operation else {"face": FACE, "target": LINK}
    (found,) = rows([media if shared else {**media, **row}], "segmind", operation, row if shared else None)
    assert found.endpoint == endpoint and "api_version" not in found.fields


def test_a_variant_that_is_not_there_is_a_fault() -> None:
    media = {"source_img": FACE, "target_img": LINK, "api_version": "v3"}
    assert faults([media], "segmind", "faceswap-v2") == [
        "row 0, api_version: must be 'v1' or 'v2' with operation 'faceswap-v2'"
    ]
    assert faults([{**media, "api_version": "v1"}], "segmind", "v2/faceswap-v2") == [
        "row 0, api_version: must be 'v2' with operation 'v2/faceswap-v2'"
    ]


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (
            "extract_face",
            "'extract_face' finds faces and swaps none; a batch takes faceswap, multi_faceswap,",
        ),
        ("extract_base64_face", "finds faces and swaps none"),
        (
            "single_video_swap",
            "'single_video_swap' is not one of aifaceswap.io that swaps faces; a batch takes",
        ),
        (["faceswap"], "is not one of aifaceswap.io that swaps faces"),
    ],
)
def test_an_operation_that_swaps_nothing_is_refused(operation: Any, words: str) -> None:
    assert words in refused([], "aifaceswap", operation)


def test_a_file_of_a_glob_is_the_target_by_either_vocabulary() -> None:
    item = RawItem({"target": CLIP}, found=True, version="v" * 16)
    (own,) = rows([item], operation="single_video_swap", common={"init_image": FACE})
    (common,) = rows([item], common={"face": FACE})
    assert own.fields == common.fields == ONE and own.version == common.version == "v" * 16


def test_paths_are_given_as_airflow_people_do() -> None:
    (row,) = rows(
        [{"face": ObjectStoragePath("file:///data/f.jpg"), "target": Path("/data/a.jpg")}], "segmind"
    )
    assert row.fields == {"source_img": "file:///data/f.jpg", "target_img": "file:///data/a.jpg"}
    (row,) = rows(
        [{"source_image": LINK, "face_image": (FACE, LINK), "index": (0, 1)}], "aifaceswap", "multi_faceswap"
    )
    assert row.fields["face_image"] == [FACE, LINK] and row.fields["index"] == [0, 1]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("s3://store@bucket", "names a bucket, and not a file in it"),
        ("s3://store@bucket/../a.mp4", "must not hold '..'"),
        ("nope://bucket/a.mp4", "a path in an object store that Airflow serves"),
        ("simplecache::s3://bucket/a.mp4", "a path in an object store that Airflow serves"),
        ("file://data/a.mp4", "must be absolute"),
        ("/data/a.mp4", "lies on local disk, where the vendor cannot fetch it; put it in object storage"),
        ("a.mp4", "give one in object storage"),
        (["a.mp4"], "must be text, not list"),
        (17, "must be text, not int"),
    ],
)
def test_a_path_is_checked_for_its_form(path: Any, words: str) -> None:
    (line,) = video({**ONE, "init_video": path})
    assert line.startswith("row 0, init_video: ") and words in line
    (line,) = faults([{"target": path, "face": FACE, "kind": "video"}])
    assert line.startswith("row 0, target") and (words in line or "must be one URL or path" in line)


def test_local_pictures_are_sent_along_where_the_vendor_takes_them() -> None:
    local = {"init_image": "/data/a.jpg", "target_image": "file:///data/f.jpg"}
    assert rows([local, {**local, "base64": True}], operation="multiple_face_swap")
    for mixed in ({**local, "base64": False}, {**local, "target_image": LINK}):
        found = faults([mixed], operation="multiple_face_swap")
        assert "set base64 and give all pictures as files" in found[0]
    assert rows([{"source_image": "/data/a.jpg", "face_image": LINK}], "aifaceswap", "faceswap")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            {"target": "s3://store@bucket/object"},
            "kind: is not clear from the target's name: give kind, 'image' or 'video'",
        ),
        ({"target": CLIP, "kind": "clip"}, "kind: must be 'image' or 'video'"),
        ({"kind": "video"}, "target: is required; give a URL or a path"),
        ({"target": CLIP, "init_video": CLIP}, "'init_video' is not an option: give it as target"),
        ({"target": CLIP, "duration": 3}, "'duration' is not an option of ModelsLab here"),
        ({"target": "a.mp4"}, "target (init_video): must be an http(s) URL"),
    ],
)
def test_faults_in_the_common_vocabulary_name_its_parts(row: dict[str, Any], words: str) -> None:
    (line,) = faults([row], common={"face": FACE})
    assert line.startswith(f"row 0, {words}") or line.startswith(f"row 0: {words}")


def test_a_kind_may_be_given() -> None:
    (row,) = rows([{"target": "s3://store@bucket/object", "kind": "video", "face": FACE}])
    assert row.endpoint == "single_video_swap" and "kind" not in row.fields


def test_what_no_operation_takes_names_the_vendors_that_have_one() -> None:
    (line,) = faults([{"target": CLIP, "face": FACE}], "segmind")
    assert line.startswith("row 0, target: Segmind has no operation for a clip; give the conn_id of a vendor")


def test_the_callback_url_cannot_be_given() -> None:
    row = {"source_image": LINK, "face_image": LINK, "webhook": "https://me.example/hook"}
    (line,) = faults([row], "aifaceswap", "faceswap")
    assert line.startswith("row 0, webhook: cannot be given")


def test_a_length_may_be_left_to_be_measured() -> None:
    row = {"source_video": CLIP, "face_image": FACE}
    assert rows([row], "aifaceswap", "video_faceswap")[0].fields == row
    (line,) = faults([{**row, "duration": -1}], "aifaceswap", "video_faceswap")
    assert line.startswith("row 0, duration: ")


def test_no_rows_are_no_fault() -> None:
    assert rows([]) == []
