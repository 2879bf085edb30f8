"""
Segmind's *Faceswap V2*: v1 answers at once with the picture, v2 is queued and polled.

The documents have v1 alone; v2, the headers and the odd replies come from the vendor's other pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, NoReturn

from pydantic import AfterValidator, BeforeValidator

from airflow_provider_faceswap.apis import VENDORS
from airflow_provider_faceswap.apis.contract import Vendor
from airflow_provider_faceswap.apis.fields import Text, check_picture
from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.kind import Kind
from airflow_provider_faceswap.apis.media import Media
from airflow_provider_faceswap.apis.reading import read_id, read_seconds
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.apis.request import Poll, Request, Submission
from airflow_provider_faceswap.apis.segmind_reading import (
    decoded,
    finished,
    is_picture,
    job_of,
    names_a_request,
    wait_of,
)
from airflow_provider_faceswap.exceptions import (
    AuthenticationError,
    FaceSwapError,
    InDoubtError,
    PollError,
    RefusedForNowError,
)

MAX_PICTURE = 64 * 1024 * 1024
"""Bytes of a reply that holds a picture."""
DEFAULT_PATH = "/v1/models/faceswap-v2"
_QUEUE_PAGE = "https://docs.segmind.com/docs/serverless-api/async-inference"


def _indices(value: Any) -> str:
    parts = [part.strip() for part in str(value).split(",")]
    if isinstance(value, bool) or not all(part.isascii() and part.isdecimal() for part in parts):
        raise ValueError("must be face numbers such as '0' or '0,2'")
    return ",".join(parts)


Picture = Annotated[Text, AfterValidator(check_picture)]
Indices = Annotated[str, BeforeValidator(_indices)]
Restorer = Literal["codeformer-v0.1.0.pth", "GFPGANv1.4.pth", "GFPGANv1.3.pth"]


class _Faceswap(Submission):
    operation: ClassVar[str] = "faceswap-v2"
    kind: ClassVar[Kind] = "image"

    source_img: Annotated[Picture, Media("image", "face", content="base64")]
    target_img: Annotated[Picture, Media("image", "target", content="base64")]
    input_faces_index: Indices = "0"
    source_faces_index: Indices = "0"
    face_restore: Restorer = "codeformer-v0.1.0.pth"
    base64: bool = False

    def body(self) -> dict[str, Any]:
        """Return the documented fields."""
        return self.model_dump()


class FaceswapNow(_Faceswap):
    """
    Swap faces of a picture and answer with it (v1).

    :param source_img: a picture of the new face, as URL or base64 text.
    :param target_img: the picture to edit, as URL or base64 text.
    :param input_faces_index: which faces are replaced, from large to small.
    :param source_faces_index: which faces of ``source_img`` are used.
    :param face_restore: the model that restores the face.
    :param base64: have the answer as base64 JSON instead of the picture's bytes.
    """

    docs: ClassVar[str] = "https://www.segmind.com/models/faceswap-v2"
    max_reply: ClassVar[int] = MAX_PICTURE
    answers_at_once: ClassVar[bool] = True
    variant: ClassVar[Mapping[str, str]] = {"api_version": "v1"}

    def path(self, route: Mapping[str, str]) -> str:
        """Return the connection's path."""
        return route["path"]

    def read(self, reply: Reply) -> Job:
        """
        Read the picture, or why there is none.

        :raises RefusedError: in the vendor's own format.
        :raises InDoubtError: for anything else that is not a picture.
        """
        if reply.status == 200 and is_picture(reply.body):
            return finished(reply, reply.body, read_seconds(reply.headers.get("x-generation-time")))
        data = reply.json()
        if reply.status == 200 and data and not data.get("error"):
            picture = decoded(data.get("image"))
            if picture is not None:
                return finished(reply, picture, read_seconds(data.get("infer_time")))
        if data and data.get("error") and reply.may_refuse:
            _refuse(reply, data["error"])
        raise InDoubtError(
            f"the job may be taken: Segmind sent neither a picture nor a refusal: {reply}{_hint(reply)}"
        )


class FaceswapQueued(_Faceswap):
    """Swap faces of a picture, queued (v2); the fields are those of v1."""

    docs: ClassVar[str] = _QUEUE_PAGE
    max_wait: ClassVar[float] = 3500.0
    refuses_with_5xx: ClassVar[bool] = True
    variant: ClassVar[Mapping[str, str]] = {"api_version": "v2"}

    def path(self, route: Mapping[str, str]) -> str:
        """Return the path of the queue."""
        return "/v2/faceswap-v2"

    def read(self, reply: Reply) -> Job:
        """
        Read the request's id.

        :raises RefusedForNowError: rate limit, or a server error in Segmind's own format that names no
            request: these are not taken.
        :raises RefusedError: any other refusal in the vendor's own format.
        :raises InDoubtError: for anything else.
        """
        data = reply.json() or {}
        job_id = read_id(data.get("request_id"))
        if job_id:
            return job_of(job_id, reply, data)
        if data.get("error") and reply.may_refuse:
            _refuse(reply, data["error"])
        if data.get("error") and reply.status >= 500 and not names_a_request(reply, data):
            raise RefusedForNowError(f"Segmind refused for now: {reply}", wait_of(reply))
        raise InDoubtError(f"the job may be taken: Segmind named neither a request id nor a refusal: {reply}")


