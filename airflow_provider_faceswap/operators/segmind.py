"""Segmind's *Faceswap V2*: v1 answers at once, v2 is queued."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow_provider_faceswap.exceptions import InputError
from airflow_provider_faceswap.operators.arguments import check_choice
from airflow_provider_faceswap.operators.base import SwapOperator


class SegmindFaceSwapOperator(SwapOperator):
    """
    Swap faces of a picture (*Faceswap V2*).

    A picture is given as URL, as the path of a file in object storage or on local disk, which is sent along,
    or as base64 text.

    :param conn_id: a connection of type ``segmind``.
    :param source_img: a picture of the new face; a closeup is best.
    :param target_img: the picture to edit.
    :param input_faces_index: which faces are replaced, such as ``0`` or ``0,2``; 0 is the largest.
    :param source_faces_index: which faces of ``source_img`` are used.
    :param face_restore: ``codeformer-v0.1.0.pth``, ``GFPGANv1.4.pth`` or ``GFPGANv1.3.pth``.
    :param base64: have v1's answer as base64 JSON; what is stored is the same picture.
    :param api_version: ``v1`` answers with the picture, which goes to ``output_path``; ``v2`` is queued, and
        its record is kept for about an hour.
    """

    provider = "segmind"
    operation = "faceswap-v2"
    inputs = (
        "source_img", "target_img", "input_faces_index", "source_faces_index", "face_restore", "base64",
    )  # fmt: skip
    template_fields: Sequence[str] = (*SwapOperator.template_fields, *inputs, "api_version")

    def __init__(
        self,
        *,
        source_img: str,
        target_img: str,
        input_faces_index: str = "0",
        source_faces_index: str = "0",
        face_restore: str = "codeformer-v0.1.0.pth",
        base64: bool = False,
        api_version: str = "v1",
        conn_id: str = "segmind_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, **kwargs)
        self.source_img = source_img
        self.target_img = target_img
        self.input_faces_index = input_faces_index
        self.source_faces_index = source_faces_index
        self.face_restore = face_restore
        self.base64 = base64
        self.api_version = api_version

    @property
    def endpoint(self) -> str:
        """v1 and v2 are two endpoints of one operation."""
        check_choice("api_version", self.api_version, ("v1", "v2"))
        return self.operation if self.api_version == "v1" else f"v2/{self.operation}"

    def _check(self) -> None:
        if self.endpoint == self.operation and not self.output_path:
            raise InputError("output_path", "is required: v1 answers with the picture itself")
        super()._check()
