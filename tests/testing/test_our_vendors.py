"""Our own vendors keep the contract that authors of others test theirs against."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_faceswap.apis import VENDORS, vendor
from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.exceptions import (
    AuthenticationError,
    PollError,
    RefusedError,
    RefusedForNowError,
)
from airflow_provider_faceswap.testing.vendors import (
    Example,
    assert_vendor_contract,
    assert_vendor_registered,
)
from tests.apis import recorded
from tests.apis.test_aifaceswap import INPUTS as AIFACESWAP
from tests.apis.test_modelslab import INPUTS as MODELSLAB

URL = "https://example.com/a.png"
PICTURES = {"source_img": URL, "target_img": URL}

Cases = dict[str, Any]


def replies(name: str, cases: Cases) -> list[tuple[Reply, Any]]:
    return [(recorded.read(name, case), meaning) for case, meaning in cases.items()]


TAKEN = {
    "modelslab": {
        "submit_processing": JobState.PROCESSING,
        "submit_no_face_200": RefusedError,
        "submit_rate_limited_429": RefusedForNowError,
        "submit_unauthorised_401": AuthenticationError,
    },
    "aifaceswap": {
        "submit_faceswap": JobState.PROCESSING,
        "submit_no_credits": RefusedError,
        "submit_rate_limited_429": RefusedForNowError,
        "submit_unauthorised_200": AuthenticationError,
    },
    "extraction": {"extract_face_none": JobState.SUCCESS, "extract_face_unreadable": RefusedError},
    "frame": {"extract_base64_face_none": JobState.SUCCESS, "extract_face_unreadable": RefusedError},
    "v1": {
        "v1_picture_jpeg": JobState.SUCCESS,
        "v1_picture_in_json": JobState.SUCCESS,
        "v1_bad_request_400": RefusedError,
        "v1_rate_limited_429": RefusedForNowError,
        "v1_unauthorised_401": AuthenticationError,
    },
    "v2": {
        "v2_submit_queued": JobState.PROCESSING,
        "v2_submit_no_credits_406": RefusedError,
        "v2_submit_server_error_500": RefusedForNowError,
    },
}
EXTRACTIONS = {"extract_face": "extraction", "extract_base64_face": "frame"}
EXAMPLES = {
    "modelslab": [
        Example(name, fields, replies("modelslab", TAKEN["modelslab"])) for name, fields in MODELSLAB.items()
    ],
    "segmind": [
        Example("faceswap-v2", PICTURES, replies("segmind", TAKEN["v1"])),
        Example("v2/faceswap-v2", PICTURES, replies("segmind", TAKEN["v2"])),
    ],
    "aifaceswap": [
        Example(name, fields, replies("aifaceswap", TAKEN[EXTRACTIONS.get(name, "aifaceswap")]))
        for name, fields in AIFACESWAP.items()
    ],
}
POLLS: dict[str, Cases] = {
    "modelslab": {
        "fetch_processing": JobState.PROCESSING,
        "fetch_success": JobState.SUCCESS,
        "fetch_success_without_link": JobState.NO_RESULT,
        "fetch_failed": JobState.FAILED,
        "fetch_try_again": JobState.CONGESTED,
        "fetch_request_not_found": JobState.UNKNOWN,
        "fetch_unauthorised_401": AuthenticationError,
        "fetch_rate_limited_429": PollError,
    },
    "segmind": {
        "v2_result_processing": JobState.PROCESSING,
        "v2_result_output_url": JobState.SUCCESS,
        "v2_result_without_output": JobState.NO_RESULT,
        "v2_result_failed_422": JobState.FAILED,
        "v2_result_not_found_404": JobState.UNKNOWN,
        "v2_result_server_error_500": PollError,
    },
    "aifaceswap": {},
}
CALLBACKS: dict[str, dict[str, JobState]] = {
    "modelslab": {"fetch_success": JobState.SUCCESS, "fetch_failed": JobState.FAILED},
    "segmind": {},
    "aifaceswap": {"callback_success": JobState.SUCCESS, "callback_failure": JobState.FAILED},
}


@pytest.mark.parametrize("name", VENDORS)
def test_it_keeps_the_contract(name: str) -> None:
    assert_vendor_contract(
        vendor(name),
        submissions=EXAMPLES[name],
        polls=replies(name, POLLS[name]),
        callbacks=[(recorded.read(name, case).body, state) for case, state in CALLBACKS[name].items()],
    )


@pytest.mark.parametrize("name", VENDORS)
def test_it_is_registered(name: str) -> None:
    assert_vendor_registered(name)
