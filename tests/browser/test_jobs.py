"""Browse > Face swaps: what is in doubt, runs and failed, in all Dags that the viewer may read."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.looks import BLANKS, Looks, shown

HREF = re.compile("/runs/([^/]+)/tasks/swap")


@pytest.fixture(scope="module")
def failed(looks: Looks) -> str:
    looks.rules("progress", input_has="?n=turned", outcome="failed", message="The face is turned away.")
    return looks.ended("failed", "picture", faults="?n=turned")


@pytest.fixture(scope="module")
def doubtful(looks: Looks) -> str:
    looks.rules("faults", kind="accept_then_break", input_has="?n=listed")
    run_id = looks.ended("listed", "picture", faults="?n=listed")
    looks.mend()
    return run_id


def jobs_url(looks: Looks) -> str:
    return f"{looks.cluster.url}/faceswap/pages/static/jobs.html"


def opened(looks: Looks, page: Page) -> Page:
    page.goto(jobs_url(looks))
    expect(page.locator("#view")).to_have_attribute("aria-busy", "false", timeout=60_000)
    expect(page.locator("#view")).not_to_contain_text(BLANKS)
    return page


def job(page: Page, listing: str, run_id: str) -> Locator:
    return page.get_by_role("region", name=listing).get_by_role("listitem").filter(has_text=run_id)


def test_the_menu_leads_to_it(looks: Looks, page: Page, failed: str) -> None:
    page.goto(looks.cluster.url)
    page.get_by_role("button", name="Browse").click()
    page.get_by_role("menuitem", name="Face swaps").click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Failed")).to_be_visible()
    # A link moves Airflow's own page: the frame holds no second Airflow.
    frame.get_by_role("listitem").filter(has_text=failed).get_by_role(
        "link", name="swap", exact=False
    ).first.click()
    page.wait_for_url("**/tasks/swap/plugin/faceswap")
    expect(shown(page.frame_locator("iframe"))).to_contain_text("The face is turned away.")


def test_what_failed_and_what_is_in_doubt_says_why(
    looks: Looks, page: Page, failed: str, doubtful: str
) -> None:
    opened(looks, page)
    row = job(page, "Failed", failed)
    expect(row).to_contain_text("The face is turned away.")
    expect(row).to_contain_text(f"job {looks.kept('picture', failed)['job_id']}")
    row = job(page, "In doubt", doubtful)
    expect(row).to_contain_text("nobody knows whether it was accepted. Open the task to decide.")
    expect(row).to_contain_text("ModelsLab · multiple face swap")


def test_a_task_is_listed_while_it_waits_and_no_longer(looks: Looks, page: Page) -> None:
    looks.rules("progress", input_has="?n=held", outcome="never", eta=600)
    run_id = looks.run("picture", faults="?n=held")
    looks.cluster.rest.wait_for_task("picture", run_id, "swap", {"deferred"})
    opened(looks, page)
    row = job(page, "Running", run_id)
    expect(row).to_contain_text("Waiting")
    expect(row).to_contain_text("Airflow waits for job")
    looks.cluster.rest.request(
        "PATCH", f"/dags/picture/dagRuns/{run_id}/taskInstances/swap", json={"new_state": "failed"}
    )
    expect(row).to_have_count(0, timeout=30_000)
    expect(job(page, "Failed", run_id)).to_have_count(1)


def test_a_viewer_reads_it_and_a_stranger_sees_none_of_these_dags(
    looks: Looks, viewer: Page, stranger: Page, failed: str, doubtful: str
) -> None:
    opened(looks, viewer)
    expect(job(viewer, "Failed", failed)).to_have_count(1)
    expect(job(viewer, "In doubt", doubtful)).to_have_count(1)
    opened(looks, stranger)
    for run_id in (failed, doubtful):
        expect(stranger.get_by_role("listitem").filter(has_text=run_id)).to_have_count(0)


def test_nobody_reads_that_they_are_logged_out(looks: Looks, page_of: object) -> None:
    page = page_of("")  # type: ignore[operator]
    page.goto(jobs_url(looks))
    expect(page.get_by_role("alert")).to_contain_text("You are logged out")
    expect(page.get_by_role("listitem")).to_have_count(0)


def test_ten_thousand_task_instances_have_pages(looks: Looks, page: Page, failed: str) -> None:
    with closing(sqlite3.connect(looks.cluster.home / "airflow.db", timeout=60)) as database, database:
        names = [row[1] for row in database.execute("PRAGMA table_info(task_instance)")]
        rest = ", ".join(name for name in names if name not in ("id", "map_index"))
        copies = [(uuid4().hex, index, failed) for index in range(10_000)]
        database.executemany(
            f"INSERT INTO task_instance (id, map_index, {rest}) SELECT ?, ?, {rest} FROM task_instance"
            " WHERE run_id = ? AND dag_id = 'picture' AND map_index = -1",
            copies,
        )
    try:
        opened(looks, page)
        region = page.get_by_role("region", name="Failed")
        expect(region.get_by_role("heading")).to_contain_text(re.compile(r"10,0\d\d"))
        expect(region.get_by_role("listitem")).to_have_count(20)
        region.get_by_role("button", name="Next").click()
        expect(region.get_by_role("navigation")).to_contain_text("21 to 40 of 10,0")
        expect(region.get_by_role("listitem")).to_have_count(20)
    finally:
        with closing(sqlite3.connect(looks.cluster.home / "airflow.db", timeout=60)) as database, database:
            database.execute("DELETE FROM task_instance WHERE run_id = ? AND map_index >= 0", (failed,))


@pytest.mark.parametrize("width", [320, 768, 1600])
def test_it_never_scrolls_sideways(looks: Looks, page: Page, failed: str, doubtful: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    opened(looks, page)
    root = "document.documentElement"
    assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")


def test_the_links_of_a_task_lead_to_its_tab_and_to_what_it_stored(looks: Looks, page: Page) -> None:
    run_id = looks.ended("both", "picture_and_clip")
    page.goto(f"{looks.cluster.url}/dags/picture_and_clip/runs/{run_id}/tasks/picture/details")
    page.get_by_role("link", name="Stored result").click()
    page.wait_for_url("**/faceswap/pages/dags/picture_and_clip/media?*")
    assert page.locator("img").evaluate("image => image.naturalWidth") > 0
    page.go_back()
    page.locator("a", has_text="Face swap").filter(has_not_text="swaps").first.click()
    page.wait_for_url("**/tasks/picture/plugin/faceswap")


def test_the_link_to_the_tab_is_there_while_the_task_waits_mapped_or_not(looks: Looks) -> None:
    looks.rules("progress", input_has="?n=linked", outcome="never", eta=600)
    run_id, rest = looks.run("picture", faults="?n=linked"), looks.cluster.rest
    rest.wait_for_task("picture", run_id, "swap", {"deferred"})
    links = rest.request("GET", f"/dags/picture/dagRuns/{run_id}/taskInstances/swap/links")["extra_links"]
    assert links["Face swap"].endswith("/tasks/swap/plugin/faceswap") and not links["Stored result"]
    rest.request("PATCH", f"/dags/picture/dagRuns/{run_id}/taskInstances/swap", json={"new_state": "failed"})
    run_id = looks.ended("mapped", "pictures_mapped")
    path = f"/dags/pictures_mapped/dagRuns/{run_id}/taskInstances/swap/links"
    links = rest.request("GET", f"{path}?map_index=1")["extra_links"]
    assert links["Face swap"].endswith("/tasks/swap/mapped/1/plugin/faceswap")
    assert "map_index=1&stored=0" in links["Stored result"]
