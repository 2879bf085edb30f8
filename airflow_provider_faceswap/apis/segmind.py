"""
Segmind's *Faceswap V2*: v1 answers at once with the picture, v2 is queued and polled.

The documents have v1 alone; v2, the headers and the odd replies come from the vendor's other pages.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, NoReturn

from pydantic import AfterValidator, BeforeValidator

from airflow_provider_faceswap.apis.base import Call, Cost, Job, JobState, Look, Reply, Submission, Vendor
from airflow_provider_faceswap.apis.fields import Text, check_picture
from airflow_provider_faceswap.apis.reading import (
    read_id,
    read_meta,
    read_retry_after,
    read_seconds,
    read_urls,
)
from airflow_provider_faceswap.exceptions import (
    AuthenticationError,
    FaceSwapError,
    InDoubtError,
    LookError,
    RefusedError,
    RefusedForNowError,
)

DEFAULT_PATH = "/v1/models/faceswap-v2"
_RUNNING = ("queued", "processing")


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
    kind: ClassVar[Literal["image", "video", "any"]] = "image"

    source_img: Picture
    target_img: Picture
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
    :param base64: have the answer as base64 JSON in place of the picture's bytes.
    """

    largest_reply: ClassVar[int] = 64 * 1024 * 1024

    def path(self, route: Mapping[str, str]) -> str:
        """Return the connection's path."""
        return route["path"]

    def read(self, reply: Reply) -> Job:
        """
        Read the picture, or why there is none.

        :raises RefusedError: in the vendor's own format.
        :raises InDoubtError: for anything else that is no picture.
        """
        if reply.status == 200 and _is_picture(reply.body):
            return _finished(reply, reply.body, read_seconds(reply.headers.get("x-generation-time")))
        data = reply.json()
        if reply.status == 200 and data and not data.get("error"):
            picture = _decoded(data.get("image"))
            if picture is not None:
                return _finished(reply, picture, read_seconds(data.get("infer_time")))
        if data and data.get("error") and (reply.status == 200 or 400 <= reply.status < 500):
            _refuse(reply, data["error"])
        raise InDoubtError(f"{reply}; this is neither a picture nor a refusal of Segmind{_hint(reply)}")


class FaceswapQueued(_Faceswap):
    """Swap faces of a picture, queued (v2); the fields are those of v1."""

    longest_wait: ClassVar[float] = 3500.0

    def path(self, route: Mapping[str, str]) -> str:
        """Return the path of the queue."""
        return "/v2/faceswap-v2"

    def read(self, reply: Reply) -> Job:
        """
        Read the request's id.

        :raises RefusedForNowError: rate limit, or a server error: these are not taken.
        :raises RefusedError: any other refusal in the vendor's own format.
        :raises InDoubtError: for anything else.
        """
        data = reply.json() or {}
        job_id = read_id(data.get("request_id"))
        if job_id and reply.status < 500:
            return _job(job_id, reply, data)
        if reply.status >= 500:
            raise RefusedForNowError(f"{reply}; Segmind takes nothing when it answers so")
        if data.get("error") and (reply.status == 200 or 400 <= reply.status < 500):
            _refuse(reply, data["error"])
        raise InDoubtError(f"{reply}; neither a request id nor a refusal: the job may be taken")


class Request(Look):
    """Look at a queued request (v2)."""

    operation: ClassVar[str] = "requests"
    method: ClassVar[Literal["GET", "POST"]] = "GET"

    def path(self, route: Mapping[str, str]) -> str:
        """Return ``/v2/requests/{id}``."""
        return f"/v2/requests/{self.job_id}"

    def read(self, reply: Reply) -> Job:
        """
        Read how the request stands; FAILED comes as HTTP 422 and is a verdict all the same.

        :raises LookError: if the reply tells nothing of the request.
        :raises AuthenticationError: if the vendor refused the key.
        """
        data = reply.json()
        if data is not None and isinstance(data.get("status"), str):
            return _job(self.job_id, reply, data)
        said = reply.words((data or {}).get("error"))
        if reply.status in (401, 403):
            raise AuthenticationError(f"Segmind refused the API key: {said or reply}")
        if reply.status == 404 and data is not None:
            gone = said or "Segmind keeps a request for about an hour"
            return Job(job_id=self.job_id, state=JobState.UNKNOWN, message=gone)
        raise LookError(f"Segmind did not tell: {reply}", _wait(reply))


