"""What every vendor must say of itself, and what is raised where it does not."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest

from airflow_provider_faceswap.apis import VENDORS, vendor
from airflow_provider_faceswap.apis.aifaceswap import FaceSwap
from airflow_provider_faceswap.apis.contract import Vendor
from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.kind import Kind
from airflow_provider_faceswap.apis.modelslab import Fetch, ModelsLabSubmission, SingleVideoSwap
from airflow_provider_faceswap.apis.request import Submission
from airflow_provider_faceswap.apis.segmind import FaceswapNow
from airflow_provider_faceswap.exceptions import FaceSwapError, InputError, PollError

ODD_ID = {"job_id": "../7", "state": JobState.SUCCESS}


@pytest.mark.parametrize("name", VENDORS)
def test_every_request_names_the_vendors_page(name: str) -> None:
    found = vendor(name)
    assert (found.name, found.title) == (name, VENDORS[name])
    for request in (*found.operations.values(), *([found.poll] if found.poll else [])):
        parts = urlsplit(request.docs)
        assert parts.scheme == "https" and name in (parts.hostname or "")


def test_a_poll_is_made_from_an_id_and_a_route() -> None:
    assert vendor("modelslab").poll_request("278", {"namespace": "deepfake"}) == Fetch(
        job_id="278", route={"namespace": "deepfake"}
    )


@pytest.mark.parametrize("job_id", ["", "../278"])
def test_an_id_that_could_break_a_path_is_an_input_error(job_id: str) -> None:
    with pytest.raises(InputError, match="job_id"):
        vendor("segmind").poll_request(job_id)


def test_a_vendor_that_cannot_be_asked_says_so() -> None:
    with pytest.raises(FaceSwapError, match="cannot be polled"):
        vendor("aifaceswap").poll_request("278")


def test_a_vendor_that_does_not_call_back_says_so() -> None:
    with pytest.raises(FaceSwapError, match="Segmind does not call back"):
        vendor("segmind").callback_reader()
    assert vendor("aifaceswap").callback_reader()(b'{"task_id": "a", "success": 0}').job_id == "a"


@pytest.mark.parametrize("read", [lambda body: 1 / 0, lambda body: None, lambda body: Job(**ODD_ID)])
def test_a_mistake_of_a_reader_of_callbacks_is_a_callback_that_does_not_count(
    read: Callable[[bytes], Any],
) -> None:
    odd = dataclasses.replace(vendor("aifaceswap"), read_callback=read)
    with pytest.raises(PollError, match="a callback"):
        odd.callback_reader()(b"{}")


def test_an_operation_that_is_none_is_named_with_the_known() -> None:
    assert vendor("segmind").submission("faceswap-v2") is FaceswapNow
    with pytest.raises(
        InputError, match="operation: 'swap' is not one of Segmind: faceswap-v2, v2/faceswap-v2"
    ):
        vendor("segmind").submission("swap")


def test_a_vendor_that_is_not_whole_is_refused() -> None:
    class Bare(ModelsLabSubmission):
        operation: ClassVar[str] = "bare"

    class Whole(Bare):
        docs: ClassVar[str] = "https://modelslab.com/docs"
        kind: ClassVar[Kind] = "image"

    named = {"name": "acme", "title": "Acme", "hook": "acme.Hook"}
    with pytest.raises(TypeError, match="Bare lacks docs, kind"):
        Vendor(**named, operations={"bare": Bare})
    with pytest.raises(TypeError, match="Whole lacks a field with a Media mark"):
        Vendor(**named, operations={"whole": Whole})
    with pytest.raises(TypeError, match="nothing reads its callbacks"):
        dataclasses.replace(vendor("aifaceswap"), read_callback=None)


def test_the_limits_that_vendors_document() -> None:
    assert SingleVideoSwap.max_clip_seconds == 60
    limits = {request.max_clip_seconds for request in (FaceSwap, FaceswapNow)}
    assert limits == {Submission.max_clip_seconds}
