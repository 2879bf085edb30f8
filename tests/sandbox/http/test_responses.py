"""Files are handed out the way players and downloaders ask for them."""

from __future__ import annotations

import httpx
import pytest

from airflow_provider_faceswap.sandbox.control.pages import SAMPLES
from airflow_provider_faceswap.sandbox.pictures.samples import MAKERS, sample

from ..modelslab.client import ModelsLabClient


@pytest.fixture
def url(client: ModelsLabClient) -> str:
    return f"{client.url}/samples/clip.mp4"


def ask(client: ModelsLabClient, url: str, **headers: str) -> httpx.Response:
    return client.http.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_a_whole_file(client: ModelsLabClient, url: str) -> None:
    response = ask(client, url)
    assert response.status_code == 200
    assert response.content == sample("clip.mp4")
    assert response.headers["accept-ranges"] == "bytes"
    assert int(response.headers["content-length"]) == len(sample("clip.mp4"))


@pytest.mark.parametrize(
    ("wanted", "part"),
    [("bytes=0-99", slice(0, 100)), ("bytes=100-", slice(100, None)), ("bytes=-50", slice(-50, None)),
     ("bytes=5-999999999", slice(5, None)), ("bytes=-999999999", slice(None))],
)  # fmt: skip
def test_a_range(client: ModelsLabClient, url: str, wanted: str, part: slice) -> None:
    whole = sample("clip.mp4")
    response = ask(client, url, range=wanted)
    assert response.status_code == 206
    assert response.content == whole[part]
    start = whole.index(response.content)
    stop = start + len(response.content)
    assert response.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(whole)}"


@pytest.mark.parametrize("wanted", ["bytes=999999999-", "bytes=-0"])
def test_a_range_outside_the_file(client: ModelsLabClient, url: str, wanted: str) -> None:
    response = ask(client, url, range=wanted)
    assert response.status_code == 416
    assert response.headers["content-range"] == f"bytes */{len(sample('clip.mp4'))}"


@pytest.mark.parametrize(
    "wanted", ["bytes=9-2", "bytes=-", "lines=1-2", "bytes=a-b", "bytes=0-1,4-5", "bytes=" + "9" * 5000 + "-"]
)
def test_an_invalid_range_is_ignored(client: ModelsLabClient, url: str, wanted: str) -> None:
    assert ask(client, url, range=wanted).status_code == 200


def test_a_range_of_another_version_is_ignored(client: ModelsLabClient, url: str) -> None:
    etag = ask(client, url).headers["etag"]
    assert ask(client, url, range="bytes=0-9", if_range=etag).status_code == 206
    assert ask(client, url, range="bytes=0-9", if_range='"other"').status_code == 200


def test_head_has_the_length_without_the_file(client: ModelsLabClient, url: str) -> None:
    response = client.http.head(url)
    assert response.content == b""
    assert int(response.headers["content-length"]) == len(sample("clip.mp4"))


def test_every_sample_is_listed_and_there(client: ModelsLabClient) -> None:
    assert SAMPLES.keys() == MAKERS.keys()
    page = client.http.get(f"{client.url}/").text
    for name in MAKERS:
        assert f'href="/samples/{name}"' in page
        response = client.http.get(f"{client.url}/samples/{name}")
        assert response.headers["content-type"] == ("video/mp4" if name.endswith("mp4") else "image/jpeg")
        assert len(response.content) > 5000


def test_unknown_files(client: ModelsLabClient) -> None:
    for path in ("samples/none.jpg", "samples/..%2fapp.py", "generations/none.mp4"):
        assert client.http.get(f"{client.url}/{path}").status_code == 404


def test_a_result_is_there_only_after_the_job_ended(client: ModelsLabClient) -> None:
    client.control("progress", {"after_reads": 1})
    job = client.submit("multiple_face_swap").json()
    assert client.http.get(job["future_links"][0]).status_code == 404
    client.fetch(job["id"])
    assert client.fetch_until_ended(job["id"])["status"] == "success"
    assert client.http.get(job["future_links"][0]).status_code == 200
