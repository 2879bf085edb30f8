# acme_faceswap/operators.py
"""An operator with Acme's own names; FaceSwapOperator does without."""

from __future__ import annotations

from typing import Any

from airflow_provider_faceswap.vendors import SwapOperator


class AcmeFaceSwapOperator(SwapOperator):
    """
    Swap the face of a picture.

    :param face: a picture of the new face.
    :param target: the picture to edit.
    :param quality: ``draft`` or ``best``.
    """

    provider = "acme"
    operation = "swap"
    inputs = ("face", "target", "quality")
    template_fields = (*SwapOperator.template_fields, *inputs)

    def __init__(
        self,
        *,
        face: str,
        target: str,
        quality: str = "best",
        conn_id: str = "acme_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, **kwargs)
        self.face = face
        self.target = target
        self.quality = quality
