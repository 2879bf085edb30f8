"""Whatever a template renders to: only a picture is sent, and only the vendor's own polls are made."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.apis.modelslab import Fetch
from airflow_provider_faceswap.exceptions import InputError

URL = "https://example.com/a.jpg"
SECRET = b"sql_alchemy_conn = postgresql://airflow:hunter2@db"
TEXT = base64.b64encode(SECRET).decode()

CONTENTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "modelslab": (
        "modelslab",
        "multiple_face_swap",
        {"base64": True, "init_image": "/9j/4AAQ", "target_image": TEXT},
    ),
    "segmind": ("segmind", "faceswap-v2", {"source_img": URL, "target_img": TEXT}),
    "segmind, a bare password": (
        "segmind",
        "faceswap-v2",
        {"source_img": URL, "target_img": "hunter2password1"},
    ),
    "segmind, data": (
        "segmind",
        "v2/faceswap-v2",
        {"source_img": URL, "target_img": f"data:image/png;base64,{TEXT}"},
    ),
    "aifaceswap": ("aifaceswap", "extract_base64_face", {"base64_img": TEXT}),
    "aifaceswap, nested": (
        "aifaceswap",
        "multi_video_faceswap",
        {"source_video": URL, "duration": 1, "ref_info": [{"face_ref": TEXT, "face_url": URL}]},
    ),
    "aifaceswap, bytes": ("aifaceswap", "faceswap", {"source_image": SECRET, "face_image": URL}),
}  # fmt: skip


@pytest.mark.parametrize("case", CONTENTS)
def test_content_that_is_not_a_picture_is_not_sent(case: str) -> None:
    name, operation, fields = CONTENTS[case]
    with pytest.raises(InputError, match="picture") as caught:
        vendor(name).submission(operation).checked(fields)
    assert TEXT not in str(caught.value) and "hunter2" not in repr(caught.value.__dict__)


ROUTES = [
    ("model-1", {"path": "/api/v3/finetune/delete/model-1"}),
    ("single_video_swap", {"path": "/api/v6/faceswap/single_video_swap"}),
    ("1", {"path": "/api/v6/fetch/2"}),
    ("1", {"path": "/api/v6/../fetch/1"}),
    ("1", {"path": "//evil.example/fetch/1"}),
    ("1", {"namespace": "../../v3/finetune/delete/2?"}),
    ("1", {"namespace": "faceswap/fetch/2#"}),
    ("1", {"namespace": ""}),
]


@pytest.mark.parametrize(("job_id", "route"), ROUTES)
def test_an_edited_route_leads_to_no_other_call(job_id: str, route: dict[str, str]) -> None:
    poll = Fetch.checked({"job_id": job_id, "route": route})
    assert poll.path({"namespace": "deepfake"}) == f"/api/v6/deepfake/fetch/{job_id}"
