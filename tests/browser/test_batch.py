"""A batch: its progress, its counts, and its rows page by page."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.looks import Looks

ROWS = 50


@pytest.fixture
def run_id(looks: Looks) -> str:
    """A batch of which one row in ten failed, and one is in doubt."""
    media = f"file://{looks.home}/media"
    items = [
        {
            "target": f"{media}/{('astronaut', 'duo')[number % 2]}.jpg",
            "face": f"{media}/hopper.jpg",
            "output_name": f"row-{number}",
        }
        for number in range(ROWS)
    ]
    looks.rules("faults", kind="html_200", times=1)
    looks.rules("faults", kind="error", every=10, code=400, message="No face found.")
    try:
        return looks.ended("batch", "batch", items=items)
    finally:
        looks.mend()


def test_a_batch_shows_how_far_it_is(looks: Looks, page: Page, run_id: str) -> None:
    view = looks.open(page, "batch", run_id, "swap")
    bar = view.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", str(ROWS))
    expect(bar).to_have_attribute("aria-valuemax", str(ROWS))
    expect(view).to_contain_text(f"{ROWS} of {ROWS} rows done")
    expect(view.get_by_role("button", name=f"All {ROWS}")).to_have_attribute("aria-pressed", "true")


FIGURES = {
    "total": 50, "done": 20, "running": 10, "succeeded": 19, "failed": 1, "in_doubt": 0, "unfinished": 0,
    "left": 20, "rate": 12.4, "expected_end": "2126-11-22T10:00:00.000+00:00",
    "cost": {"amount": 0.08, "unit": "credits"}, "updated_at": "2026-11-22T02:00:00.000+00:00",
}  # fmt: skip


@pytest.fixture
def running(page: Page) -> dict[str, Any]:
    """Let Airflow say that the batch still runs, and how far it is."""
    figures = {**FIGURES}

    def as_deferred(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, json={**response.json(), "state": "deferred"})

    page.route("**/taskInstances/swap", as_deferred)
    page.route("**/xcomEntries/**", lambda route: route.fulfill(status=404, json={"detail": "none"}))
    page.route("**/state-store/faceswap_progress*", lambda route: route.fulfill(json={"value": figures}))
    return figures


def test_a_batch_that_runs_shows_its_rate_and_moves(
    looks: Looks, page: Page, run_id: str, running: dict[str, Any]
) -> None:
    view = looks.open(page, "batch", run_id, "swap")
    expect(view).to_contain_text("20 of 50 rows done")
    expect(view.locator(".summary .facts")).to_contain_text("12 a minute")
    expect(view.locator(".summary .facts")).to_contain_text("2126-11-22 10:00:00 UTC")
    bar = view.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", "20")

    running.update(done=40, succeeded=39)
    expect(bar).to_have_attribute("aria-valuenow", "40")
    expect(view).to_contain_text("40 of 50 rows done")


def test_a_batch_is_asked_to_stop_submitting(
    looks: Looks, page: Page, run_id: str, running: dict[str, Any]
) -> None:
    view = looks.open(page, "batch", run_id, "swap")
    view.get_by_role("button", name="Stop submitting").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop submitting").click()
    expect(view.locator(".summary .said")).to_contain_text("Nothing more is submitted.")
    expect(view.get_by_role("button", name="Stop submitting")).to_have_count(0)
    assert set(looks.kept("batch", run_id, "faceswap_stop")) == {"at"}


def test_the_rows_are_filtered_by_state(looks: Looks, page: Page, run_id: str) -> None:
    view = looks.open(page, "batch", run_id, "swap")
    chip = view.locator(".chip", has_text="Failed")
    number = int(chip.inner_text().split()[-1])
    chip.click()
    expect(view.locator("figure")).to_have_count(number)
    expect(view.locator("figure .badge")).to_have_text(["Failed"] * number)
    expect(view.locator("figure .problem").first).to_contain_text("No face found.")


def test_the_rows_come_page_by_page(looks: Looks, page: Page, run_id: str) -> None:
    view = looks.open(page, "batch", run_id, "swap")
    titles = view.locator("figure .title")
    expect(titles).to_have_text([f"Row {number}" for number in range(20)])
    for shown in (range(20, 40), range(40, ROWS)):
        view.get_by_role("button", name="Next").click()
        expect(titles).to_have_text([f"Row {number}" for number in shown])
    expect(view.get_by_role("button", name="Next")).to_be_disabled()
    expect(view.get_by_role("navigation")).to_contain_text("41 to 50 of 50")
    for image in view.locator("figure img").all()[:3]:
        image.scroll_into_view_if_needed()
        image.evaluate("image => image.decode()")


def test_all_rows_in_doubt_are_decided_at_once(looks: Looks, page: Page, run_id: str) -> None:
    view = looks.open(page, "batch", run_id, "swap")
    view.locator(".chip", has_text="In doubt").click()
    expect(view.locator("figure .badge")).to_have_text(["In doubt"])
    rows = view.locator("figure .title").all_inner_texts()
    page.route("**/clearTaskInstances", lambda route: route.fulfill(json={}))
    view.get_by_role("button", name="None of the").click()
    page.get_by_role("dialog").get_by_role("button", name="Buy them again").click()
    expect(view.locator(".summary .said")).to_contain_text("Decided.")

    decision = looks.kept("batch", run_id, "faceswap_decision")
    assert {f"Row {index}" for index in decision["rows"]} == set(rows)
    assert {row["action"] for row in decision["rows"].values()} == {"resubmit"}
    assert all(row["attempt"] for row in decision["rows"].values())
