"""
aifaceswap.io: every answer comes by callback, except the two extractions, which answer at once.

The price of each operation is documented, and reported with each answer as ``points``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationInfo,
    field_validator,
)

from airflow_provider_faceswap.apis import VENDORS
from airflow_provider_faceswap.apis.aifaceswap_callback import read_callback
from airflow_provider_faceswap.apis.aifaceswap_reading import ACCEPTED, read_boxes, read_code, refuse
from airflow_provider_faceswap.apis.contract import Vendor
from airflow_provider_faceswap.apis.fields import MediaUrl, Text, as_number, check_base64, check_content
from airflow_provider_faceswap.apis.job import Cost, Job, JobState
from airflow_provider_faceswap.apis.kind import Kind
from airflow_provider_faceswap.apis.media import Media
from airflow_provider_faceswap.apis.reading import read_id, read_seconds
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.apis.request import Submission
from airflow_provider_faceswap.exceptions import InDoubtError

BASE = "/api/aifaceswap/v1"
MAX_FACES = 3
Base64 = Annotated[Text, AfterValidator(check_base64)]


_URL: TypeAdapter[str] = TypeAdapter(MediaUrl, config=ConfigDict(str_strip_whitespace=True))


def _file_or_url(value: Any) -> Any:
    if not isinstance(value, bytes) or not value:
        return _URL.validate_python(value)
    check_content(value)
    return value


Picture = Annotated[bytes | str, BeforeValidator(_file_or_url)]
"""A URL, or a file's content."""


class AIFaceSwapSubmission(Submission):
    """What all six operations share."""

    docs: ClassVar[str] = "https://aifaceswap.io/api-doc"

    def path(self, route: Mapping[str, str]) -> str:
        """Return ``/api/aifaceswap/v1/{operation}``."""
        return f"{BASE}/{self.operation}"

    def body(self) -> dict[str, Any]:
        """Return the documented fields, without those that are sent as files."""
        return self.model_dump(exclude=set(self.files()))

    def files(self) -> dict[str, bytes]:
        """Return the fields that hold a file's content."""
        return {name: value for name, value in self if isinstance(value, bytes)}

    def read(self, reply: Reply) -> Job:
        """
        Read the answer to a submission.

        :raises RefusedForNowError: too many requests.
        :raises RefusedError: any other refusal in the vendor's own format.
        :raises AuthenticationError: the vendor refused the key.
        :raises InDoubtError: for everything that says neither "taken" nor "not taken".
        """
        envelope = reply.json()
        code = read_code(envelope)
        if envelope is None or code is None:
            raise InDoubtError(f"the job may be taken: this is not an answer of aifaceswap.io: {reply}")
        data = envelope["data"] if isinstance(envelope.get("data"), dict) else {}
        if code in ACCEPTED and reply.status < 300:
            points = read_seconds(data.get("points"))
            job = self.taken(data, None if points is None else Cost(amount=points))
            if job is not None:
                return job
        if code not in ACCEPTED and code < 500 and reply.may_refuse and not data.get("task_id"):
            refuse(reply, code, envelope)
        raise InDoubtError(
            f"the job may be taken: aifaceswap.io sent neither a result nor a refusal: {reply}"
        )

    def taken(self, data: dict[str, Any], cost: Cost | None) -> Job | None:
        """Return the job that the answer names, if it names one."""
        job_id = read_id(data.get("task_id"))
        return None if job_id is None else Job(job_id=job_id, state=JobState.PROCESSING, cost=cost)


class _CallbackSubmission(AIFaceSwapSubmission):
    webhook_is_ours: ClassVar[bool] = True

    webhook: str = Field("", repr=False)


class FaceSwap(_CallbackSubmission):
    """
    Swap the face of a picture (``faceswap``).

    :param source_image: the picture to edit, as URL or a file's content.
    :param face_image: a picture of the new face, as URL or a file's content.
    """

    operation: ClassVar[str] = "faceswap"
    kind: ClassVar[Kind] = "image"

    source_image: Annotated[Picture, Media("image", "target", content="file")]
    face_image: Annotated[Picture, Media("image", "face", content="file")]

    def price(self) -> Cost:
        """2 credits."""
        return Cost(amount=2)


