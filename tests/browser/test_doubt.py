"""A submission in doubt is settled by a person's press, and nothing is bought by a press alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import runs
from tests.browser.looks import Looks

pytestmark = pytest.mark.usefixtures("begun")

OPERATION = "multiple_face_swap"
Run = tuple[str, float]


def in_doubt(looks: Looks, name: str) -> Run:
    for other in looks.runs_of("picture"):  # they are paid by the same account
        looks.end(other)
    run_id = looks.end(runs.doubtful(looks, name))
    entry = looks.kept("picture", run_id)
    assert entry["state"] == "in_doubt"
    return run_id, entry["attempted_at"]


@pytest.fixture
def doubt(looks: Looks) -> Run:
    """A run whose submission is in doubt, and when it was attempted; nobody decides about it."""
    return in_doubt(looks, "to look at")


def opened(looks: Looks, page: Page, run_id: str) -> Locator:
    return looks.open(page, "picture", run_id, "swap").locator(".doubt")


def cleared(looks: Looks, run_id: str) -> bool:
    task = looks.cluster.rest.task_instance("picture", run_id, "swap")
    return bool(task["try_number"] > 1 or task["state"] not in ("failed", "success"))


def no_requests(page: Page) -> list[str]:
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.method) if request.method == "PUT" else None)
    return seen


def test_the_page_says_where_to_look(looks: Looks, page: Page, doubt: Run) -> None:
    view = opened(looks, page, doubt[0])
    expect(view).to_contain_text("Sign in to your account at ModelsLab")
    expect(view).to_contain_text(f"{looks.sandbox.url}/samples/duo.jpg")
    expect(view).to_contain_text("RemoteProtocolError")


def lost_jobs(looks: Looks) -> list[str]:
    """Return the jobs of single pictures that no task knows: the submissions whose answers were lost."""
    jobs = looks.sandbox.http.get(f"/_sandbox/jobs?operation={OPERATION}").json()["jobs"]
    known = {looks.kept("picture", run_id).get("job_id") for run_id in looks.runs_of("picture")}
    return [str(job["id"]) for job in jobs if str(job["id"]) not in known]


def test_a_job_is_adopted_and_nothing_is_paid(looks: Looks, page: Page) -> None:
    run_id, attempt = in_doubt(looks, "to adopt")
    paid = looks.accepted(OPERATION)
    job_id = lost_jobs(looks)[0]
    view = opened(looks, page, run_id)
    view.get_by_label("Job id at the vendor").fill(f" {job_id} ")
    view.get_by_role("button", name="It was accepted").click()
    page.get_by_role("dialog").get_by_role("button", name="Adopt it").click()

    expect(view.get_by_role("status")).to_contain_text(f"Job {job_id} is adopted as soon as a worker starts")
    decision = looks.kept("picture", run_id, "faceswap_decision")
    assert {**decision, "id": ""} == {"id": "", "attempt": attempt, "action": "adopt", "job_id": job_id}
    assert cleared(looks, run_id)
    assert looks.cluster.rest.wait_for_run("picture", run_id) == "success"
    assert (looks.kept("picture", run_id)["job_id"], looks.accepted(OPERATION)) == (job_id, paid)


def test_it_is_bought_again_once_however_often_the_decision_is_sent(looks: Looks, page: Page) -> None:
    run_id, attempt = in_doubt(looks, "to buy again")
    paid, rest = looks.accepted(OPERATION), looks.cluster.rest
    view = opened(looks, page, run_id)
    button = view.get_by_role("button", name="It was not accepted")
    button.click()
    page.get_by_role("dialog").get_by_role("button", name="Buy it again").click()

    expect(view.get_by_role("status")).to_contain_text("Decided.")
    decision = looks.kept("picture", run_id, "faceswap_decision")
    assert {**decision, "id": ""} == {"id": "", "attempt": attempt, "action": "resubmit"}
    assert cleared(looks, run_id)
    assert rest.wait_for_run("picture", run_id) == "success"
    assert looks.accepted(OPERATION) == paid + 1
    looks.keep("picture", run_id, decision, "faceswap_decision")  # a request that is sent again
    rest.clear("picture", run_id, "swap", only_failed=False)
    assert rest.wait_for_run("picture", run_id) == "success"
    assert looks.accepted(OPERATION) == paid + 1


def test_the_buttons_are_disabled_while_the_decision_is_written(looks: Looks, page: Page, doubt: Run) -> None:
    view = opened(looks, page, doubt[0])
    page.route("**/state-store/faceswap_decision*", lambda route: None)  # it never answers
    button = view.get_by_role("button", name="It was not accepted")
    button.click()
    page.get_by_role("dialog").get_by_role("button", name="Buy it again").click()
    expect(button).to_be_disabled()
    expect(view.get_by_role("button", name="It was accepted")).to_be_disabled()


def test_who_cancels_decides_nothing(looks: Looks, page: Page, doubt: Run) -> None:
    view, writes = opened(looks, page, doubt[0]), no_requests(page)
    view.get_by_role("button", name="It was not accepted").click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert writes == []


@pytest.mark.parametrize("job_id", ["", "a b", "../278", "2" * 129, "é"])
def test_an_id_that_cannot_be_one_is_refused(looks: Looks, page: Page, doubt: Run, job_id: str) -> None:
    view, writes = opened(looks, page, doubt[0]), no_requests(page)
    field = view.get_by_label("Job id at the vendor")
    field.evaluate("(field, text) => { field.maxLength = 999; field.value = text; }", job_id)
    view.get_by_role("button", name="It was accepted").click()
    expect(view.locator(".wrong")).to_contain_text("A job id has 1 to 128")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert writes == []


def test_a_refusal_is_said_and_can_be_tried_again(looks: Looks, page: Page, doubt: Run) -> None:
    view = opened(looks, page, doubt[0])
    page.route("**/state-store/faceswap_decision*", lambda route: route.fulfill(status=403, json={}))
    button = view.get_by_role("button", name="It was not accepted")
    button.click()
    page.get_by_role("dialog").get_by_role("button", name="Buy it again").click()
    expect(view.get_by_role("status")).to_contain_text("You may not")
    expect(button).to_be_enabled()


def test_a_finished_job_is_bought_again_at_a_price_that_is_named(looks: Looks, page: Page) -> None:
    run_id = looks.ended("bought", "pictures_mapped")
    view = looks.open(page, "pictures_mapped", run_id, "swap", 2)
    view.get_by_role("button", name="Buy another").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("The last one cost 0.004 credits.")
    with page.expect_request("**/clearTaskInstances") as request:
        dialog.get_by_role("button", name="Buy another").click()
    assert request.value.post_data_json["task_ids"] == [["swap", 2]]
    assert request.value.post_data_json["dry_run"] is False
