"""
ModelsLab: every operation is a POST that is answered at once or queued, then polled by id.

The pages it is read from are the *Deepfake API* (namespace ``deepfake``) and the *Face Swap API*
(namespace ``faceswap``); the operations are the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import ValidationInfo, field_validator

from airflow_provider_faceswap.apis import VENDORS
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
from airflow_provider_faceswap.apis.job import Job
from airflow_provider_faceswap.apis.kind import Kind
from airflow_provider_faceswap.apis.media import Media, Part
from airflow_provider_faceswap.apis.modelslab_callback import read_callback
from airflow_provider_faceswap.apis.modelslab_reading import Answer
from airflow_provider_faceswap.apis.reading import read_retry_after
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.apis.request import Poll, Submission
from airflow_provider_faceswap.exceptions import InDoubtError, PollError

NAMESPACES = ("faceswap", "deepfake")

_PAGES = "https://docs.modelslab.com/faceswap-api"
# Another path could do something else with the account: it may come from an edited journal's entry.
_POLL_PATH = re.compile(r"(?:/[A-Za-z0-9_-]{1,64}){0,6}/fetch/([A-Za-z0-9_-]{1,128})\Z")


class ModelsLabSubmission(Submission):
    """
    The fields that all four operations share.

    :param watermark: whether the result carries the vendor's watermark.
    :param webhook: a URL of the user's own that the vendor calls when the job is done.
    :param track_id: passed on to that webhook; a whole number in the documents.
    """

    beside: ClassVar[tuple[str, ...]] = ("webhook", "track_id")

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
            raise InDoubtError(f"the job may be taken: this is not an answer of ModelsLab: {reply}")
        answer = Answer(reply, data)
        if answer.job_id and answer.status:
            return answer.job(answer.job_id)
        if answer.bad and answer.message and reply.may_refuse:
            answer.refuse()
        if answer.done:
            return answer.job("")
        raise InDoubtError(f"the job may be taken: ModelsLab named neither a job id nor a refusal: {reply}")


def _picture(part: Part) -> Media:
    return Media("image", part, content="base64", only_with="base64")


class _ImageSwap(ModelsLabSubmission):
    kind: ClassVar[Kind] = "image"

    base64: bool = False

    def body(self) -> dict[str, Any]:
        """Return the documented fields; ``base64`` only when set, as not every page has it."""
        return self.model_dump(exclude=None if self.base64 else {"base64"})

    @field_validator("init_image", "target_image", "reference_image", check_fields=False)
    @classmethod
    def _content_or_url(cls, value: str, info: ValidationInfo) -> str:
        return check_base64(value) if info.data.get("base64") else check_url(value)


class SpecificFaceSwap(_ImageSwap):
    """
    Swap one face of a picture (*Specific Face Swap*).

    :param init_image: the picture to edit.
    :param target_image: a picture of the new face.
    :param reference_image: a crop of the face in ``init_image`` that is replaced.
    """

    operation: ClassVar[str] = "single_face_swap"
    docs: ClassVar[str] = f"{_PAGES}/specific-face-swap"

    init_image: Annotated[Text, _picture("target")]
    target_image: Annotated[Text, _picture("face")]
    reference_image: Annotated[Text, _picture("reference")]


class MultipleFaceSwap(_ImageSwap):
    """
    Swap all faces of a picture (*Multiple Face Swap*).

    :param init_image: the picture to edit.
    :param target_image: a picture of the new face.
    """

    operation: ClassVar[str] = "multiple_face_swap"
    docs: ClassVar[str] = f"{_PAGES}/multiple-face-swap"

    init_image: Annotated[Text, _picture("target")]
    target_image: Annotated[Text, _picture("face")]


class SingleVideoSwap(ModelsLabSubmission):
    """
    Swap all faces of a clip (*Single Video Swap*).

    :param init_image: a picture of the new face.
    :param init_video: the clip to edit, under one minute.
    :param output_format: file format of the result.
    """

    operation: ClassVar[str] = "single_video_swap"
    docs: ClassVar[str] = f"{_PAGES}/single-video-swap"
    kind: ClassVar[Kind] = "video"
    max_clip_seconds: ClassVar[float] = 60.0

    init_image: Annotated[MediaUrl, Media("image", "face")]
    init_video: Annotated[MediaUrl, Media("video", "target")]
    output_format: VideoFormat = "mp4"


class SpecificVideoSwap(SingleVideoSwap):
    """
    Swap one face of a clip (*Specific Video Swap*).

    :param reference_image: a picture of the face in the clip that is replaced.
    """

    operation: ClassVar[str] = "specific_video_swap"
    docs: ClassVar[str] = f"{_PAGES}/specific-video-swap"

    reference_image: Annotated[MediaUrl, Media("image", "reference")]


class Fetch(Poll):
    """
    Ask how a job stands (*Fetch Queued Request*).

    ``route`` may hold ``namespace``, where the job was submitted under another one than the
    connection's, or ``path``, which a queued reply named.
    """

    operation: ClassVar[str] = "fetch"
    docs: ClassVar[str] = f"{_PAGES}/fetch"

    def path(self, route: Mapping[str, str]) -> str:
        """Return ``/api/v6/{namespace}/fetch/{id}``, or the path that the vendor named."""
        named = self.route.get("path", "")
        found = _POLL_PATH.match(named)
        if found and found[1] == self.job_id:
            return named
        own = self.route.get("namespace")
        namespace = own if own in NAMESPACES else route["namespace"]
        return f"/api/v6/{namespace}/{self.operation}/{self.job_id}"

    def read(self, reply: Reply) -> Job:
        """
        Read how the job stands.

        :raises PollError: if the reply does not say how the job stands.
        :raises AuthenticationError: if the vendor refused the key.
        """
        data = reply.json()
        if data is None:
            raise PollError(f"this is not an answer of ModelsLab: {reply}", read_retry_after(reply.headers))
        answer = Answer(reply, data)
        if answer.bad or (answer.status is None and reply.status >= 400):
            answer.check_verdict()
        return answer.job(self.job_id)


VENDOR = Vendor(
    name="modelslab",
    title=VENDORS["modelslab"],
    hook="airflow_provider_faceswap.hooks.modelslab.ModelsLabHook",
    poll=Fetch,
    read_callback=read_callback,
    operations={
        request.operation: request
        for request in (SpecificFaceSwap, MultipleFaceSwap, SingleVideoSwap, SpecificVideoSwap)
    },
)
