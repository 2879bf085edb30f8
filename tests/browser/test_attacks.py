"""The media route attacked through the real API server, with a viewer's session."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser import runs
from tests.browser.looks import Looks

DAG, TASK = "picture_and_clip", "picture"
HTML = b"<!doctype html><script>document.title = 'run'</script>"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
Edit = Callable[[Any], None]


@pytest.fixture(scope="module")
def folder(looks: Looks) -> Path:
    return looks.home / "results/attacked"


@pytest.fixture(scope="module")
def run_id(looks: Looks, folder: Path) -> str:
    """A run with a picture of its own folder, which a worker stored."""
    return looks.ended("attacked", DAG, output_path=folder.as_uri())


@pytest.fixture(scope="module")
def theirs(looks: Looks) -> str:
    """The URL of a result of another team's Dag, which the viewer may not see."""
    run_id = looks.ended("theirs", "theirs")
    url: str = looks.cluster.rest.xcom("theirs", run_id, "swap")["stored"][0]
    return url


@pytest.fixture
def edit(looks: Looks, run_id: str) -> Iterator[Edit]:
    """Edit what the task returned, as an admin may."""
    path = f"/dags/{DAG}/dagRuns/{run_id}/taskInstances/{TASK}/xcomEntries/return_value"
    before = looks.cluster.rest.xcom(DAG, run_id, TASK)

    def write(value: Any) -> None:
        looks.cluster.rest.request("PATCH", path, json={"value": value, "map_index": -1})

    yield lambda stored: write({**before, "stored": [stored]})
    write(before)


@pytest.fixture
def forge(folder: Path, run_id: str) -> Iterator[Callable[..., str]]:
    """Put a file into the folder, with a record that says it is the Dag's own; return its URL."""
    made: list[Path] = []

    def put(name: str, content: bytes | Path, **record: Any) -> str:
        path = folder / name
        if isinstance(content, Path):
            path.symlink_to(content)
        else:
            path.write_bytes(content)
        line = {"dag_id": DAG, "file": name, "bytes": path.stat().st_size, "inputs": {}, **record}
        beside = path.with_name(f"{name}.provenance.json")
        beside.write_text(json.dumps(line))
        made.extend((path, beside))
        return path.as_uri()

    yield put
    for path in made:
        path.unlink()


def refusal(page: Page, url: str) -> tuple[int, str]:
    """Return the status and the reason of a refusal; it holds a sentence, and no byte of a file."""
    reply = page.request.get(url)
    assert reply.headers["content-type"] == "application/json", reply.body()[:100]
    assert len(reply.body()) < 600
    answer = reply.json()
    assert answer["detail"]
    return reply.status, answer.get("reason", "")


def test_what_a_worker_stored_is_shown_to_a_viewer(looks: Looks, viewer: Page, run_id: str) -> None:
    reply = viewer.request.get(looks.media_url(DAG, run_id, TASK, stored=0))
    assert (reply.status, reply.headers["content-type"]) == (200, "image/jpeg")
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert reply.headers["cache-control"].startswith("private")


def test_the_result_of_another_teams_dag(
    looks: Looks, viewer: Page, run_id: str, theirs: str, edit: Edit
) -> None:
    edit(theirs)
    assert refusal(viewer, looks.media_url(DAG, run_id, TASK, stored=0)) == (404, "not_ours")
    reply = viewer.request.get(looks.media_url("theirs", "x", "swap", stored=0))
    assert reply.status == 403


