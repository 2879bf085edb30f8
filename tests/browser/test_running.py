"""A batch of 200 rows while it runs: its bar moves, a press stops it, and a clear submits the rest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import runs
from tests.browser.looks import Looks

pytestmark = pytest.mark.usefixtures("begun")

ROWS = runs.SLOW


def test_a_batch_moves_is_stopped_and_goes_on(looks: Looks, page: Page) -> None:
    run_id = runs.slow_batch(looks)
    view = looks.open(page, "batch_slowly", run_id, "swap")
    bar, facts = view.get_by_role("progressbar"), view.locator(".summary .facts")
    expect(bar).to_have_attribute("aria-valuemax", str(ROWS), timeout=120_000)
    for _ in range(2):
        before = bar.get_attribute("aria-valuenow") or ""
        expect(bar).not_to_have_attribute("aria-valuenow", before, timeout=120_000)
        assert int(bar.get_attribute("aria-valuenow") or 0) > int(before)
    expect(facts).to_contain_text("a minute")
    expect(facts).to_contain_text("Expected end")
    expect(view).to_contain_text(f"of {ROWS} rows done")

    view.get_by_role("button", name="Stop submitting").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop submitting").click()
    expect(view.locator(".summary .said")).to_contain_text("Nothing more is submitted.")
    expect(view.get_by_role("button", name="Stop submitting")).to_have_count(0)

    assert looks.cluster.rest.wait_for_run("batch_slowly", run_id) == "failed"
    summary = looks.cluster.rest.xcom("batch_slowly", run_id, "swap")
    paid = looks.accepted("single_face_swap")
    assert 0 < paid < ROWS
    assert (summary["succeeded"], summary["not_sent"]) == (paid, ROWS - paid)
    expect(view.locator(".summary .badge")).to_have_text("Failed")
    expect(view).to_contain_text(f"{paid} of {ROWS} rows done")

    looks.rules("progress", input_has="?slow&", after_seconds=0)
    looks.cluster.rest.clear("batch_slowly", run_id, "swap")
    assert looks.cluster.rest.wait_for_run("batch_slowly", run_id) == "success"
    view = looks.open(page, "batch_slowly", run_id, "swap")
    expect(bar).to_have_attribute("aria-valuenow", str(ROWS))
    expect(view).to_contain_text(f"{ROWS} of {ROWS} rows done")
    assert looks.accepted("single_face_swap") == ROWS
    manifest = Path(looks.home, "results/batch_slowly/manifest.jsonl").read_text().splitlines()
    assert len({json.loads(line)["job_id"] for line in manifest}) == ROWS
