"""Inputs in a store that gives them to nobody without a signature."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from airflow_provider_faceswap.sandbox.pictures.samples import sample

from ..aifaceswap.client import AIFaceSwapClient
from ..modelslab.client import MEDIA, ModelsLabClient
from ..receiver import Receiver
from ..segmind.client import SegmindClient

SIGNED = "?X-Amz-Signature=5ec7e7"
WORDS = "Could not download {}. Make sure the URL is publicly accessible."


class PrivateStore(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        content = sample(path.strip("/")) if query else b"<Error><Code>AccessDenied</Code></Error>"
        self.send_response(200 if query else 403)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), PrivateStore) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("operation", "field"), [(operation, field) for operation, media in MEDIA.items() for field in media]
)
def test_modelslab(client: ModelsLabClient, store: str, operation: str, field: str) -> None:
    address = f"{store}/{MEDIA[operation][field]}"
    refused = client.fetch_until_ended(client.submit(operation, **{field: address}).json()["id"])
    assert (refused["status"], refused["message"]) == ("failed", WORDS.format(field))
    fetched = client.fetch_until_ended(client.submit(operation, **{field: address + SIGNED}).json()["id"])
    assert fetched["status"] == "success"


@pytest.mark.parametrize("field", ["source_img", "target_img"])
def test_segmind(segmind: SegmindClient, store: str, field: str) -> None:
    address = f"{store}/astronaut.jpg"
    refused = segmind.swap(**{field: address})
    assert refused.status_code == 400 and refused.json()["error"] == WORDS.format(field)
    assert segmind.status(segmind.ended(**{field: address})).json()["error"] == WORDS.format(field)
    assert segmind.swap(**{field: address + SIGNED}).status_code == 200
    assert segmind.status(segmind.ended(**{field: address + SIGNED})).json()["status"] == "COMPLETED"


@pytest.mark.parametrize(
    ("operation", "field", "name"),
    [
        ("faceswap", "source_image", "astronaut.jpg"),
        ("faceswap", "face_image", "hopper.jpg"),
        ("multi_faceswap", "source_image", "duo.jpg"),
        ("video_faceswap", "source_video", "clip.mp4"),
        ("video_faceswap", "face_image", "hopper.jpg"),
        ("multi_video_faceswap", "source_video", "duo.mp4"),
    ],
)
def test_aifaceswap_calls_back(
    aifaceswap: AIFaceSwapClient, store: str, receiver: Receiver, operation: str, field: str, name: str
) -> None:
    for query, success in (("", 0), (SIGNED, 1)):
        changes = {field: f"{store}/{name}{query}", "webhook": receiver.url}
        assert aifaceswap.call(operation, **changes).json()["code"] == 200
        assert receiver.received.get(timeout=60)["success"] == success


def test_aifaceswap_answers_at_once(aifaceswap: AIFaceSwapClient, store: str) -> None:
    refused = aifaceswap.call("extract_face", img=f"{store}/duo.jpg").json()
    assert refused["code"] != 200 and refused["message"] == WORDS.format("img")
    assert len(aifaceswap.call("extract_face", img=f"{store}/duo.jpg{SIGNED}").json()["data"]["faces"]) == 2
