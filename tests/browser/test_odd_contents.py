"""Whatever people, vendors and Airflow answer, the page makes sense of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.looks import SCROLLS, Looks

Answer = Callable[..., None]


@pytest.fixture
def failed(looks: Looks) -> str:
    """A run whose task failed; the tests below answer for Airflow what it keeps of that task."""
    looks.rules("progress", input_has="?n=turned", outcome="failed", message="The face is turned away.")
    return looks.ended("failed", "picture", faults="?n=turned")


@pytest.fixture
def answer(looks: Looks, page: Page, failed: str) -> Answer:
    """
    Answers for Airflow, as its API never would by itself: people write XComs and task state.

    ``task`` changes fields of the task instance, ``result`` and ``entry`` are values, ``rows`` is the reply
    of the pages' own route, ``clearing`` the status and the detail of a clear that is tried out.
    """
    task = looks.cluster.rest.task_instance("picture", failed, "swap")

    def as_reply(json: Any, status: int = 200) -> Callable[[Route], None]:
        return lambda route: route.fulfill(status=status, json=json)

    def as_value(value: Any) -> Callable[[Route], None]:
        return as_reply({"detail": "There is none."}, 404) if value is None else as_reply({"value": value})

    def answer(**what: Any) -> None:
        page.unroute_all()
        status, detail = what.get("clearing", (200, ""))
        page.route("**/clearTaskInstances", as_reply({"detail": detail}, status))
        page.route("**/taskInstances/swap", as_reply({**task, **what.get("task", {})}))
        page.route("**/xcomEntries/return_value*", as_value(what.get("result")))
        page.route("**/state-store/**", as_value(what.get("entry")))
        page.route("**/rows?*", as_reply(what.get("rows", {})))

    return answer


MARKUP = "<img src=x onerror=\"document.title = 'taken over'\"> <b>bold</b>"
ODD: list[Any] = [
    0,
    -1,
    1e300,
    True,
    "",
    "a text",
    MARKUP,
    "x" * 2000,
    [],
    [None, [1]],
    {},
    {"a": {"b": None}},
]
RESULT_FIELDS = (
    "provider", "operation", "job_id", "status", "output", "stored", "seconds", "cost", "submitted_at", "eta",
    "meta", "inputs", "files", "faces", "reused", "manifest",
)  # fmt: skip
ENTRY_FIELDS = (
    "provider", "operation", "base_url", "job_id", "problem", "attempted_at", "deadline", "eta", "made_from",
    "cost", "result",
)  # fmt: skip
DOUBT = {
    "state": "in_doubt",
    "provider": "modelslab",
    "operation": "multiple_face_swap",
    "attempted_at": 1795214081.3711398,
    "made_from": {"init_image": "https://example.com/crowd.jpg"},
}


def makes_sense(looks: Looks, page: Page, run_id: str, task_id: str = "swap") -> Locator:
    """Open the page; it must show something, and no markup of others may work."""
    view = looks.open(page, "picture", run_id, task_id)
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(view.locator("img[src=x], b:text-is('bold')")).to_have_count(0)
    assert page.title() == "Face swap"
    assert not page.evaluate(SCROLLS)
    return view


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_whatever_people_write_the_page_makes_sense(
    looks: Looks, page: Page, failed: str, answer: Answer, odd: Any
) -> None:
    answer(task={"state": "success"}, result=odd, entry=odd)
    for task_id in ("swap", ""):
        makes_sense(looks, page, failed, task_id)
    answer(task={"state": "success"}, result=dict.fromkeys(RESULT_FIELDS, odd))
    makes_sense(looks, page, failed)
    for state in ("failed", "in_doubt", "running"):
        answer(entry={**dict.fromkeys(ENTRY_FIELDS, odd), "state": state})
        makes_sense(looks, page, failed)


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_whatever_a_manifest_holds_the_batch_makes_sense(
    looks: Looks, page: Page, failed: str, answer: Answer, odd: Any
) -> None:
    row = {**dict.fromkeys((*RESULT_FIELDS, "error", "bytes", "consent_reference"), odd), "index": 0}
    statuses = ("success", "failed", "in_doubt", "unfinished", "constructor")
    rows = [
        None,
        odd,
        *({**row, "index": number, "status": status} for number, status in enumerate(statuses)),
    ]
    as_batch = {"operator_name": "FaceSwapBatchOperator"}
    for state in ("running", "success"):
        page_of_rows = {"total": 5, "matching": 5, "counts": {"success": 5}, "rows": rows}
        answer(task={**as_batch, "state": state}, result=odd, entry=odd, rows=page_of_rows)
        expect(makes_sense(looks, page, failed).locator("figure")).to_have_count(5)
        answer(task={**as_batch, "state": state}, rows={"rows": odd})
        makes_sense(looks, page, failed)


def test_fields_that_airflow_leaves_out_are_not_missed(
    looks: Looks, page: Page, failed: str, answer: Answer
) -> None:
    fields = ("operator_name", "rendered_fields", "rendered_map_index", "task_display_name", "start_date")
    answer(task=dict.fromkeys((*fields, "end_date", "try_number", "state")))
    expect(makes_sense(looks, page, failed).locator(".badge")).to_have_text("Not started")


def test_a_vendor_that_the_page_does_not_know_looks_right(
    looks: Looks, page: Page, failed: str, answer: Answer
) -> None:
    made_from = {"portrait": "s3://conn@bucket/me.png", "scenes": ["https://acme.example/a.mp4", "b64"]}
    entry = {**DOUBT, "provider": "acme", "operation": "swap_heads", "made_from": made_from}
    answer(entry=entry)
    view = makes_sense(looks, page, failed)
    expect(view).to_contain_text("Airflow submitted a job (swap heads) to acme at 2026-11-20")
    expect(view).to_contain_text("Sign in to your account at acme and look for a job (swap heads)")

    answer(entry={**entry, "state": "failed", "job_id": "7", "problem": "acme job 7 failed: no head"})
    view = makes_sense(looks, page, failed)
    expect(view).to_contain_text("acme took the job, and it failed for good.")
    expect(view.locator(".problem")).to_have_text("No head")
    expect(view.locator(".title")).to_have_text("swap heads")
    expect(view.locator(".pane-title")).to_have_text(["Portrait", "Scenes 1", "Scenes 2"])
    expect(view).not_to_contain_text("ModelsLab")


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (403, "Your role may not clear this task"),
        (404, "Airflow does not find this task in the Dag any more"),
        (409, "Airflow does not let this task be cleared now: The task is running."),
        (422, "This task cannot be cleared: The task is running."),
    ],
)
def test_why_nothing_can_be_decided(
    looks: Looks, page: Page, failed: str, answer: Answer, status: int, says: str
) -> None:
    answer(entry=DOUBT, clearing=(status, "The task is running."))
    view = makes_sense(looks, page, failed)
    expect(view.locator(".doubt")).to_contain_text(says)
    expect(view.get_by_role("button", name="It was")).to_have_count(0)


def test_the_keyboard_decides_and_never_loses_its_place(
    looks: Looks, page: Page, failed: str, answer: Answer
) -> None:
    answer(entry=DOUBT)
    view = makes_sense(looks, page, failed)
    field = view.get_by_label("Job id at the vendor")
    field.fill("278")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(field).to_be_focused()

    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(view.locator(".doubt .said")).to_contain_text("Decided.")
    expect(view.locator(".doubt .said")).to_be_focused()


def test_turning_pages_keeps_the_focus_and_shows_the_first_row(
    looks: Looks, page: Page, failed: str, answer: Answer
) -> None:
    rows = [{"index": number, "status": "success", "error": f"{number}"} for number in range(20)]
    page_of_rows = {"total": 40, "matching": 40, "counts": {"success": 40}, "rows": rows}
    answer(task={"operator_name": "FaceSwapBatchOperator", "state": "success"}, rows=page_of_rows)
    view = makes_sense(looks, page, failed)
    button = view.get_by_role("button", name="Next")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#announcer")).to_have_text("21 to 40 of 40.")
    expect(button).to_be_focused()
    expect(button).to_be_disabled()
    expect(view.locator("figure").first).to_be_in_viewport()


def test_the_page_recovers_when_airflow_does(looks: Looks, page: Page, failed: str) -> None:
    page.clock.install()
    view = looks.open(page, "picture", failed, "swap")
    page.route("**/api/v2/**", lambda route: route.abort())
    page.clock.run_for(16_000)
    expect(view.get_by_role("alert")).to_have_text("Airflow does not answer. The page tries again by itself.")
    expect(view.locator("figure")).to_be_visible()
    page.unroute_all()
    page.clock.run_for(11_000)
    expect(view.get_by_role("alert")).to_have_count(0)


def test_a_task_that_is_cleared_is_followed_again(
    looks: Looks, page: Page, failed: str, answer: Answer
) -> None:
    page.clock.install()
    view = looks.open(page, "picture", failed, "swap")
    expect(view.locator("figure .badge")).to_have_text("Failed")
    answer(task={"state": "queued"})
    page.clock.run_for(16_000)
    expect(view.locator("figure .badge")).to_have_text("Queued")


def test_a_page_that_nobody_sees_asks_seldom(looks: Looks, page: Page, failed: str, answer: Answer) -> None:
    page.clock.install()
    page.add_init_script("Object.defineProperty(document, 'hidden', { get: () => true })")
    answer(task={"state": "queued"})
    looks.open(page, "picture", failed, "swap")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(29_000)
    assert asked == []
    with page.expect_request("**/taskInstances/swap"):
        page.clock.run_for(2_000)


def test_times_are_in_the_zone_that_the_viewer_chose(
    looks: Looks, page: Page, failed: str, answer: Answer
) -> None:
    page.add_init_script("localStorage.setItem('timezone', JSON.stringify('Asia/Tokyo'))")
    answer(entry=DOUBT)
    expect(makes_sense(looks, page, failed)).to_contain_text("at 2026-11-21 07:34:41 GMT+9")


def test_without_colours_of_our_own_the_bar_still_shows(
    looks: Looks, page: Page, failed: str, answer: Answer
) -> None:
    page.emulate_media(forced_colors="active")
    summary = {"total": 4, "succeeded": 3, "failed": 1, "manifest": "file:///m.jsonl"}
    answer(task={"state": "success"}, result=summary, rows={})
    bar = makes_sense(looks, page, failed).get_by_role("progressbar")
    fills = [
        part.evaluate("part => getComputedStyle(part).backgroundColor")
        for part in (bar, bar.locator("[data-part=succeeded]"), bar.locator("[data-part=failed]"))
    ]
    assert len(set(fills)) == 3
