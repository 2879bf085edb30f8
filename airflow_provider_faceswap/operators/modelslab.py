"""ModelsLab's four swap operations (*Deepfake API*, *Face Swap API*)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow_provider_faceswap.operators.base import SwapOperator
from airflow_provider_faceswap.operators.called_back import CalledBackOperator

_COMMON = ("watermark", "webhook", "track_id")


class ModelsLabOperator(CalledBackOperator):
    """
    What ModelsLab's operations share.

    Media are given as http(s) URLs that ModelsLab can fetch, or as paths in object storage such as
    ``s3://conn_id@bucket/key``, for which a URL is signed at submission. With ``base64`` pictures are sent
    along: they are given as base64 text, or as paths in object storage or on local disk.

    :param conn_id: a connection of type ``modelslab``.
    :param watermark: whether the result carries the vendor's watermark.
    :param webhook: a URL of your own that the vendor calls when the job is done.
    :param track_id: passed on to that webhook.
    :param use_callback: let ModelsLab call this Airflow when the job is done: fewer polls, an earlier result,
        and lost answers to submissions settle themselves; see ``docs/callbacks.md``. Not together with
        ``webhook``.
    """

    provider = "modelslab"

    def __init__(
        self,
        *,
        conn_id: str = "modelslab_default",
        watermark: bool = True,
        webhook: str | None = None,
        track_id: int | str | None = None,
        use_callback: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, **kwargs)
        self.use_callback = use_callback
        self.watermark = watermark
        self.webhook = webhook
        self.track_id = track_id


class ModelsLabSpecificFaceSwapOperator(ModelsLabOperator):
    """
    Swap one face of a picture (*Specific Face Swap*, ``single_face_swap``).

    :param init_image: the picture to edit.
    :param target_image: a picture of the new face.
    :param reference_image: a crop of the face in ``init_image`` that is replaced.
    :param base64: send the three pictures along instead of URLs.
    """

    operation = "single_face_swap"
    inputs = (*_COMMON, "base64", "init_image", "target_image", "reference_image")
    template_fields: Sequence[str] = (*SwapOperator.template_fields, *inputs)

    def __init__(
        self, *, init_image: str, target_image: str, reference_image: str, base64: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.init_image = init_image
        self.target_image = target_image
        self.reference_image = reference_image
        self.base64 = base64


class ModelsLabMultipleFaceSwapOperator(ModelsLabOperator):
    """
    Swap all faces of a picture (*Multiple Face Swap*, ``multiple_face_swap``).

    :param init_image: the picture to edit.
    :param target_image: a picture of the new face.
    :param base64: send both pictures along instead of URLs.
    """

    operation = "multiple_face_swap"
    inputs = (*_COMMON, "base64", "init_image", "target_image")
    template_fields: Sequence[str] = (*SwapOperator.template_fields, *inputs)

    def __init__(self, *, init_image: str, target_image: str, base64: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.init_image = init_image
        self.target_image = target_image
        self.base64 = base64


class ModelsLabSingleVideoSwapOperator(ModelsLabOperator):
    """
    Swap all faces of a clip (*Single Video Swap*, ``single_video_swap``).

    :param init_image: a picture of the new face.
    :param init_video: the clip to edit; under one minute.
    :param output_format: file format of the result.
    """

    operation = "single_video_swap"
    inputs = (*_COMMON, "init_image", "init_video", "output_format")
    template_fields: Sequence[str] = (*SwapOperator.template_fields, *inputs)

    def __init__(
        self, *, init_image: str, init_video: str, output_format: str = "mp4", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.init_image = init_image
        self.init_video = init_video
        self.output_format = output_format


class ModelsLabSpecificVideoSwapOperator(ModelsLabOperator):
    """
    Swap one face of a clip (*Specific Video Swap*, ``specific_video_swap``).

    :param init_image: a picture of the new face.
    :param init_video: the clip to edit; under one minute.
    :param reference_image: a picture of the face in the clip that is replaced.
    :param output_format: file format of the result.
    """

    operation = "specific_video_swap"
    inputs = (*_COMMON, "init_image", "init_video", "reference_image", "output_format")
    template_fields: Sequence[str] = (*SwapOperator.template_fields, *inputs)

    def __init__(
        self,
        *,
        init_image: str,
        init_video: str,
        reference_image: str,
        output_format: str = "mp4",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.init_image = init_image
        self.init_video = init_video
        self.reference_image = reference_image
        self.output_format = output_format
