from __future__ import annotations

import asyncio
import base64
import subprocess
import sys
from typing import Any

import pytest
from aiohttp import web

from airflow_provider_faceswap.exceptions import InputError, NotSentError
from airflow_provider_faceswap.media import limits, measure_duration, remote
from tests.media.clips import SECONDS, clip
from tests.media.conftest import Host
from tests.storage.conftest import JPEG
from tests.storage.settings import settings

ELSEWHERE = "https://example.com"
MEGA = 1024**2
KINDS = (
    "index-last.mp4", "index-first.mp4", "fragments.mp4", "clip.mov", "clip.webm", "clip.mkv",
    "recorded.webm", "large-fragments.mp4", "large-recorded.mkv", "other-codec.mkv",
)  # fmt: skip
ENDLESS = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + b"\x00\x00\x00\x01mdat" + b"\x7f" * 8


def measure(host: Host, url: str, **fields: Any) -> float:
    """Measure a clip on the connection's own origin."""
    return measure_duration(url, settings(host.url, **fields))


def refused(url: str, own: str, error: type[Exception] = InputError, **fields: Any) -> str:
    with pytest.raises(error) as caught:
        measure_duration(url, settings(own, **fields))
    said = str(caught.value)
    assert "t0k3n" not in said and "/secret" not in said and "vendor" not in said
    assert said.startswith("duration: ") and "give duration= in seconds" in said
    return said


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_clip_is_measured(host: Host, name: str, ranges: bool) -> None:
    assert measure(host, host.lend(clip(name), ranges)) == pytest.approx(SECONDS, abs=0.05)


@pytest.mark.parametrize(
    ("name", "most"),
    [("large-index-first.mp4", 0.25), ("large-index-last.mp4", 0.25), ("large-fragments.mp4", 1)],
)
def test_little_of_a_large_clip_is_asked_for(host: Host, name: str, most: float) -> None:
    assert len(clip(name)) > 7 * MEGA
    measure(host, host.lend(clip(name)))
    assert host.bytes < most * MEGA


def test_what_must_be_read_to_its_end_is_read_once_in_growing_steps(host: Host) -> None:
    measure(host, host.lend(clip("large-recorded.mkv")))
    assert host.bytes == len(clip("large-recorded.mkv"))
    assert host.requests < 12


@pytest.mark.parametrize(("name", "ranges"), [("large-recorded.mkv", True), ("large-index-last.mp4", False)])
def test_no_more_is_asked_for_than_the_bound(
    host: Host, monkeypatch: pytest.MonkeyPatch, name: str, ranges: bool
) -> None:
    monkeypatch.setattr(remote, "MAX_BYTES", 2 * MEGA)
    said = refused(host.lend(clip(name), ranges), host.url)
    assert "over 2 MB of the clip would have to be read" in said
    assert ("its server does not support ranges" in said) is not ranges
    assert host.bytes <= 2 * MEGA and host.requests < 8


@pytest.mark.parametrize("ranges", [True, False])
def test_an_endless_body_is_hung_up_on(host: Host, monkeypatch: pytest.MonkeyPatch, ranges: bool) -> None:
    monkeypatch.setattr(remote, "MAX_BYTES", 2 * MEGA)
    sent = 0

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        status, headers = 200, {}
        if ranges:
            start = request.http_range.start or 0
            status, headers = 206, {"Content-Range": f"bytes {start}-{start + 10**12}/{10**15}"}
        response = web.StreamResponse(status=status, headers=headers)
        await response.prepare(request)
        await response.write(ENDLESS)
        while True:
            await response.write(b"\x7f" * 65536)
            sent += 65536

    refused(host.on("/secret/endless", handler), host.url, timeout=2)
    assert sent < 16 * MEGA  # what the sockets' buffers take is never read


def test_a_drip_is_given_up(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_SECONDS", 0.4)

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"\x00")
            await asyncio.sleep(0.05)

    assert "takes longer than 0.4 s" in refused(host.on("/secret/drip", handler), host.url)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<!DOCTYPE html><p>Sign in</p>", "an HTML page instead of a video"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n", "something else instead"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "something else instead of a video"),
        (b"", "something else instead of a video"),
        (JPEG, "something else instead of a video"),
        (b"GIF89a" + b"\x00" * 600, "instead of an mp4, mov, webm or mkv video"),
        (b"RIFF\x00\x00\x00\x00AVI " + b"\x00" * 600, "instead of an mp4, mov, webm or mkv video"),
        (base64.b64encode(clip("index-first.mp4")), "instead of an mp4, mov, webm or mkv video"),
        (clip("index-last.mp4")[:3000], "damaged or breaks off"),
        (clip("index-first.mp4")[:500], "damaged or breaks off"),
        (clip("clip.webm")[:200], "damaged or breaks off|holds no moving pictures|how long"),
        (b"\x00\x00\x00\x18ftypisom" + b"#EXTM3U\nfile:///etc/passwd\n" * 50, "damaged or breaks off"),
        (clip("sound.mp4"), "holds no moving pictures"),
    ],
)  # fmt: skip
def test_what_is_not_a_clip_is_refused(host: Host, body: bytes, said: str) -> None:
    found = refused(host.lend(body, ranges=False), host.url)
    assert any(words in found for words in said.split("|"))
    assert host.requests == 1


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://10.0.0.1/secret.mp4?t0k3n", "10.0.0.1 is not a public address"),
        ("https://169.254.169.254/secret.mp4?t0k3n", "link-local or metadata"),
        ("http://example.org/secret.mp4?t0k3n", "plain http from example.org"),
        ("concat:/secret.mp4|/secret", "not a valid http(s) URL"),
        ("https://u:t0k3n@example.org/secret.mp4", "holds a user or a password"),
    ],
)  # fmt: skip
def test_the_hosts_that_downloads_are_refused_from_are_refused(host: Host, url: str, said: str) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": url})

    assert said in refused(url, ELSEWHERE)
    if "file:" not in url and "concat:" not in url:
        found = refused(host.on("/secret/moved", handler), host.url)
        assert said in found and len(host.cdn.asked) == 1


