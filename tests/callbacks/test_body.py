from __future__ import annotations

import json

import pytest

from airflow_provider_faceswap.callbacks.body import normalize_body
from airflow_provider_faceswap.callbacks.folder import MAX_BYTES
from airflow_provider_faceswap.callbacks.rejected import RejectedError

FORM = "application/x-www-form-urlencoded"


def test_json_stays_as_it_is_and_a_form_becomes_json() -> None:
    assert normalize_body(b' {"a": 1}', FORM) == b' {"a": 1}'
    assert json.loads(normalize_body(b"a=1&b=%C3%BC", FORM)) == {"a": "1", "b": "ü"}


def test_a_form_that_grows_past_what_can_be_read_again_is_refused() -> None:
    body = b"a=" + b"\x01" * (MAX_BYTES // 5)
    with pytest.raises(RejectedError) as error:
        normalize_body(body, FORM)
    assert error.value.status == 413


@pytest.mark.parametrize("content_type", ["", "text/plain", "multipart/form-data"])
def test_a_form_must_say_that_it_is_one(content_type: str) -> None:
    with pytest.raises(RejectedError) as error:
        normalize_body(b"a=1", content_type)
    assert error.value.status == 422
