"""What is served to whom, without a browser: real logins, two teams and a private bucket."""

from __future__ import annotations

import http.client
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.browser import runs
from tests.browser.looks import Looks


@pytest.fixture(scope="module")
def pictures(looks: Looks) -> dict[str, str]:
    """A run of each team's Dag that keeps one picture on disk, by the Dag's id."""
    dags = ("picture_and_clip", "theirs")
    return {
        dag_id: looks.ended(f"served {dag_id}", dag_id, output_path=f"file://{looks.home}/served/{dag_id}")
        for dag_id in dags
    }


def token(looks: Looks, user: str) -> str:
    login = {"username": user, "password": looks.passwords[user]}
    reply = httpx.post(f"{looks.cluster.url}/auth/token", json=login, trust_env=False, timeout=60)
    return str(reply.raise_for_status().json()["access_token"])


def get(looks: Looks, user: str | None, url: str) -> httpx.Response:
    """Ask for a medium as a browser does."""
    cookies = {"_token": token(looks, user)} if user else {}
    return httpx.get(url, cookies=cookies, trust_env=False, timeout=60)


def media(looks: Looks, user: str | None, dag_id: str, run_id: str, task_id: str, **what: Any) -> bytes:
    reply = get(looks, user, looks.media_url(dag_id, run_id, task_id, **what))
    assert reply.status_code == 200, reply.text
    return reply.content


def put_in(looks: Looks, name: str) -> bytes:
    return Path(looks.home, "media", name).read_bytes()


def test_a_viewer_sees_what_went_in_and_what_came_out(looks: Looks, pictures: dict[str, str]) -> None:
    on_disk = ("viewer", "picture_and_clip", pictures["picture_and_clip"], "picture")
    stored = Path(looks.home, "served/picture_and_clip").glob("*.jpg")
    assert [media(looks, *on_disk, stored=0)] == [path.read_bytes() for path in stored]
    assert media(looks, *on_disk, input="source_img") == put_in(looks, "hopper.jpg")


def test_a_viewer_sees_what_lies_in_a_private_bucket(looks: Looks) -> None:
    run_id = looks.ended("in store", "clips_in_store")
    url = looks.media_url("clips_in_store", run_id, "swap", map_index=0, stored=0)
    clip = get(looks, "viewer", url)
    assert clip.headers["content-type"] == "video/mp4"
    names = [key for key in looks.bucket.keys("clips/results/") if key.endswith(".mp4")]
    assert [clip.content] == [looks.bucket.get(key) for key in names]
    of_task = ("viewer", "clips_in_store", run_id, "swap")
    assert media(looks, *of_task, map_index=0, input="target") == put_in(looks, "clip.mp4")


def test_a_viewer_sees_the_rows_of_a_batch(looks: Looks) -> None:
    run_id = looks.end(runs.half_failed_batch(looks))
    bearer = {"authorization": f"Bearer {token(looks, 'viewer')}"}
    reply = httpx.get(looks.rows_url("batch", run_id, "swap"), headers=bearer, trust_env=False, timeout=60)
    assert reply.status_code == 200, reply.text
    assert reply.json()["counts"] == {"success": runs.HALF // 2, "failed": runs.HALF // 2}
    row = ("viewer", "batch", run_id, "swap")
    assert media(looks, *row, row=0, stored=0).startswith(b"\xff\xd8\xff")
    assert media(looks, *row, row=0, input="source_img") == put_in(looks, "hopper.jpg")


def test_others_see_nothing(looks: Looks, pictures: dict[str, str]) -> None:
    ours, theirs = ("picture_and_clip", "picture"), ("theirs", "swap")
    for user, (dag_id, task_id), status in (
        ("admin", ours, 200), ("admin", theirs, 200), ("viewer", ours, 200), ("stranger", theirs, 200),
        ("viewer", theirs, 403), ("stranger", ours, 403), (None, ours, 401), ("admin", ("none", "swap"), 404),
    ):  # fmt: skip
        run_id = pictures.get(dag_id, "run")
        reply = get(looks, user, looks.media_url(dag_id, run_id, task_id, stored=0))
        assert (user, dag_id, reply.status_code) == (user, dag_id, status)


def test_an_edited_xcom_shows_no_result_of_another_dag(looks: Looks, pictures: dict[str, str]) -> None:
    run_id = pictures["picture_and_clip"]
    path = f"/dags/picture_and_clip/dagRuns/{run_id}/taskInstances/picture/xcomEntries/return_value"
    ours = looks.cluster.rest.xcom("picture_and_clip", run_id, "picture")
    theirs = looks.cluster.rest.xcom("theirs", pictures["theirs"], "swap")["stored"]
    edited = {**ours, "stored": theirs}
    try:
        looks.cluster.rest.request("PATCH", path, json={"value": edited, "map_index": -1})
        reply = get(looks, "admin", looks.media_url("picture_and_clip", run_id, "picture", stored=0))
        assert (reply.status_code, reply.json()["reason"]) == (404, "not_ours")
    finally:
        looks.cluster.rest.request("PATCH", path, json={"value": ours, "map_index": -1})


def test_the_tab_is_offered_and_served(looks: Looks) -> None:
    plugins = looks.cluster.rest.request("GET", "/plugins")["plugins"]
    (plugin,) = [found for found in plugins if found["name"] == "faceswap"]
    hrefs = {view["destination"]: view["href"] for view in plugin["external_views"]}
    assert hrefs.keys() == {"task_instance", "dag_run", "nav"}
    for href in hrefs.values():
        reply = get(looks, None, f"{looks.cluster.url}/{href.partition('?')[0]}")
        assert reply.headers["content-type"].startswith("text/html")
        assert "script-src 'self'" in reply.headers["content-security-policy"]


def test_the_receiver_is_still_there(looks: Looks) -> None:
    url = f"{looks.cluster.url}/faceswap/callbacks/aifaceswap/made-up"
    assert httpx.post(url, trust_env=False, timeout=60).status_code == 401


@pytest.mark.parametrize(
    "path", ["..%2fapp.py", "%2e%2e/app.py", "..%5capp.py", "js/../../app.py", "%2fetc%2fpasswd", "js", ""]
)
def test_the_static_files_are_all_that_is_static(looks: Looks, path: str) -> None:
    # Not through the browser, which tidies a path up before it asks.
    with closing(http.client.HTTPConnection(urlsplit(looks.cluster.url).netloc)) as connection:
        connection.request("GET", f"/faceswap/pages/static/{path}")
        reply = connection.getresponse()
        assert (reply.status, b"import" in reply.read()) == (404, False)