class QueuedRequest(Poll):
    """Ask how a queued request stands (v2)."""

    max_reply: ClassVar[int] = MAX_PICTURE
    operation: ClassVar[str] = "requests"
    docs: ClassVar[str] = _QUEUE_PAGE
    method: ClassVar[Literal["GET", "POST"]] = "GET"

    def path(self, route: Mapping[str, str]) -> str:
        """Return ``/v2/requests/{id}``."""
        return f"/v2/requests/{self.job_id}"

    def unread(self, status: int) -> Job | None:
        """Return a finished request: only a picture within the answer makes it this large."""
        return Job(job_id=self.job_id, state=JobState.SUCCESS) if status == 200 else None

    def read(self, reply: Reply) -> Job:
        """
        Read how the request stands; FAILED comes as HTTP 422 and is still a verdict.

        :raises PollError: if the reply does not say how the request stands.
        :raises AuthenticationError: if the vendor refused the key.
        """
        data = reply.json()
        if data is not None and isinstance(data.get("status"), str):
            return job_of(self.job_id, reply, data)
        said = reply.one_line((data or {}).get("error"))
        if reply.status in (401, 403) and data is not None:
            raise AuthenticationError(f"Segmind refused the API key: {said or reply}")
        if reply.status == 404 and data is not None:
            gone = said or "Segmind keeps a request for about an hour"
            return Job(job_id=self.job_id, state=JobState.UNKNOWN, message=gone)
        raise PollError(f"Segmind did not say how the request stands: {reply}", wait_of(reply))


class Credits(Request):
    """Ask for the account's credits: free, and a test of the key."""

    operation: ClassVar[str] = "get-user-credits"
    docs: ClassVar[str] = "https://docs.segmind.com/api-reference/account-and-billing-apis"
    billed: ClassVar[bool] = False
    method: ClassVar[Literal["GET", "POST"]] = "GET"

    def path(self, route: Mapping[str, str]) -> str:
        """Return ``/v1/get-user-credits``."""
        return "/v1/get-user-credits"

    def read(self, reply: Reply) -> Job:
        """
        Read the credits that are left, into the job's ``meta``.

        :raises AuthenticationError: if the vendor refused the key.
        :raises PollError: for anything else.
        """
        data = reply.json()
        if data is None:
            raise PollError(f"this is not an answer of Segmind: {reply}", wait_of(reply))
        if reply.status in (401, 403):
            raise AuthenticationError(f"Segmind refused the API key: {reply}")
        if reply.status != 200:
            raise PollError(f"Segmind did not say which credits are left: {reply}", wait_of(reply))
        known = [read_seconds(data.get(name)) for name in ("credits", "free-credits")]
        left = [credits for credits in known if credits is not None]
        return Job(job_id="", state=JobState.SUCCESS, meta={"remaining_credits": sum(left)} if left else {})

    def broken_off(self, reason: str, *, sent: bool) -> FaceSwapError:
        """Return PollError: the question may always be repeated."""
        return PollError(reason)


def _refuse(reply: Reply, error: object) -> NoReturn:
    said = reply.one_line(error)
    if reply.status == 401:
        raise AuthenticationError(f"Segmind refused the API key: {said}")
    if reply.status == 429:
        raise RefusedForNowError(f"Segmind refused for now: {said}", wait_of(reply))
    credits = " (HTTP 406: no credits left, or a value that it rejects)" if reply.status == 406 else ""
    raise reply.refused("Segmind refused the job", error, f"{credits}{_hint(reply)}")


def _hint(reply: Reply) -> str:
    if reply.status not in (404, 405):
        return ""
    return (
        "; the connection's extra 'path' may be wrong: /v1/models/faceswap-v2 and /v1/faceswap-v2 "
        "are both in use"
    )


VENDOR = Vendor(
    name="segmind",
    title=VENDORS["segmind"],
    hook="airflow_provider_faceswap.hooks.segmind.SegmindHook",
    operations={"faceswap-v2": FaceswapNow, "v2/faceswap-v2": FaceswapQueued},
    poll=QueuedRequest,
)
