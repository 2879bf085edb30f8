"""Files that cannot be signed are sent along, by the vendor's flag, where nobody set it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.exceptions import InputError
from airflow_provider_faceswap.execution.inputs import Inputs
from airflow_provider_faceswap.storage.files import StoredObject
from airflow_provider_faceswap.storage.signing import UnsignableError
from tests.fakes import JPEG, hook_double

TEXT = base64.b64encode(JPEG).decode()


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("AIRFLOW__FACESWAP__LOCAL_ROOTS", str(tmp_path))
    (tmp_path / "face.jpg").write_bytes(JPEG)
    return tmp_path


def inputs(**fields: Any) -> Inputs:
    request_class = vendor("modelslab").submission("multiple_face_swap")
    return Inputs("modelslab", "multiple_face_swap", request_class, fields, hook_double().settings)


def test_a_file_that_cannot_be_signed_is_sent_along_with_the_others(disk: Path) -> None:
    given = inputs(init_image=f"{disk}/face.jpg", target_image=TEXT)
    request = given.request()
    assert request.model_dump(include={"init_image", "target_image", "base64"}) == {
        "init_image": TEXT,
        "target_image": TEXT,
        "base64": True,
    }
    assert "base64" not in given.digests, "it is not an input: a retry finds the same job"


def test_a_stored_file_that_cannot_be_signed_is_sent_along(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsignable(file: object, seconds: int) -> str:
        raise UnsignableError("its connection holds no key")

    monkeypatch.setattr(StoredObject, "signed", unsignable)
    monkeypatch.setattr(StoredObject, "size", len(JPEG))
    monkeypatch.setattr(StoredObject, "head", lambda _: JPEG)
    monkeypatch.setattr(StoredObject, "content", lambda _: JPEG)
    request = inputs(init_image="s3://bucket/a.jpg", target_image="s3://bucket/b.jpg").request()
    assert (request.model_dump()["base64"], request.model_dump()["init_image"]) == (True, TEXT)


@pytest.mark.parametrize("more", [{"base64": False}, {"target_image": "https://a.example/face.jpg"}])
def test_what_was_said_and_links_stay_as_they_are(disk: Path, more: dict[str, Any]) -> None:
    local = f"{disk}/face.jpg"
    with pytest.raises(InputError, match=r"cannot be given to the vendor as a URL: .* set base64=True"):
        inputs(**{"init_image": local, "target_image": local, **more}).request()
