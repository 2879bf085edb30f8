"""Who sees what, with real logins: a viewer, a stranger, and somebody who has not logged in."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looks import Looks, shown


@pytest.fixture
def run_id(looks: Looks) -> str:
    return looks.ended("both", "picture_and_clip")


@pytest.mark.parametrize("user", ["page", "viewer"])
def test_who_may_see_the_dag_sees_its_pictures(
    looks: Looks, run_id: str, request: pytest.FixtureRequest, user: str
) -> None:
    page: Page = request.getfixturevalue(user)
    page.goto(looks.framed_url("picture_and_clip", run_id, "picture"))
    view = shown(page.frame_locator("iframe"))
    after = view.get_by_alt_text("After: ")
    after.scroll_into_view_if_needed()
    assert after.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def test_a_stranger_reads_a_sentence_alone(looks: Looks, stranger: Page, run_id: str) -> None:
    for task_id in ("picture", ""):
        view = looks.open(stranger, "picture_and_clip", run_id, task_id)
        expect(view.get_by_role("alert")).to_contain_text("You may not")
        expect(view.locator("figure")).to_have_count(0)
