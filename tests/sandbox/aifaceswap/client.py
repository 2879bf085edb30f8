"""What a client of aifaceswap.io does to the sandbox, and what the vendor was recorded to answer."""

from __future__ import annotations

import base64
from typing import Any

import cv2
import httpx

from airflow_provider_faceswap.sandbox.pictures import images
from airflow_provider_faceswap.sandbox.pictures.faces import Box, crop
from airflow_provider_faceswap.sandbox.pictures.samples import sample

from ..client import SandboxClient
from ..recorded import Recorded

RECORDED = Recorded("aifaceswap")
OPERATIONS = (
    "faceswap", "extract_face", "multi_faceswap", "video_faceswap", "extract_base64_face",
    "multi_video_faceswap",
)  # fmt: skip
EXTRACTIONS = ("extract_face", "extract_base64_face")
TASKS = tuple(operation for operation in OPERATIONS if operation not in EXTRACTIONS)
# Corners of the astronaut's and the admiral's face in the double portrait.
ASTRONAUT, HOPPER = (175, 67, 272, 164), (658, 100, 894, 336)


def face_ref(corners: tuple[int, int, int, int]) -> str:
    """The crop of a face of the double portrait, in base64."""
    x1, y1, x2, y2 = corners
    face = crop(images.decode(sample("duo.jpg"), "duo"), Box(x1, y1, x2 - x1, y2 - y1))
    return base64.b64encode(cv2.imencode(".png", face)[1].tobytes()).decode()


class AIFaceSwapClient(SandboxClient):
    """What a client of aifaceswap.io does."""

    def fields(self, operation: str) -> dict[str, Any]:
        face = self.sample("hopper.jpg")
        if operation == "faceswap":
            return {"source_image": self.sample("astronaut.jpg"), "face_image": face}
        if operation == "extract_face":
            return {"img": self.sample("duo.jpg")}
        if operation == "extract_base64_face":
            return {"base64_img": base64.b64encode(sample("duo.jpg")).decode()}
        if operation == "multi_faceswap":
            faces = [face, self.sample("astronaut.jpg")]
            return {"source_image": self.sample("duo.jpg"), "face_image": faces, "index": [0, 1]}
        video = {"source_video": self.sample("duo.mp4"), "duration": 3, "enhance": 0}
        if operation == "video_faceswap":
            return video | {"source_video": self.sample("clip.mp4"), "face_image": face}
        return video | {"ref_info": [{"face_ref": face_ref(ASTRONAUT), "face_url": face}]}

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.server.key}"}

    def call(self, operation: str, **changes: Any) -> httpx.Response:
        body = {k: v for k, v in (self.fields(operation) | changes).items() if v is not ...}
        return self.http.post(self.address(operation), json=body, headers=self.headers())

    def address(self, operation: str) -> str:
        return f"{self.url}/api/aifaceswap/v1/{operation}"