class MultiFaceSwap(_CallbackSubmission):
    """
    Swap several faces of a picture (``multi_faceswap``).

    :param source_image: URL of the picture to edit.
    :param face_image: URLs of pictures of the new faces.
    :param index: for each of them, which face of the picture it replaces, as ``extract_face`` counts them.
    """

    operation: ClassVar[str] = "multi_faceswap"
    kind: ClassVar[Kind] = "image"

    source_image: Annotated[MediaUrl, Media("image", "target")]
    face_image: list[Annotated[MediaUrl, Media("image", "face")]] = Field(min_length=1)
    index: list[Annotated[int, Field(ge=0)]]

    @field_validator("index")
    @classmethod
    def _one_each(cls, value: list[int], info: ValidationInfo) -> list[int]:
        faces = info.data.get("face_image", value)
        if len(value) != len(faces):
            raise ValueError(f"needs one number for each face_image; there are {len(value)} for {len(faces)}")
        return value

    def price(self) -> Cost:
        """5 credits."""
        return Cost(amount=5)


class _Video(_CallbackSubmission):
    kind: ClassVar[Kind] = "video"
    clip_length: ClassVar[str] = "duration"

    source_video: Annotated[MediaUrl, Media("video", "target")]
    duration: float = Field(gt=0, le=24 * 3600)
    enhance: Annotated[Literal[0, 1, 2], BeforeValidator(as_number)] = 0

    @property
    def billed_seconds(self) -> int:
        # The documents do not say how parts of a second count: upwards, so that max_cost is not passed.
        return math.ceil(self.duration)


class VideoFaceSwap(_Video):
    """
    Swap the face of a clip (``video_faceswap``).

    :param source_video: URL of the clip to edit.
    :param face_image: URL of a picture of the new face.
    :param duration: the clip's length in seconds; the vendor bills by it.
    :param enhance: 0 none, 1 up to 1080p, 2 up to 2k.
    """

    operation: ClassVar[str] = "video_faceswap"

    face_image: Annotated[MediaUrl, Media("image", "face")]

    def price(self) -> Cost:
        """2, 4 or 6 credits a second."""
        return Cost(amount=2 * (1 + self.enhance) * self.billed_seconds)


class Reference(BaseModel):
    """
    One face to replace.

    :param face_ref: a crop of the face in the clip, as base64 text.
    :param face_url: URL of a picture of the new face.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    face_ref: Annotated[Base64, Media("image", "reference", url=False, content="base64")]
    face_url: Annotated[MediaUrl, Media("image", "face")]


class MultiVideoFaceSwap(_Video):
    """
    Swap up to three faces of a clip (``multi_video_faceswap``).

    :param source_video: URL of the clip to edit.
    :param ref_info: the faces to replace.
    :param duration: the clip's length in seconds; the vendor bills by it.
    :param enhance: 0 none, 1 up to 1080p, 2 up to 2k.
    """

    operation: ClassVar[str] = "multi_video_faceswap"

    ref_info: list[Reference] = Field(min_length=1, max_length=MAX_FACES)

    def price(self) -> Cost:
        """Two credits a second for each face, for the clip, and for each step of ``enhance``."""
        return Cost(amount=2 * (len(self.ref_info) + 1 + self.enhance) * self.billed_seconds)


class _Extraction(AIFaceSwapSubmission):
    kind: ClassVar[Kind] = "any"
    boxes: ClassVar[str]

    def taken(self, data: dict[str, Any], cost: Cost | None) -> Job | None:
        """Return the boxes, which come with the answer."""
        faces = read_boxes(data.get(self.boxes))
        return None if faces is None else Job(job_id="", state=JobState.SUCCESS, faces=faces, cost=cost)

    def price(self) -> Cost:
        """2 credits."""
        return Cost(amount=2)


class ExtractFace(_Extraction):
    """
    Find the faces of a picture (``extract_face``).

    :param img: the picture, as URL or a file's content.
    """

    operation: ClassVar[str] = "extract_face"
    boxes: ClassVar[str] = "faces"

    img: Annotated[Picture, Media("image", content="file")]


class ExtractBase64Face(_Extraction):
    """
    Find the faces of a frame of a clip (``extract_base64_face``).

    :param base64_img: the frame, as base64 text.
    """

    operation: ClassVar[str] = "extract_base64_face"
    boxes: ClassVar[str] = "pos"

    base64_img: Annotated[Base64, Media("image", url=False, content="base64")]


VENDOR = Vendor(
    name="aifaceswap",
    title=VENDORS["aifaceswap"],
    hook="airflow_provider_faceswap.hooks.aifaceswap.AIFaceSwapHook",
    operations={
        request.operation: request
        for request in (
            FaceSwap,
            MultiFaceSwap,
            VideoFaceSwap,
            MultiVideoFaceSwap,
            ExtractFace,
            ExtractBase64Face,
        )
    },
    read_callback=read_callback,
)