def test_a_copy_of_another_teams_result(
    looks: Looks, viewer: Page, run_id: str, theirs: str, folder: Path, edit: Edit
) -> None:
    source = Path(theirs.removeprefix("file://"))
    for name in (source.name, f"{source.name}.provenance.json"):
        shutil.copy(source.with_name(name), folder)
    edit((folder / source.name).as_uri())
    assert refusal(viewer, looks.media_url(DAG, run_id, TASK, stored=0)) == (404, "not_ours")


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        ("file://{folder}/../theirs/{name}", "not_found"),
        ("file://{folder}/%2e%2e/theirs/{name}", "not_ours"),
        ("file://{folder}/..\\theirs/{name}", "not_ours"),
        ("file://{folder}//{own}", "not_ours"),
        ("file://{folder}/./{own}", "not_ours"),
        ("FILE://{folder}/{own}", "not_ours"),
        ("local://{folder}/{own}", "not_ours"),
        ("{folder}/{own}", "not_found"),
        ("file://{folder}/{own}\n", "not_found"),
        ("file://{folder}/{own}\0.jpg", "not_found"),
        ("file://{folder}/{own}?x", "not_found"),
        ("file://{folder}/{own}.provenance.json", "not_ours"),
        ("file://{folder}/", "not_ours"),
        ("file:///etc/passwd", "not_ours"),
        ("/etc/passwd", "not_found"),
        ("file:///proc/self/environ", "not_ours"),
        ("file://{home}/airflow/airflow.db", "not_ours"),
        ("file://{home}/airflow/airflow.cfg", "not_ours"),
        ("{vendor}/samples/duo.jpg", "not_found"),
        ("zip::file://{folder}/{own}", "not_found"),
        ("s3://my_aws_conn@my-bucket/clips/duo.jpg", "not_ours"),
        ("s3://key:secret@my-bucket/clips/duo.jpg", "not_found"),
        ({"url": "file:///etc/passwd"}, "not_found"),
        (None, "not_found"),
    ],
)
def test_an_edited_xcom_leads_nowhere_else(
    looks: Looks, viewer: Page, run_id: str, theirs: str, folder: Path, edit: Edit, stored: Any, reason: str
) -> None:
    own = looks.cluster.rest.xcom(DAG, run_id, TASK)["stored"][0].rpartition("/")[2]
    name = theirs.rpartition("/")[2]
    if isinstance(stored, str):
        known = {"folder": folder, "name": name, "own": own, "home": looks.home, "vendor": looks.sandbox.url}
        stored = stored.format(**known)
    edit(stored)
    url = looks.media_url(DAG, run_id, TASK, stored=0)
    assert refusal(viewer, url) == (404, reason)
    # What it was made from is found by the same record, so it is hidden too.
    assert refusal(viewer, looks.media_url(DAG, run_id, TASK, input="source_img")) == (404, reason)
    for headers in ({"range": "bytes=0-15"}, {"if-none-match": "*"}):
        assert viewer.request.get(url, headers=headers).status == 404


@pytest.mark.parametrize("content", [HTML, SVG, b"SQLite format 3\0" + b"x" * 100, b"", b"{}"])
def test_something_else_by_the_name_of_a_picture(
    looks: Looks, viewer: Page, run_id: str, edit: Edit, forge: Callable[..., str], content: bytes
) -> None:
    edit(forge("forged.jpg", content))
    assert refusal(viewer, looks.media_url(DAG, run_id, TASK, stored=0)) == (404, "no_medium")


@pytest.mark.parametrize(
    "name", ["media/duo.jpg", "airflow/airflow.db", "airflow/airflow.cfg", "/etc/passwd"]
)
def test_a_symbolic_link(
    looks: Looks, viewer: Page, run_id: str, edit: Edit, forge: Callable[..., str], name: str
) -> None:
    edit(forge("link.jpg", looks.home / name))
    assert refusal(viewer, looks.media_url(DAG, run_id, TASK, stored=0)) == (404, "gone")


def test_a_folder_that_is_a_link(looks: Looks, viewer: Page, run_id: str, edit: Edit, folder: Path) -> None:
    aside = folder.with_name("aside")
    url = looks.cluster.rest.xcom(DAG, run_id, TASK)["stored"][0]
    folder.rename(aside)
    folder.symlink_to(aside)
    try:
        edit(url)
        assert refusal(viewer, looks.media_url(DAG, run_id, TASK, stored=0)) == (404, "not_allowed")
    finally:
        folder.unlink()
        aside.rename(folder)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("file:///etc/passwd", "not_allowed"),
        ("file://{home}/../../etc/passwd", "not_found"),
        ("file://{home}/airflow/airflow.db", "no_medium"),
        ("{vendor}/samples/duo.jpg", "elsewhere"),
        ("data:text/html,hello", "not_found"),
    ],
)
def test_an_input_that_a_forged_record_names(
    looks: Looks,
    viewer: Page,
    run_id: str,
    edit: Edit,
    forge: Callable[..., str],
    given: str,
    reason: str,
) -> None:
    url = given.format(home=looks.home, vendor=looks.sandbox.url)
    edit(forge("forged.jpg", b"\xff\xd8\xff\xe0" + b"x" * 64, inputs={"face": url}))
    assert refusal(viewer, looks.media_url(DAG, run_id, TASK, input="face")) == (404, reason)


