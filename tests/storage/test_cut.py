"""A body that says nothing of its length, and breaks off."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage.download import download
from airflow_provider_faceswap.storage.formats import breaks_off
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


@pytest.mark.parametrize(
    "behind", [b"\n", b"\r\n", b"TAG" + b"x" * 125, b"<!-- served in 7 ms -->", b"\0" * 64]
)
@pytest.mark.parametrize("name", CLIPS)
def test_what_somebody_wrote_behind_a_clip_does_not_make_it_less_than_whole(
    tmp_path: Path, name: str, behind: bytes
) -> None:
    (tmp_path / "file").write_bytes(clip(name) + behind)
    assert not breaks_off(tmp_path / "file")


def test_the_end_of_chunks_is_proof_enough(tmp_path: Path) -> None:
    sent = clip("index-first.mp4")[:1000]

    def script(link: socket.socket, _: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        link.sendall(head + b"3e8\r\n" + sent + b"\r\n0\r\n\r\n")

    with serve(script) as url:
        assert download(f"{url}/clip", tmp_path / "file", "video", settings(url), patience=0).size == 1000
