from __future__ import annotations

import base64
import io
from typing import Any

import av
import pytest

from airflow_provider_faceswap.apis.aifaceswap import ExtractBase64Face, MultiVideoFaceSwap
from airflow_provider_faceswap.exceptions import InputError
from airflow_provider_faceswap.media import crop_faces, grab_frame
from airflow_provider_faceswap.media.child import clips
from airflow_provider_faceswap.media.errors import UnreadableError
from tests.media.clips import RATE, SECONDS, STEP, clip, decoded, light
from tests.media.conftest import Host
from tests.storage.settings import settings

KINDS = (
    "index-last.mp4",
    "index-first.mp4",
    "fragments.mp4",
    "clip.mov",
    "clip.webm",
    "clip.mkv",
    "recorded.webm",
)
UPRIGHT = b"".join(number.to_bytes(4, "big") for number in (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000))


def turned(a: int, b: int, c: int, d: int) -> bytes:
    """Return a clip that asks to be shown turned: dark to the left and light to the right as it lies."""
    numbers = (number << 16 & 0xFFFF_FFFF for number in (a, b, 0, c, d, 0, 0, 0))
    matrix = b"".join(number.to_bytes(4, "big") for number in (*numbers, 0x40000000))
    body = clip("halves.mp4")
    place = body.index(UPRIGHT, body.index(b"tkhd"))
    return body[:place] + matrix + body[place + len(matrix) :]


def grab(host: Host, body: bytes, at: Any = 0.0, ranges: bool = True) -> bytes:
    return grab_frame(host.lend(body, ranges), settings(host.url), at)


@pytest.mark.parametrize("at", [0.0, 0.5, 1, 1.33, SECONDS])
@pytest.mark.parametrize("name", KINDS)
def test_the_frame_that_is_shown_at_a_time_is_taken(host: Host, name: str, at: float) -> None:
    number = min(int(at * RATE + 1e-6), round(SECONDS * RATE) - 1)
    picture = grab(host, clip(name), at)
    assert picture.startswith(b"\xff\xd8\xff")
    assert (decoded(picture).width, decoded(picture).height) == (64, 48)
    # Grey 16 to 235 of a video is 0 to 255 of a picture.
    assert light(picture) == pytest.approx((20 + STEP * number - 16) * 255 / 219, abs=STEP / 2)


def test_little_of_a_large_clip_is_asked_for(host: Host) -> None:
    assert decoded(grab(host, clip("large-index-last.mp4"), 1.0)).width == 320
    assert host.bytes < len(clip("large-index-last.mp4")) * 0.7


def test_a_server_without_ranges_will_do(host: Host) -> None:
    assert grab(host, clip("large-index-last.mp4"), 1.0, ranges=False).startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize(
    ("matrix", "size", "dark", "bright"),
    [
        ((1, 0, 0, 1), (64, 48), (5, 24), (59, 24)),
        ((0, 1, -1, 0), (48, 64), (24, 5), (24, 59)),  # as telephones say that are held upright
        ((0, -1, 1, 0), (48, 64), (24, 59), (24, 5)),
        ((-1, 0, 0, -1), (64, 48), (59, 24), (5, 24)),
    ],
)
def test_a_clip_that_lies_is_put_upright(host: Host, matrix: Any, size: Any, dark: Any, bright: Any) -> None:
    picture = grab(host, turned(*matrix))
    assert (decoded(picture).width, decoded(picture).height) == size
    assert light(picture, *dark) < 60 and light(picture, *bright) > 190


@pytest.mark.parametrize("at", [-1, float("nan"), float("inf"), "1", True, None, 1e9, 2.5])
def test_a_wrong_time_is_refused(host: Host, at: Any) -> None:
    with pytest.raises(InputError) as caught:
        grab(host, clip("index-last.mp4"), at)
    assert caught.value.field == "at"


@pytest.mark.parametrize(
    ("name", "said"),
    [("other-codec.mkv", "not one of those that are decoded"), ("sound.mp4", "no moving pictures")],
)
def test_what_cannot_be_decoded_is_refused(host: Host, name: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        grab(host, clip(name))
    assert caught.value.field == "source_video" and "t0k3n" not in str(caught.value)


def test_the_media_library_is_kept_from_all_other_files(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}

    def spy(file: Any, *args: Any, **options: Any) -> Any:
        given.update(options, file=file)
        return open_(file, *args, **options)

    open_ = av.open
    monkeypatch.setattr(av, "open", spy)
    content: Any = io.BytesIO(clip("index-last.mp4"))
    assert clips.duration(content, "mov") == {"seconds": SECONDS}
    assert given["file"] is content and given["format"] == "mov"
    forbidden = {"protocol_whitelist": "none", "enable_drefs": "0", "use_absolute_path": "0"}
    assert forbidden.items() <= given["options"].items()


def test_a_frame_larger_than_the_bound_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    content: Any = io.BytesIO(clip("index-last.mp4"))
    assert clips.frame(content, "mov", 0.0)["pictures"]
    monkeypatch.setattr(clips, "MAX_PIXELS", 64 * 48 - 1)
    with pytest.raises(UnreadableError, match="damaged"):
        clips.frame(content, "mov", 0.0)


def test_a_clip_becomes_references_for_its_faces(host: Host) -> None:
    frame = base64.b64encode(grab(host, clip("clip.webm"), 1.0)).decode()
    assert ExtractBase64Face(base64_img=frame)
    faces = crop_faces(frame, [[4, 4, 20, 24], [30, 8, 50, 32]])
    references = [{"face_ref": face, "face_url": "https://example.com/new.jpg"} for face in faces]
    call = MultiVideoFaceSwap(source_video="https://example.com/v.mp4", duration=2, ref_info=references)
    assert len(call.ref_info) == 2
