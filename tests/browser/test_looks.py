"""Light and dark, narrow and wide, and for everybody."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looks import SCROLLS, Looks, shown

BACKGROUND = "getComputedStyle(document.documentElement).backgroundColor"
SWITCH = "([before, after]) => document.documentElement.classList.replace(before, after)"


@pytest.fixture
def pages(looks: Looks) -> list[str]:
    """The addresses of pages that are different from each other."""
    looks.rules("progress", input_has="?n=turned", outcome="failed", message="The face is turned away.")
    both, failed = (
        looks.ended("both", "picture_and_clip"),
        looks.ended("failed", "picture", faults="?n=turned"),
    )
    if "doubtful" not in looks._runs:
        looks.rules("faults", kind="accept_then_break", input_has="?n=doubt")
    doubtful = looks.ended("doubtful", "picture", faults="?n=doubt")
    looks.mend()
    return [
        looks.url("picture_and_clip", both),
        looks.url("picture_and_clip", both, "clip"),
        looks.url("picture", failed, "swap"),
        looks.url("picture", doubtful, "swap"),
    ]


def test_light_and_dark_follow_airflows_switch_at_once(looks: Looks, page: Page) -> None:
    run_id = looks.ended("both", "picture_and_clip")
    page.goto(looks.framed_url("picture_and_clip", run_id, "clip"))
    shown(page.frame_locator("iframe"))
    frame = page.locator("iframe").element_handle().content_frame()
    assert frame is not None
    root = page.frame_locator("iframe").locator("html")
    colours = {}
    page.evaluate("document.documentElement.classList.add('light')")
    for theme, other in (("dark", "light"), ("light", "dark")):
        page.evaluate(SWITCH, [other, theme])
        expect(root).to_have_attribute("data-theme", theme)
        colours[theme] = frame.evaluate(BACKGROUND)
    assert colours["dark"] != colours["light"]


@pytest.mark.parametrize("width", [320, 400, 768, 1600])
def test_no_page_scrolls_sideways(page: Page, pages: list[str], width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for url in pages:
        page.goto(url)
        shown(page)
        assert not page.evaluate(SCROLLS), url


def test_a_narrow_page_puts_before_above_after(looks: Looks, page: Page, pages: list[str]) -> None:
    tops = {}
    for width in (400, 1600):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(pages[1])
        shown(page)
        boxes: list[Any] = [pane.bounding_box() or {} for pane in page.locator(".pair .pane").all()]
        tops[width] = boxes[1]["y"] - boxes[0]["y"]
    assert tops[400] > 0 == tops[1600]


def test_the_keyboard_reaches_every_button_and_shows_where_it_is(page: Page, pages: list[str]) -> None:
    page.goto(pages[3])
    shown(page)
    wanted = page.locator("button:visible, a:visible, input:visible").count()
    reached = set()
    for _ in range(wanted):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.outerHTML"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert any("It was not accepted" in html for html in reached)
    assert any("job-id" in html for html in reached)
