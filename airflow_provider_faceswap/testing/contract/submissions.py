"""What is asked of a submission: it decides what is paid twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import httpx

from airflow_provider_faceswap.apis.contract import Vendor
from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.media import slots
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.apis.request import Submission
from airflow_provider_faceswap.exceptions import FaceSwapError, InDoubtError, InputError, NotSentError
from airflow_provider_faceswap.testing.contract.example import KEY, NOTHING, Example, called, described
from airflow_provider_faceswap.testing.contract.network import Network, meaning_of

_LOCAL = ("/etc/passwd", "file:///etc/passwd", "ftp://example.com/a.jpg", "")


def submission_faults(tested: Vendor, example: Example) -> Iterator[str]:
    """
    Find what is wrong with an operation.

    :param tested: the vendor.
    :param example: of the operation.
    """
    name, request_class = example.operation, tested.operations[example.operation]
    try:
        request = request_class.checked(example.fields)
    except InputError as error:
        yield f"{name}: the fields of its Example are refused: {error}"
        return
    for fault in (
        *_input_faults(request_class, example),
        *_sending_faults(tested, request),
        *_reply_faults(tested, request, example),
    ):
        yield f"{name}: {fault}"


def _input_faults(request_class: type[Submission], example: Example) -> Iterator[str]:
    for slot in slots(request_class):
        if len(slot.path) > 1 or not isinstance(example.fields.get(slot.field), str):
            continue
        for value in _LOCAL if slot.media.url else ("",):
            try:
                request_class.checked({**example.fields, slot.field: value})
            except InputError as error:
                if error.field != slot.field:
                    yield f"with {slot.field}={value!r} the error names {error.field!r}"
            else:
                if value or request_class.model_fields[slot.field].is_required():
                    yield f"{slot.field} takes {value!r}, which no vendor can fetch; use MediaUrl"


def _sending_faults(tested: Vendor, request: Submission) -> Iterator[str]:
    network = Network(tested)
    outcome = network.outcome(request, Reply(200, {}, b"{}"))
    if not network.sent:
        yield f"nothing is sent: {outcome}"
        return
    (sent,) = network.sent
    if KEY in str(sent.url):
        yield "the API key stands in the URL, which servers and proxies log"
    if KEY not in str(sent.headers.multi_items()) and KEY.encode() not in sent.content:
        yield "the API key is not sent; see authorize() of the hook"
    if KEY in json.dumps(request.body(), default=str):
        yield "body() holds the API key; only authorize() of the hook adds it"
    texts = [value for value in dict(request).values() if isinstance(value, str) and "://" in value]
    if any(text in repr(request) for text in texts):
        yield "its repr shows URLs, which may be signed; keep __repr_args__ of Request"
    for error, wanted in ((httpx.ConnectError("x"), NotSentError), (httpx.ReadError("x"), InDoubtError)):
        found = network.outcome(request, error)
        if type(found) is not wanted:
            yield f"after {type(error).__name__} it must raise {wanted.__name__}, not {_said(found)}"


def _reply_faults(tested: Vendor, request: Submission, example: Example) -> Iterator[str]:
    network = Network(tested)
    for reply, meaning in example.replies:
        found = network.outcome(request, reply)
        if meaning_of(found) is not meaning:
            yield f"{described(reply)} must mean {called(meaning)}, not {_said(found)}"
    taken = [reply for reply, meaning in example.replies if isinstance(meaning, JobState)]
    if not taken:
        yield "its Example has no reply of a job that is taken"
    if len(taken) == len(example.replies):
        yield "its Example has no reply of a job that is refused"
    for reply in NOTHING:
        found = network.outcome(request, reply)
        if type(found) is not InDoubtError:
            yield f"{described(reply)} proves nothing and must be in doubt, not {_said(found)}"
    for reply in (part for whole in taken for part in _parts(whole)):
        found = network.outcome(request, reply)
        if not isinstance(found, (Job, InDoubtError)):
            yield f"{described(reply)} is left of a taken job's and must be in doubt, not {_said(found)}"


def _parts(whole: Reply) -> Iterator[Reply]:
    """Return what may be left of the reply of a job that was taken."""
    for end in range(0, len(whole.body), max(1, len(whole.body) // 8)):
        yield replace(whole, body=whole.body[:end])
    yield replace(whole, status=500)
    data = whole.json() or {}
    values: tuple[object, ...] = (None, "", "../../x", ["x"], {}, "x" * 300)
    for name, value in product(data, values):
        yield replace(whole, body=json.dumps({**data, name: value}).encode())


def _said(outcome: Job | FaceSwapError) -> str:
    return f"{called(meaning_of(outcome))} ({outcome})" if isinstance(outcome, FaceSwapError) else "a Job"
