"""What a result says of the vendor's links and of its own origin."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.results import as_result, check_result, read_origin

SIGNED = "X-Amz-Signature=s1gnature"
INPUTS = {
    "init_video": "s3://conn@my-bucket/in/a clip.mp4",
    "face_image": ["https://example.com/face.jpg", "sha256:00"],
    "ref_info": [{"face_url": "gs://conn@faces/ana.jpg"}],
    "local": "file:///data/face.jpg",
}


def output(link: str) -> list[str]:
    job = Job(job_id="278", state=JobState.SUCCESS, output=(link,))
    result = as_result("modelslab", "o", job, submitted_at=None, inputs=INPUTS)
    found: list[str] = result["output"]
    return found


@pytest.mark.parametrize(
    "link",
    [
        "https://my-bucket.s3.eu-central-1.amazonaws.com/in/a%20clip.mp4",
        "http://127.0.0.1:9000/my-bucket/in/a%20clip.mp4",
        "https://storage.googleapis.com/faces/ana.jpg",
        "https://example.com/face.jpg",
        "https://EXAMPLE.com//face.jpg",
        "https://x@my-bucket.s3.amazonaws.com/in/a%2520clip.mp4",
        "https://img.example.org/r;u=https%3A%2F%2Fmy-bucket.s3.amazonaws.com%2Fin%2Fa%2520clip.mp4",
    ],
)
def test_a_vendor_that_gives_an_input_back_does_not_give_its_signature(link: str) -> None:
    assert output(f"{link}?{SIGNED}") == output(f"{link}#{SIGNED}") == [link]


@pytest.mark.parametrize(
    "link",
    [
        "https://cdn.example.com/in/a%20clip.mp4",
        "https://my-bucket.s3.amazonaws.com/out/in/a%20clip.mp4",
        "https://cdn.example.com/face.jpg",
        "https://cdn.example.com/data/face.jpg",
        "https://cdn.example.com/ana.jpg",
    ],
)
def test_a_result_of_the_same_name_keeps_the_vendors_signature(link: str) -> None:
    assert output(f"{link}?{SIGNED}") == [f"{link}?{SIGNED}"]


def test_what_a_task_returns_can_be_recorded() -> None:
    job = Job(job_id="278", state=JobState.SUCCESS)
    check_result(as_result("modelslab", "o", job, submitted_at=1.8e9, inputs=INPUTS))


@pytest.mark.parametrize(
    "inputs",
    [
        {"init_video": "https://example.com/a.mp4?token=1"},
        {"init_video": "https://me:pass@example.com/a.mp4"},
        {"init_video": "a\nb"},
        {"init_video": 5},
        {"init_video": [["s3://a"]]},
        {"init video": "s3://a"},
        ["s3://a"],
        {str(number): "s3://a" for number in range(65)},
    ],
)
def test_what_no_result_holds_is_neither_recorded_nor_passed_on(inputs: Any) -> None:
    result = {"provider": "modelslab", "operation": "o", "inputs": inputs}
    with pytest.raises(ValueError, match="not a result of this provider"):
        check_result(result)
    assert read_origin(result) == {}