def test_a_picture_that_is_html_as_well_runs_nothing(
    looks: Looks, viewer: Page, run_id: str, edit: Edit, forge: Callable[..., str]
) -> None:
    edit(forge("both.html", b"GIF89a/*" + HTML))
    url = looks.media_url(DAG, run_id, TASK, stored=0)
    reply = viewer.goto(url)
    assert reply and reply.headers["content-type"] == "image/gif"
    assert viewer.evaluate("document.contentType") == "image/gif"
    assert viewer.title() != "run"


def test_numbers_that_are_out_of_range(looks: Looks, viewer: Page, run_id: str) -> None:
    batch = looks.end(runs.doubtful_batch(looks))
    for what, refused in (
        ({"stored": 1}, (404, "not_found")),
        ({"stored": 10**6}, (404, "not_found")),
        ({"stored": -1}, (422, "")),
        ({"stored": 10**30}, (422, "")),
        ({"stored": "0x0"}, (422, "")),
        ({"stored": 0, "input": "source_img"}, (404, "not_found")),
        ({}, (404, "not_found")),
        ({"input": "stored"}, (404, "not_found")),
        ({"input": "source_img", "number": 1}, (404, "not_found")),
        ({"input": "source_img", "number": -1}, (422, "")),
        ({"input": "x" * 65}, (422, "")),
        ({"stored": 0, "map_index": 0}, (404, "not_found")),
        ({"stored": 0, "map_index": 10**6}, (404, "not_found")),
        ({"stored": 0, "map_index": -2}, (422, "")),
        ({"stored": 0, "map_index": "*"}, (422, "")),
    ):
        assert (what, refusal(viewer, looks.media_url(DAG, run_id, TASK, **what))) == (what, refused)
    for what, refused in (
        ({"row": 8}, (404, "not_found")),
        ({"row": 10**6}, (404, "not_found")),
        ({"row": -1}, (422, "")),
        ({"row": 10**30}, (422, "")),
        ({"row": "1e1"}, (422, "")),
        ({"row": 4, "map_index": 0}, (404, "not_found")),
        ({"row": 0}, (404, "not_found")),  # it is in doubt, and stored nothing
    ):
        url = looks.media_url("batch_in_doubt", batch, "swap", stored=0, **what)
        assert (what, refusal(viewer, url)) == (what, refused)
    reply = viewer.request.get(looks.media_url("batch_in_doubt", batch, "swap", stored=0, row=4))
    assert reply.headers["content-type"].startswith("image/")


def test_names_that_are_not_the_tasks_own(looks: Looks, viewer: Page, run_id: str, theirs: str) -> None:
    others = looks.ended("theirs", "theirs")
    for dag_id, run, task_id, statuses in (
        (DAG, others, "swap", {404}),
        (DAG, run_id, "swap", {404}),
        (DAG, run_id, "%", {404}),
        ("theirs", others, "swap", {403}),
        ("Theirs", others, "swap", {403, 404}),
        ("~", run_id, TASK, {403, 404}),
        ("*", run_id, TASK, {403, 404}),
        (f"{DAG}%2F..%2Ftheirs", others, "swap", {403, 404}),
        (f"{DAG}/../theirs", others, "swap", {403, 404}),
        (f"{DAG}%00", run_id, TASK, {403, 404}),
        (f"{DAG}%20", run_id, TASK, {403, 404}),
    ):
        reply = viewer.request.get(looks.media_url(dag_id, run, task_id, stored=0))
        assert reply.status in statuses and len(reply.body()) < 600, (dag_id, task_id, reply.status)
        rows = viewer.request.get(looks.rows_url(dag_id, run, task_id))
        assert rows.status in statuses, (dag_id, task_id, rows.status)


def test_two_dag_ids_in_one_query(looks: Looks, viewer: Page, theirs: str) -> None:
    others = looks.ended("theirs", "theirs")
    url = looks.media_url("theirs", others, "swap", stored=0)
    assert viewer.request.get(f"{url}&dag_id={DAG}").status == 403


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_a_file_that_another_user_put_there(
    looks: Looks, viewer: Page, run_id: str, edit: Edit, folder: Path, forge: Callable[..., str]
) -> None:
    edit(forge("given.jpg", b"\xff\xd8\xff\xe0" + b"x" * 64))
    os.chown(folder / "given.jpg", 65534, 65534)
    assert refusal(viewer, looks.media_url(DAG, run_id, TASK, stored=0)) == (404, "not_ours")
