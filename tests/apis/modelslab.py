"""Requests to ModelsLab, and replies to them."""

from __future__ import annotations

import json
from typing import Any

from airflow_provider_faceswap.apis.modelslab import Fetch, SingleVideoSwap
from airflow_provider_faceswap.apis.reply import Reply

URL = "https://example.com/a.png"
INPUTS = {
    "single_face_swap": {"init_image": URL, "target_image": URL, "reference_image": URL},
    "multiple_face_swap": {"init_image": URL, "target_image": URL},
    "single_video_swap": {"init_image": URL, "init_video": URL},
    "specific_video_swap": {"init_image": URL, "init_video": URL, "reference_image": URL},
}
SUBMIT = SingleVideoSwap.checked(INPUTS["single_video_swap"])
FETCH = Fetch(job_id="278")


def reply(body: Any, status: int = 200, **headers: str) -> Reply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)
