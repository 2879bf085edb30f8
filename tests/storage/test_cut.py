"""A body that says nothing of its length, and breaks off."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage.download import download
from tests.media.clips import clip
from tests.storage.settings import settings
from tests.wire import serve

CLIPS = ("index-last.mp4", "index-first.mp4", "fragments.mp4", "clip.mov", "clip.webm")
NOT_SAID = "clip.webm"
"""Its format does not say how long it is."""


@pytest.mark.parametrize("left", [0.5, 0.999, 1])
@pytest.mark.parametrize("name", CLIPS)
def test_a_clip_is_kept_only_whole(tmp_path: Path, name: str, left: float) -> None:
    content = clip(name)
    sent = content[: int(len(content) * left)]

    def script(link: socket.socket, _: bytes) -> None:
        link.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + sent)

    with serve(script) as url:
        link, target = f"{url}/clip", tmp_path / "file"
        if left == 1 or name == NOT_SAID:
            assert download(link, target, "video", settings(url), patience=0).size == len(sent)
        else:
            with pytest.raises(ResultError, match=f"a clip that breaks off after {len(sent)} bytes came"):
                download(link, target, "video", settings(url), patience=0)
