"""Who sees what, and may do what, with real logins: a viewer, a stranger, and nobody."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import APIResponse, Page, Request, expect

from tests.browser import runs
from tests.browser.looks import Looks, figure, shown

pytestmark = pytest.mark.usefixtures("begun")

PICTURES = "multiple_face_swap"
NOT_YOURS = "Your role may not clear this task, so it cannot decide here. Ask somebody who may."


@pytest.fixture
def run_id(looks: Looks) -> str:
    return looks.end(runs.both(looks))


@pytest.fixture
def doubt(looks: Looks) -> str:
    """A run whose submission is in doubt; nobody decides about it."""
    return looks.end(runs.doubtful(looks, "to look at"))


def asked(looks: Looks, page: Page, method: str, path: str, body: Any = None) -> APIResponse:
    """Ask Airflow's API with the session of a page."""
    return page.request.fetch(f"{looks.cluster.url}/api/v2{path}", method=method, data=body)


@pytest.mark.parametrize("user", ["page", "viewer"])
def test_who_may_see_the_dag_sees_its_pictures(
    looks: Looks, run_id: str, request: pytest.FixtureRequest, user: str
) -> None:
    page: Page = request.getfixturevalue(user)
    page.goto(looks.framed_url("picture_and_clip", run_id, "picture"))
    view = shown(page.frame_locator("iframe"))
    for name in ("Before: astronaut.jpg", "After: "):
        image = view.get_by_alt_text(name)
        image.scroll_into_view_if_needed()
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def test_a_viewer_reads_who_decides_instead_of_buttons(looks: Looks, viewer: Page, doubt: str) -> None:
    view = looks.open(viewer, "picture", doubt, "swap")
    expect(view.locator(".doubt")).to_contain_text("Sign in to your account at ModelsLab")
    expect(view.locator(".doubt")).to_contain_text(NOT_YOURS)
    expect(view.get_by_role("button", name="accepted")).to_have_count(0)
    expect(view.get_by_label("Job id at the vendor")).to_be_hidden()


def test_a_viewer_buys_no_other_job(looks: Looks, viewer: Page, run_id: str) -> None:
    view = looks.open(viewer, "picture_and_clip", run_id, "picture")
    expect(figure(view).locator(".badge")).to_have_text("Success")
    expect(view.get_by_role("button", name="Buy another")).to_have_count(0)


def test_a_viewer_decides_nothing_about_rows_and_stops_no_batch(looks: Looks, viewer: Page) -> None:
    run_id = runs.doubtful_batch(looks)
    looks.end(run_id)
    view = looks.open(viewer, "batch_in_doubt", run_id, "swap")
    view.locator(".chip", has_text="In doubt").click()
    expect(view.locator("figure .doubt").first).to_contain_text(NOT_YOURS)
    expect(view.get_by_role("button", name="accepted")).to_have_count(0)

    view = looks.open(viewer, "batch_slowly", runs.slow_batch(looks), "swap")
    expect(view.get_by_role("progressbar")).to_be_visible()
    expect(view.get_by_role("button", name="Stop submitting")).to_have_count(0)


def test_the_api_refuses_a_viewer(looks: Looks, viewer: Page, doubt: str) -> None:
    task = f"/dags/picture/dagRuns/{doubt}/taskInstances/swap"
    keys = [f"{task}/state-store/{key}" for key in ("faceswap_decision", "faceswap_stop", "faceswap")]
    clear = {"dry_run": False, "dag_run_id": doubt, "task_ids": ["swap"], "only_failed": False}
    xcom = {"key": "return_value", "value": {"stored": []}}
    for method, path, body in (
        *(("PUT", key, {"value": {"action": "resubmit"}}) for key in keys),
        *(("DELETE", key, None) for key in keys),
        ("POST", "/dags/picture/clearTaskInstances", clear),
        ("POST", "/dags/picture/clearTaskInstances", {**clear, "dry_run": True}),
        ("PATCH", task, {"new_state": "success"}),
        ("POST", f"{task}/xcomEntries", xcom),
        ("POST", "/dags/picture/dagRuns", {"logical_date": None, "conf": {}}),
    ):
        assert (method, path, asked(looks, viewer, method, path, body).status) == (method, path, 403)


def test_what_an_admin_sent_buys_nothing_more_when_a_viewer_sends_it(
    looks: Looks, page: Page, viewer: Page
) -> None:
    run_id = looks.end(runs.doubtful(looks, "to replay"))
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method in ("PUT", "POST") else None)
    view = looks.open(page, "picture", run_id, "swap")
    view.get_by_role("button", name="It was not accepted").click()
    page.get_by_role("dialog").get_by_role("button", name="Buy it again").click()
    expect(view.locator(".badge")).to_have_text("Success", timeout=90_000)
    tries, paid = (
        looks.cluster.rest.task_instance("picture", run_id, "swap")["try_number"],
        looks.accepted(PICTURES),
    )

    assert [request.method for request in sent] == ["POST", "PUT", "POST"]
    for request in sent:
        reply = viewer.request.fetch(request.url, method=request.method, data=request.post_data)
        assert reply.status == 403
    task = looks.cluster.rest.task_instance("picture", run_id, "swap")
    assert (task["state"], task["try_number"], looks.accepted(PICTURES)) == ("success", tries, paid)


def test_a_stranger_reads_a_sentence_alone(looks: Looks, stranger: Page, run_id: str) -> None:
    for task_id in ("picture", ""):
        view = looks.open(stranger, "picture_and_clip", run_id, task_id)
        expect(view.get_by_role("alert")).to_contain_text("You may not do or see this")
        expect(view.locator("figure")).to_have_count(0)


def test_a_stranger_gets_no_picture_and_no_row(looks: Looks, stranger: Page, run_id: str) -> None:
    for url in (
        looks.media_url("picture_and_clip", run_id, "picture", stored=0),
        looks.media_url("picture_and_clip", run_id, "picture", input="target_img"),
        looks.rows_url("batch_in_doubt", runs.doubtful_batch(looks), "swap"),
    ):
        assert (url, stranger.request.get(url).status) == (url, 403)


def test_nobody_gets_in_without_a_login(looks: Looks, nobody: Page, run_id: str) -> None:
    view = looks.open(nobody, "picture_and_clip", run_id, "picture")
    expect(view.get_by_role("alert")).to_contain_text("You are logged out. Log in to Airflow")
    expect(view.locator("figure")).to_have_count(0)
    for url in (
        looks.media_url("picture_and_clip", run_id, "picture", stored=0),
        looks.rows_url("batch_in_doubt", runs.doubtful_batch(looks), "swap"),
    ):
        assert (url, nobody.request.get(url).status) == (url, 401)


def test_who_logs_out_meanwhile_is_told_and_sees_all_again_after_a_login(
    looks: Looks, page: Page, run_id: str
) -> None:
    view = looks.open(page, "batch_slowly", runs.slow_batch(looks), "swap")
    expect(view.get_by_role("progressbar")).to_be_visible()
    cookies = page.context.cookies()
    page.context.clear_cookies()
    view = looks.open(page, "picture_and_clip", run_id, "picture")
    expect(view.get_by_role("alert")).to_contain_text("You are logged out.")
    page.context.add_cookies(cookies)
    view = looks.open(page, "picture_and_clip", run_id, "picture")
    expect(figure(view).locator(".badge")).to_have_text("Success")
