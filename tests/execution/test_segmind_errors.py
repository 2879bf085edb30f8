"""Server errors of Segmind's v2: only its own JSON that names no request proves "not taken"."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_faceswap.exceptions import InDoubtError, RefusedForNowError
from tests.execution.vendors import Task, Vendor


@pytest.mark.parametrize(
    "body",
    [
        {"error": "x", "job_id": "r1"},
        {"error": "x", "data": {"request_id": "r1"}},
        {"error": {"detail": [{"requestId": "r1"}]}},
        {"error": "worker died on 2f1c7c1e-8f5a-4a38-9a2e-0d7f3f1b2c3d"},
    ],
)
def test_a_server_error_that_names_a_request_is_in_doubt(segmind: Task, vendor: Vendor, body: Any) -> None:
    vendor.submissions = [(500, body)]
    assert isinstance(segmind.fails(api_version="v2"), InDoubtError)
    assert len(vendor.submitted) == 1


@pytest.mark.parametrize("body", [{"error": "invalid"}, {"error": "x", "invalid": 1, "request_id": None}])
def test_a_server_error_that_names_none_is_not_taken(segmind: Task, vendor: Vendor, body: Any) -> None:
    vendor.submissions = [(500, body)]
    assert isinstance(segmind.fails(api_version="v2", timeout=5), RefusedForNowError)