class Credits(Call):
    """Ask for the account's credits: free, and a test of the key."""

    operation: ClassVar[str] = "get-user-credits"
    billed: ClassVar[bool] = False
    method: ClassVar[Literal["GET", "POST"]] = "GET"

    def path(self, route: Mapping[str, str]) -> str:
        """Return ``/v1/get-user-credits``."""
        return "/v1/get-user-credits"

    def read(self, reply: Reply) -> Job:
        """
        Read the credits, as the job's message.

        :raises AuthenticationError: if the vendor refused the key.
        :raises LookError: for anything else.
        """
        if reply.status in (401, 403):
            raise AuthenticationError(f"Segmind refused the API key: {reply}")
        data = reply.json()
        if reply.status != 200 or data is None:
            raise LookError(f"Segmind did not tell: {reply}", _wait(reply))
        return Job(job_id="", state=JobState.SUCCESS, message=reply.words(data))

    def broken_off(self, reason: str, *, sent: bool) -> FaceSwapError:
        """The question may always be repeated."""
        return LookError(reason)


def _is_picture(body: bytes) -> bool:
    return body.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8")) or body[8:12] == b"WEBP"


def _decoded(value: object) -> bytes | None:
    if not isinstance(value, str):
        return None
    text = value.split(",", 1)[1] if value.startswith("data:") and "," in value else value
    try:
        picture = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return picture if _is_picture(picture) else None


def _finished(reply: Reply, picture: bytes, seconds: float | None) -> Job:
    return Job(
        job_id=read_id(reply.headers.get("x-request-id")) or "",
        state=JobState.SUCCESS,
        content=picture,
        seconds=seconds,
        cost=_cost(reply),
        meta=_meta(reply),
    )


def _job(job_id: str, reply: Reply, data: dict[str, Any]) -> Job:
    status = str(data.get("status")).strip().lower()
    images = data.get("images")
    urls = (
        [item.get("url") for item in images if isinstance(item, dict)] if isinstance(images, list) else None
    )
    output = read_urls(data.get("output"), urls)
    state = JobState.UNCLEAR
    if status in _RUNNING:
        state = JobState.PROCESSING
    elif status == "failed":
        state = JobState.FAILED
    elif status == "completed" and output:
        state = JobState.SUCCESS
    said = next((data[name] for name in ("error", "message", "detail") if data.get(name)), None)
    return Job(
        job_id=job_id,
        state=state,
        output=output if state is JobState.SUCCESS else (),
        message=reply.words(said),
        seconds=read_seconds(data.get("infer_time")),
        cost=_cost(reply),
        meta={**read_meta(data, reply.hide), **_meta(reply)},
        poll_url=next(iter(read_urls(data.get("response_url"))), None),
    )


def _cost(reply: Reply) -> Cost | None:
    amount = read_seconds(reply.headers.get("x-cost"))
    return None if amount is None else Cost(amount=amount)


def _meta(reply: Reply) -> dict[str, str | int | float | bool]:
    left = read_seconds(reply.headers.get("x-remaining-credits"))
    return {} if left is None else {"remaining_credits": left}


def _wait(reply: Reply) -> float | None:
    """Return the seconds to wait: Segmind gives a moment, and no Retry-After."""
    moment, sent = reply.headers.get("x-rate-limit-reset-at-utc"), reply.headers.get("date")
    if moment is None:
        return read_retry_after(reply.headers)
    try:
        until = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    except ValueError:
        return read_retry_after({"retry-after": moment, "date": sent or ""})
    stamp = f"{until:%a, %d %b %Y %H:%M:%S} GMT"
    return read_retry_after({"retry-after": stamp, "date": sent or ""})


def _refuse(reply: Reply, error: object) -> NoReturn:
    said = reply.words(error)
    if reply.status == 401:
        raise AuthenticationError(f"Segmind refused the API key: {said}")
    if reply.status == 429:
        raise RefusedForNowError(f"Segmind refused for now: {said}", _wait(reply))
    credits = " (HTTP 406: no credits left, or a value that it rejects)" if reply.status == 406 else ""
    raise RefusedError(f"Segmind refused the job: {said}{credits}{_hint(reply)}")


def _hint(reply: Reply) -> str:
    if reply.status not in (404, 405):
        return ""
    return (
        "; the connection's extra 'path' may be wrong: /v1/models/faceswap-v2 and /v1/faceswap-v2 "
        "are both in use"
    )


VENDOR = Vendor(
    name="segmind",
    operations={"faceswap-v2": FaceswapNow, "v2/faceswap-v2": FaceswapQueued},
    look=Request,
)
