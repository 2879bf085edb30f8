"""
ModelsLab: every operation is a POST that is answered at once or queued, then polled by id.

The pages it is read from are the *Deepfake API* (namespace ``deepfake``) and the *Face Swap API*
(namespace ``faceswap``); the operations are the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, NoReturn

from pydantic import ValidationInfo, field_validator

from airflow_provider_faceswap.apis.contract import Vendor
from airflow_provider_faceswap.apis.fields import (
    MediaUrl,
    OptionalUrl,
    Text,
    TrackId,
    VideoFormat,
    check_base64,
    check_url,
)
from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.reading import (
    read_id,
    read_meta,
    read_retry_after,
    read_seconds,
    read_urls,
)
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.apis.request import Poll, Submission
from airflow_provider_faceswap.exceptions import (
    AuthenticationError,
    InDoubtError,
    PollError,
    RefusedError,
    RefusedForNowError,
)

NAMESPACES = ("faceswap", "deepfake")

_ON_ITS_WAY = ("processing", "queued")
_BAD = ("error", "failed")
_LATER = re.compile(
    r"rate.?limit|too many (\w+ )?(requests|jobs|generations)|queue|concurren|requests? limit|slow down",
    re.IGNORECASE,
)
_CONGESTED = re.compile(r"try again", re.IGNORECASE)
_UNKNOWN_ID = re.compile(
    r"(request|job|id|generation)\b.*\bnot found|no such (request|job|id)", re.IGNORECASE
)
_WRONG_KEY = re.compile(r"api.?key|unauthori[sz]ed|unauthenticated", re.IGNORECASE)
_HINTS = {
    402: " (credits: top up the account)",
    404: " (no such endpoint: the connection's host must be the vendor's origin, without a path)",
}
_POLL_PATH = re.compile(r"(/[A-Za-z0-9_-]{1,64}){1,8}\Z")


class _Wire:
    """What submissions and looks read alike."""

    def __init__(self, reply: Reply, data: dict[str, Any]) -> None:
        self.http = reply.status
        self.redact = reply.redact
        self.header_wait = read_retry_after(reply.headers)
        self.data = data
        self.output = read_urls(data.get("output"), data.get("proxy_links"))
        status = data.get("status")
        if status is None and self.output:  # the Fetch Video page shows a finished reply without one
            status = "success"
        self.status = status.strip().lower() if isinstance(status, str) else None
        self.said = next((data[key] for key in ("message", "messege", "error") if data.get(key)), None)
        self.message = reply.one_line(self.said)

    @property
    def retry_after(self) -> float | None:
        stated = read_seconds(self.data.get("retry_after"))
        return self.header_wait if stated is None else stated

    @property
    def for_now(self) -> bool:
        return self.http == 429 or bool(_LATER.search(self.message))

    @property
    def wrong_key(self) -> bool:
        return self.http == 401 or bool(_WRONG_KEY.search(self.message))

    def job(self, job_id: str) -> Job:
        return Job(
            job_id=job_id,
            state=self._state(),
            output=self.output,
            message=self.message,
            eta=read_seconds(self.data.get("eta")),
            seconds=read_seconds(self.data.get("generationTime")),
            meta=read_meta(self.data.get("meta"), self.redact),
            poll_url=next(iter(read_urls(self.data.get("fetch_result"))), None),
        )

    def _state(self) -> JobState:
        if self.status == "success" and self.output:
            return JobState.SUCCESS
        if self.status in _ON_ITS_WAY:
            return JobState.PROCESSING
        if self.status in _BAD:
            if _UNKNOWN_ID.search(self.message):
                return JobState.UNKNOWN
            return JobState.CONGESTED if _CONGESTED.search(self.message) else JobState.FAILED
        return JobState.UNCLEAR


class ModelsLabSubmission(Submission):
    """
    The fields that all four operations share.

    :param watermark: whether the result carries the vendor's watermark.
    :param webhook: a URL of the user's own that the vendor calls when the job is done.
    :param track_id: passed on to that webhook; a whole number in the documents.
    """

    watermark: bool = True
    webhook: OptionalUrl = None
    track_id: TrackId = None

    def path(self, route: Mapping[str, str]) -> str:
        """Return ``/api/v6/{namespace}/{operation}``."""
        return f"/api/v6/{route['namespace']}/{self.operation}"

    def body(self) -> dict[str, Any]:
        """Return the documented fields."""
        return self.model_dump()

    def read(self, reply: Reply) -> Job:
        """
        Read the answer to a submission.

        :raises RefusedForNowError: rate limit or full queue.
        :raises RefusedError: any other refusal in the vendor's own format.
        :raises AuthenticationError: the vendor refused the key.
        :raises InDoubtError: for everything that says neither "taken" nor "not taken".
        """
        data = reply.json()
        if data is None:
            raise InDoubtError(f"{reply}; this is no answer of ModelsLab: the job may be taken")
        wire = _Wire(reply, data)
        job_id = read_id(data.get("id"))
        if job_id and wire.status:
            return wire.job(job_id)
        if wire.status in _BAD and wire.said and (wire.http == 200 or 400 <= wire.http < 500):
            _refuse(wire)
        if wire.status == "success" and wire.output:
            return wire.job("")
        raise InDoubtError(f"{reply}; neither a job id nor a refusal: the job may be taken")


def _refuse(wire: _Wire) -> NoReturn:
    if wire.http == 401 or (wire.wrong_key and not wire.for_now):
        raise AuthenticationError(f"ModelsLab refused the API key: {wire.message}")
    if wire.for_now or _CONGESTED.search(wire.message):
        raise RefusedForNowError(f"ModelsLab refused for now: {wire.message}", wire.retry_after)
    hint = _HINTS.get(wire.http, "")
    raise RefusedError(f"ModelsLab refused the job: {wire.message}{hint}")


class _ImageSwap(ModelsLabSubmission):
    kind: ClassVar[Literal["image", "video"]] = "image"

    base64: bool = False

    def body(self) -> dict[str, Any]:
        """Return the documented fields; ``base64`` only when set, as not every page has it."""
        return self.model_dump(exclude=None if self.base64 else {"base64"})

    @field_validator("init_image", "target_image", "reference_image", check_fields=False)
    @classmethod
    def _picture(cls, value: str, info: ValidationInfo) -> str:
        return check_base64(value) if info.data.get("base64") else check_url(value)


class SpecificFaceSwap(_ImageSwap):
    """
    Swap one face of a picture (*Specific Face Swap*).

    :param init_image: the picture to edit.
    :param target_image: a picture of the new face.
    :param reference_image: a crop of the face in ``init_image`` that is replaced.
    """

    operation: ClassVar[str] = "single_face_swap"

    init_image: Text
    target_image: Text
    reference_image: Text


class MultipleFaceSwap(_ImageSwap):
    """
    Swap all faces of a picture (*Multiple Face Swap*).

    :param init_image: the picture to edit.
    :param target_image: a picture of the new face.
    """

    operation: ClassVar[str] = "multiple_face_swap"

    init_image: Text
    target_image: Text


class SingleVideoSwap(ModelsLabSubmission):
    """
    Swap all faces of a clip (*Single Video Swap*).

    :param init_image: a picture of the new face.
    :param init_video: the clip to edit, under one minute.
    :param output_format: file format of the result.
    """

    operation: ClassVar[str] = "single_video_swap"
    kind: ClassVar[Literal["image", "video"]] = "video"

    init_image: MediaUrl
    init_video: MediaUrl
    output_format: VideoFormat = "mp4"


class SpecificVideoSwap(SingleVideoSwap):
    """
    Swap one face of a clip (*Specific Video Swap*).

    :param reference_image: a picture of the face in the clip that is replaced.
    """

    operation: ClassVar[str] = "specific_video_swap"

    reference_image: MediaUrl


class Fetch(Poll):
    """
    Poll at a job (*Fetch Queued Request*).

    ``route`` may hold ``namespace``, where the job was submitted under another one than the
    connection's, or ``path``, which a queued reply named.
    """

    operation: ClassVar[str] = "fetch"

    def path(self, route: Mapping[str, str]) -> str:
        """Return ``/api/v6/{namespace}/fetch/{id}``, or the path that the vendor named."""
        named = self.route.get("path", "")
        if _POLL_PATH.match(named) and named.endswith(f"/{self.job_id}"):
            return named
        namespace = self.route.get("namespace") or route["namespace"]
        return f"/api/v6/{namespace}/{self.operation}/{self.job_id}"

    def read(self, reply: Reply) -> Job:
        """
        Read how the job stands.

        :raises PollError: if the reply tells nothing of the job.
        :raises AuthenticationError: if the vendor refused the key.
        """
        data = reply.json()
        if data is None:
            raise PollError(f"{reply}; this is no answer of ModelsLab", read_retry_after(reply.headers))
        wire = _Wire(reply, data)
        if wire.status in _BAD:
            self._check_verdict(wire, reply)
        return wire.job(self.job_id)

    @staticmethod
    def _check_verdict(wire: _Wire, reply: Reply) -> None:
        if wire.wrong_key:
            raise AuthenticationError(f"ModelsLab refused the API key: {wire.message}")
        later = wire.for_now if wire.status == "error" else wire.http == 429
        if later or (wire.status == "error" and (wire.http in (402, 403) or wire.http >= 500)):
            raise PollError(f"ModelsLab did not tell: {wire.message or reply}", wire.retry_after)


VENDOR = Vendor(
    name="modelslab",
    poll=Fetch,
    operations={
        call.operation: call
        for call in (SpecificFaceSwap, MultipleFaceSwap, SingleVideoSwap, SpecificVideoSwap)
    },
)
