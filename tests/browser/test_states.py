"""Each way that a task can stand has its own sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.looks import Looks, figure

ENTRY = {
    "provider": "modelslab",
    "operation": "multiple_face_swap",
    "base_url": "https://modelslab.com",
    "made_from": {
        "init_image": "https://example.com/crowd.jpg",
        "target_image": "https://example.com/me.jpg",
    },
    "attempted_at": 1795314081.3711398,
}


@pytest.fixture
def failed(looks: Looks) -> Iterator[str]:
    """A run whose task failed: what it keeps may be overwritten."""
    looks.rules("progress", input_has="?n=turned", outcome="failed", message="The face is turned away.")
    run_id = looks.ended("failed", "picture", faults="?n=turned")
    before = looks.kept("picture", run_id)
    yield run_id
    looks.keep("picture", run_id, before)


def changed(page: Page, path: str, change: dict[str, Any]) -> None:
    """Let Airflow answer with some fields changed."""

    def answer(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, json={**response.json(), **change})

    page.route(path, answer)


def refused(page: Page, path: str, status: int, detail: str = "no") -> None:
    page.route(path, lambda route: route.fulfill(status=status, json={"detail": detail}))


def test_a_failed_job_is_shown_in_the_vendors_words(looks: Looks, page: Page, failed: str) -> None:
    view = looks.open(page, "picture", failed, "swap")
    expect(figure(view).locator(".badge")).to_have_text("Failed")
    expect(figure(view).locator(".problem")).to_have_text("The face is turned away.")
    expect(view).to_contain_text("ModelsLab took the job, and it failed for good.")


def test_a_job_that_is_waited_for_says_its_id_and_its_expected_end(looks: Looks, page: Page) -> None:
    looks.rules("progress", input_has="?n=never", outcome="never", eta=600)
    run_id = looks.run("picture", faults="?n=never")
    looks.cluster.rest.wait_for_task("picture", run_id, "swap", {"deferred"})
    job_id = looks.kept("picture", run_id)["job_id"]

    view = looks.open(page, "picture", run_id, "swap")
    expect(figure(view).locator(".badge")).to_have_text("Waiting")
    expect(figure(view).locator(".sentence")).to_contain_text(f"Airflow waits for job {job_id} at ModelsLab")
    expect(figure(view).locator(".sentence")).to_contain_text("Expected end:")
    looks.cluster.rest.request("PATCH", f"/dags/picture/dagRuns/{run_id}", json={"state": "failed"})


def test_the_tab_goes_from_waiting_to_done_by_itself(looks: Looks, page: Page) -> None:
    looks.rules("progress", input_has="?n=soon", after_seconds=12)
    run_id = looks.run("picture", faults="?n=soon")
    looks.cluster.rest.wait_for_task("picture", run_id, "swap", {"deferred"})
    view = looks.open(page, "picture", run_id, "swap")
    expect(figure(view).locator(".badge")).to_have_text("Waiting")
    page.evaluate("document.querySelector('figure').dataset.mark = 'the same'")
    expect(figure(view).locator(".badge")).to_have_text("Success", timeout=90_000)
    expect(view.locator("figure[data-mark='the same'] img[alt^=After]")).to_be_visible()


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"state": "refused", "problem": "No credits left."}, "ModelsLab did not take the job."),
        ({"state": "running", "job_id": "278"}, "Job 278 was submitted, and its result was not collected."),
        ({"state": "finished", "job_id": "278"}, "Job 278 is done and paid, but the task failed after it."),
        ({"state": "in_doubt"}, "got no answer that says whether the job was accepted"),
        ({"state": "intent"}, "If it was, it is paid: nothing is bought again until you decide."),
    ],
)
def test_what_the_journal_knows_of_a_failed_task(
    looks: Looks, page: Page, failed: str, entry: dict[str, Any], says: str
) -> None:
    looks.keep("picture", failed, {**ENTRY, **entry})
    view = looks.open(page, "picture", failed, "swap")
    expect(view).to_contain_text(says)


@pytest.mark.parametrize("value", [["an", "array"], "s3://bucket/where/it/lies", True, {"state": "lost"}])
def test_an_entry_that_cannot_be_read_gives_a_sentence_and_no_buttons(
    looks: Looks, page: Page, failed: str, value: Any
) -> None:
    looks.keep("picture", failed, value)
    view = looks.open(page, "picture", failed, "swap")
    expect(view.locator(".badge")).to_have_text("Failed")
    expect(view.locator(".note")).not_to_be_empty()
    expect(view.get_by_role("button", name="buy")).to_have_count(0)


@pytest.mark.parametrize(
    ("state", "label", "says"),
    [
        (None, "Not started", "The task has not started yet."),
        ("queued", "Queued", "no worker has started it yet"),
        ("running", "Running", "A worker"),
        ("up_for_retry", "Retrying", "Airflow tries again by itself."),
        ("upstream_failed", "Upstream failed", "nothing was submitted"),
        ("skipped", "Skipped", "Airflow skipped the task."),
        ("some_new_state", "Some_new_state", "Airflow says: some_new_state."),
    ],
)
def test_each_state_of_airflows(
    looks: Looks, page: Page, failed: str, state: str | None, label: str, says: str
) -> None:
    changed(page, "**/taskInstances/swap", {"state": state})
    view = looks.open(page, "picture", failed, "swap")
    expect(view.locator("figure .badge")).to_have_text(label)
    expect(view.locator("figure .sentence")).to_contain_text(says)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "You are logged out."),
        (403, "You may not do or see this"),
        (404, "Nobody knows it."),
        (500, "tries again"),
    ],
)
def test_why_nothing_can_be_shown(looks: Looks, page: Page, failed: str, status: int, says: str) -> None:
    refused(page, "**/taskInstances/swap", status, "Nobody knows it.")
    view = looks.open(page, "picture", failed, "swap")
    expect(view.get_by_role("alert")).to_contain_text(says)
    expect(view.locator("figure")).to_have_count(0)


def test_below_airflow_3_3_a_sentence_says_what_is_missing(looks: Looks, page: Page, failed: str) -> None:
    refused(page, "**/state-store/**", 404, "Not Found")
    changed(page, "**/api/v2/version", {"version": "3.2.2"})
    view = looks.open(page, "picture", failed, "swap")
    expect(view.locator(".note")).to_contain_text("Airflow 3.2.2 keeps no task state")


def test_what_people_and_vendors_write_is_text_and_no_markup(looks: Looks, page: Page, failed: str) -> None:
    words = "<img src=x onerror=alert(1)> & <b>turned</b>"
    looks.keep("picture", failed, {**ENTRY, "state": "failed", "job_id": "278", "problem": words})
    view = looks.open(page, "picture", failed, "swap")
    expect(view.locator(".problem")).to_have_text(words)
    expect(view.locator(".problem *")).to_have_count(0)


def test_a_link_that_is_no_web_address_is_never_opened(looks: Looks, page: Page, failed: str) -> None:
    made_from = {"init_image": "javascript:alert(1)", "target_image": "data:text/html,hello"}
    looks.keep("picture", failed, {**ENTRY, "state": "failed", "job_id": "278", "made_from": made_from})
    view = looks.open(page, "picture", failed, "swap")
    expect(view.get_by_role("button", name="Open in")).to_have_count(0)
    assert "javascript:" not in json.dumps(page.evaluate("[...document.links].map((link) => link.href)"))
