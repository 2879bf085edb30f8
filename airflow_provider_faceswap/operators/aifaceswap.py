"""aifaceswap.io's six operations: swaps are answered by callback, extractions at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow_provider_faceswap.operators.base import SwapOperator
from airflow_provider_faceswap.operators.called_back import CalledBackOperator


class AIFaceSwapOperator(CalledBackOperator):
    """
    What aifaceswap.io's operations share.

    Media are given as http(s) URLs that aifaceswap.io can fetch, or as paths in object storage such as
    ``s3://conn_id@bucket/key``. A file is sent along where the operation takes one; otherwise a URL is signed
    at submission.

    :param conn_id: a connection of type ``aifaceswap``.
    :param max_cost: credits that the call may cost by the vendor's price list; a call that costs more is
        refused before it is paid.
    """

    provider = "aifaceswap"

    def __init__(
        self,
        *,
        conn_id: str = "aifaceswap_default",
        max_cost: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, **kwargs)
        self.max_cost = max_cost


class AIFaceSwapImageOperator(AIFaceSwapOperator):
    """
    Swap the face of a picture (``faceswap``).

    A picture may also lie on local disk: files are sent along.

    :param source_image: the picture to edit.
    :param face_image: a picture of the new face.
    """

    operation = "faceswap"
    inputs = ("source_image", "face_image")
    template_fields: Sequence[str] = (*SwapOperator.template_fields, *inputs)

    def __init__(self, *, source_image: str, face_image: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.source_image = source_image
        self.face_image = face_image


class AIFaceSwapMultiImageOperator(AIFaceSwapOperator):
    """
    Swap several faces of a picture (``multi_faceswap``).

    :param source_image: the picture to edit.
    :param face_image: pictures of the new faces.
    :param index: for each of them, which face it replaces, as ``AIFaceSwapExtractFacesOperator`` counts them.
    """

    operation = "multi_faceswap"
    inputs = ("source_image", "face_image", "index")
    template_fields: Sequence[str] = (*SwapOperator.template_fields, *inputs)

    def __init__(
        self, *, source_image: str, face_image: Sequence[str], index: Sequence[int], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.source_image = source_image
        self.face_image = face_image
        self.index = index


class _VideoOperator(AIFaceSwapOperator):
    def __init__(
        self, *, source_video: str, duration: float | None = None, enhance: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.source_video = source_video
        self.duration = duration
        self.enhance = enhance


class AIFaceSwapVideoOperator(_VideoOperator):
    """
    Swap the face of a clip (``video_faceswap``).

    :param source_video: the clip to edit.
    :param face_image: a picture of the new face.
    :param duration: the clip's length in seconds, which the vendor bills by; None to measure it.
    :param enhance: 0 none, 1 up to 1080p, 2 up to 2k.
    """

    operation = "video_faceswap"
    inputs = ("source_video", "face_image", "duration", "enhance")
    template_fields: Sequence[str] = (*SwapOperator.template_fields, *inputs)

    def __init__(self, *, face_image: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.face_image = face_image


class AIFaceSwapMultiVideoOperator(_VideoOperator):
    """
    Swap up to three faces of a clip (``multi_video_faceswap``).

    :param source_video: the clip to edit.
    :param ref_info: for each face ``{"face_ref": ..., "face_url": ...}``: a crop of the face in the clip, as
        base64 text or path, and a picture of the new face;
        :func:`airflow_provider_faceswap.media.crop_faces` makes the crops.
    :param duration: the clip's length in seconds, which the vendor bills by; None to measure it.
    :param enhance: 0 none, 1 up to 1080p, 2 up to 2k.
    """

    operation = "multi_video_faceswap"
    inputs = ("source_video", "ref_info", "duration", "enhance")
    template_fields: Sequence[str] = (*SwapOperator.template_fields, *inputs)

    def __init__(self, *, ref_info: Sequence[dict[str, str]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ref_info = ref_info


class AIFaceSwapExtractFacesOperator(AIFaceSwapOperator):
    """
    Find the faces of a picture (``extract_face``); answers at once.

    :param img: the picture; also on local disk.
    """

    operation = "extract_face"
    inputs = ("img",)
    template_fields: Sequence[str] = (*SwapOperator.template_fields, *inputs)

    def __init__(self, *, img: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.img = img


class AIFaceSwapExtractFrameFacesOperator(AIFaceSwapOperator):
    """
    Find the faces of a frame of a clip (``extract_base64_face``); answers at once.

    :param base64_img: the frame as base64 text, or the path of a local file or one in object storage.
    """

    operation = "extract_base64_face"
    inputs = ("base64_img",)
    template_fields: Sequence[str] = (*SwapOperator.template_fields, *inputs)

    def __init__(self, *, base64_img: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.base64_img = base64_img
