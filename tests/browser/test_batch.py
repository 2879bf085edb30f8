"""A batch that has ended: its counts, its rows page by page, and its rows in doubt settled."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Locator, Page, expect

from airflow_provider_faceswap.batch.manifest import Ledger, read_manifest
from tests.browser import runs
from tests.browser.looks import Looks

pytestmark = pytest.mark.usefixtures("begun")

HALF, MANY = runs.HALF, 10_000
LOST = "faceswap-v2-async"
Found = TypeVar("Found")


def apart(act: Callable[[], Found]) -> Found:
    """Do something in a thread: the browser's event loop runs in this one, and storage is refused on it."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act).result()


def job_ids(looks: Looks, dag_id: str) -> set[str]:
    """Return the jobs that the manifest of a Dag's batch names."""
    manifest = f"file://{looks.home}/results/{dag_id}/manifest.jsonl"
    return apart(lambda: {str(line["job_id"]) for line in read_manifest(manifest) if line["job_id"]})


@pytest.fixture
def run_id(looks: Looks) -> str:
    """A batch of which every second row failed."""
    return looks.end(runs.half_failed_batch(looks))


def test_a_batch_that_failed_by_half_shows_its_counts(looks: Looks, page: Page, run_id: str) -> None:
    view = looks.open(page, "batch", run_id, "swap")
    bar = view.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", str(HALF))
    expect(bar).to_have_attribute("aria-valuemax", str(HALF))
    expect(view).to_contain_text(f"{HALF} of {HALF} rows done")
    for name, number in (("All", HALF), ("Success", HALF // 2), ("Failed", HALF // 2)):
        expect(view.get_by_role("button", name=f"{name} {number}")).to_be_visible()
    expect(view.get_by_role("button", name=f"All {HALF}")).to_have_attribute("aria-pressed", "true")
    expect(view.get_by_role("button", name="Stop submitting")).to_have_count(0)


def test_the_rows_are_filtered_by_state(looks: Looks, page: Page, run_id: str) -> None:
    view = looks.open(page, "batch", run_id, "swap")
    view.locator(".chip", has_text="Failed").click()
    expect(view.locator("figure .badge")).to_have_text(["Failed"] * (HALF // 2))
    expect(view.locator("figure .problem").first).to_contain_text("No face found.")
    view.locator(".chip", has_text="Success").click()
    expect(view.locator("figure .badge")).to_have_text(["Success"] * (HALF // 2))
    expect(view.locator("figure .title").first).to_have_text("Row 0")


def test_the_rows_come_page_by_page(looks: Looks, page: Page, run_id: str) -> None:
    view = looks.open(page, "batch", run_id, "swap")
    titles = view.locator("figure .title")
    expect(titles).to_have_text([f"Row {number}" for number in range(20)])
    view.get_by_role("button", name="Next").click()
    expect(titles).to_have_text([f"Row {number}" for number in range(20, HALF)])
    expect(view.get_by_role("button", name="Next")).to_be_disabled()
    expect(view.get_by_role("navigation")).to_contain_text(f"21 to {HALF} of {HALF}")
    for image in view.locator("figure img").all()[:3]:
        image.scroll_into_view_if_needed()
        image.evaluate("image => image.decode()")


def settled(looks: Looks, page: Page, run_id: str, in_doubt: int) -> Locator:
    """Wait until the batch has ended again with this number of rows in doubt; return its rows in doubt."""
    looks.end(run_id)
    view = looks.open(page, "batch_in_doubt", run_id, "swap")
    chip = view.locator(".chip", has_text="In doubt")
    if not in_doubt:
        expect(chip).to_have_count(0)
        return view
    expect(chip).to_have_text(f"In doubt {in_doubt}")
    chip.click()
    expect(view.locator("figure .badge")).to_have_text(["In doubt"] * in_doubt)
    return view


def test_rows_in_doubt_are_settled_one_by_one_and_the_rest_at_once(looks: Looks, page: Page) -> None:
    run_id = runs.doubtful_batch(looks)
    looks.end(runs.half_failed_batch(looks))  # by the same operation
    view = settled(looks, page, run_id, 4)
    jobs = looks.sandbox.http.get(f"/_sandbox/jobs?operation={LOST}").json()["jobs"]
    (lost,) = {str(job["id"]) for job in jobs} - job_ids(looks, "batch_in_doubt") - job_ids(looks, "batch")
    before = looks.accepted(LOST) - 5

    row = view.locator("figure", has_text="Row 0")
    row.get_by_label("Job id at the vendor").fill(lost)
    row.get_by_role("button", name="It was accepted").click()
    page.get_by_role("dialog").get_by_role("button", name="Adopt it").click()
    expect(row.get_by_role("status")).to_contain_text(f"Job {lost} is adopted")
    view = settled(looks, page, run_id, 3)
    assert looks.accepted(LOST) == before + 5

    row = view.locator("figure", has_text="Row 1")
    row.get_by_role("button", name="It was not accepted").click()
    page.get_by_role("dialog").get_by_role("button", name="Buy it again").click()
    expect(row.get_by_role("status")).to_contain_text("Decided.")
    view = settled(looks, page, run_id, 2)
    assert looks.accepted(LOST) == before + 6

    view.get_by_role("button", name="None of the 2 rows in doubt was accepted").click()
    page.get_by_role("dialog").get_by_role("button", name="Buy them again").click()
    expect(view.locator(".summary .said")).to_contain_text("Decided.")
    view = settled(looks, page, run_id, 0)
    expect(view).to_contain_text("8 of 8 rows done")
    expect(view.locator(".summary .badge")).to_have_text("Success")
    assert looks.accepted(LOST) == before + 8
    assert lost in job_ids(looks, "batch_in_doubt")


@pytest.fixture
def many(looks: Looks) -> str:
    """A batch of ten thousand rows, of which one in a hundred failed; nobody bought them."""
    folder = f"{looks.home}/results/many"
    run_id = looks.ended("many", "batch", items=[], output_path=f"file://{folder}")
    lines = {f"key{index}": row(index) for index in range(MANY)}
    apart(lambda: write(f"file://{folder}", lines))
    failed = sum(line["status"] == "failed" for line in lines.values())
    summary = {"total": MANY, "succeeded": MANY - failed, "failed": failed, "not_sent": 0, "reused": 0}
    path = f"/dags/batch/dagRuns/{run_id}/taskInstances/swap/xcomEntries/return_value"
    value = {**looks.cluster.rest.xcom("batch", run_id, "swap"), **summary}
    looks.cluster.rest.request("PATCH", path, json={"value": value, "map_index": -1})
    return run_id


def write(folder: str, lines: dict[str, dict[str, Any]]) -> None:
    ledger = Ledger(folder)
    ledger.load()
    ledger.merge(lines)


def row(index: int) -> dict[str, Any]:
    """Return a line of a manifest."""
    failed = index % 100 == 99
    return {
        "index": index,
        "key": f"key{index}",
        "item": {"face": "s3://my_aws_conn@my-bucket/clips/hopper.jpg"},
        "status": "failed" if failed else "success",
        "job_id": f"job-{index}",
        "output": [],
        "stored": [],
        "bytes": 69_453,
        "cost": {"amount": 0.004, "unit": "credits"},
        "error": "No face found." if failed else None,
        "inputs": {"target_img": f"https://example.com/pictures/{index}.jpg"},
        "consent_reference": None,
        "provider": "segmind",
        "operation": "faceswap-v2",
        "journal": {
            "by": f"{'0' * 16}.0",
            "endpoint": "faceswap-v2",
            "paid": 1.0,
            "at": 1.0,
            "entry": {"state": "failed" if failed else "finished"},
        },
    }


SINCE_OPENED = "Math.round(performance.now())"


def test_ten_thousand_rows_open_and_are_filtered_and_turned(looks: Looks, page: Page, many: str) -> None:
    view = looks.open(page, "batch", many, "swap")
    opened = page.evaluate(SINCE_OPENED)
    expect(view).to_contain_text("10,000 of 10,000 rows done")
    expect(view.locator("figure .title")).to_have_text([f"Row {number}" for number in range(20)])
    expect(view.get_by_role("navigation")).to_contain_text(re.compile("1 to 20 of 10,000"))

    before = page.evaluate(SINCE_OPENED)
    view.get_by_role("button", name="Next").click()
    expect(view.locator("figure .title").first).to_have_text("Row 20")
    turned = page.evaluate(SINCE_OPENED) - before

    before = page.evaluate(SINCE_OPENED)
    view.get_by_role("button", name="Failed 100").click()
    expect(view.locator("figure .title").first).to_have_text("Row 99")
    filtered = page.evaluate(SINCE_OPENED) - before
    expect(view.locator("figure .badge")).to_have_text(["Failed"] * 20)
    print(f"10,000 rows: opened in {opened} ms, page turned in {turned} ms, filtered in {filtered} ms")