def test_private_addresses_are_refused_unless_the_connection_allows_them(host: Host) -> None:
    url = host.lend(clip("index-last.mp4"))
    assert "127.0.0.1 is not a public address" in refused(url, ELSEWHERE)
    assert host.requests == 0
    assert measure_duration(url, settings(ELSEWHERE, allow_private_hosts=True)) == SECONDS


def test_a_redirect_is_followed_once_for_all_parts(host: Host) -> None:
    url = host.lend(clip("large-index-last.mp4"))

    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": url})

    assert measure(host, host.on("/moved", handler)) == SECONDS
    assert host.cdn.asked.count("/moved") == 1 and host.requests > 2


def test_redirects_without_end_are_not_followed(host: Host) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/secret/round"})

    assert "redirected more than 5 times" in refused(host.on("/secret/round", handler), host.url)
    assert len(host.cdn.asked) == 6


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        ({"status": 403}, InputError, "HTTP 403 from 127.0.0.1"),
        ({"Content-Encoding": "gzip"}, InputError, "compressed body"),
        ({"status": 503}, NotSentError, "HTTP 503 from 127.0.0.1; nothing was sent: run the task again"),
        ({"status": 206}, NotSentError, "another part came"),
        ({"status": 206, "Content-Range": "bytes 9-99/100"}, NotSentError, "another part came"),
        ({"status": 206, "Content-Range": "bytes 0-9999999/9999999"}, NotSentError, "broke off"),
    ],
)
def test_answers_that_are_not_the_part_that_was_asked_for(
    host: Host, answer: dict[str, Any], error: type[Exception], said: str
) -> None:
    url = host.cdn.give("/secret/clip", **{"body": clip("index-last.mp4"), **answer})
    assert said in refused(url, host.url, error)
    assert len(host.cdn.asked) == (3 if error is NotSentError else 1)


def test_a_host_that_stumbles_is_asked_again(host: Host) -> None:
    async def handler(request: web.Request) -> web.Response:
        ready = len(host.cdn.asked) > 1
        return web.Response(status=200 if ready else 503, body=clip("index-last.mp4"))

    assert measure(host, host.on("/stumbles", handler)) == SECONDS


def test_a_clip_that_changes_while_it_is_read_is_refused(host: Host) -> None:
    body = clip("large-index-last.mp4")

    async def handler(request: web.Request) -> web.Response:
        start, stop = request.http_range.start or 0, min(request.http_range.stop or 0, len(body))
        said = {"Content-Range": f"bytes {start}-{stop - 1}/{len(body)}", "ETag": f'"{len(host.cdn.asked)}"'}
        return web.Response(status=206, body=body[start:stop], headers=said)

    assert "changed while it was read" in refused(host.on("/secret/changes", handler), host.url)


def test_titles_that_are_no_text_do_no_harm(host: Host) -> None:
    body = clip("clip.mkv")
    assert body.count(b"A" * 16) == 1
    assert measure(host, host.lend(body.replace(b"A" * 16, b"\xff" * 16))) == SECONDS


def test_what_ends_the_task_while_a_clip_is_read_ends_it(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    class Timeout(BaseException):
        """As Airflow's own is."""

    def interrupted(file: Any, offset: int) -> Any:
        if host.requests:
            raise Timeout
        return range_(file, offset)

    range_ = remote.RemoteFile._range
    monkeypatch.setattr(remote.RemoteFile, "_range", interrupted)
    with pytest.raises(Timeout):
        measure(host, host.lend(clip("large-index-last.mp4")))


async def test_a_running_loop_is_no_hindrance(host: Host) -> None:
    assert measure(host, host.lend(clip("index-last.mp4"))) == SECONDS


def test_without_pyav_the_error_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    assert "pip install 'airflow-provider-faceswap[media]'" in refused("https://example.org/v.mp4", ELSEWHERE)


def test_the_import_is_light() -> None:
    code = (
        "import sys; from airflow_provider_faceswap.media import measure_duration, grab_frame, crop_faces; "
        "print({'av', 'numpy', 'aiohttp', 'httpx', 'airflow'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("set()\n", "")
