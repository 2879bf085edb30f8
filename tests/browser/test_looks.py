"""Light and dark, narrow and wide, and for everybody."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.looks import Looks, shown

SCROLLS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
BACKGROUND = "getComputedStyle(document.documentElement).backgroundColor"
SWITCH = "([before, after]) => document.documentElement.classList.replace(before, after)"
FAULTS = """() => axe.run().then(({ violations }) => violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(', ')}`))"""


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
        boxes = [pane.bounding_box() or {} for pane in page.locator(".pair .pane").all()]
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


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm: install Debian's package")
    folder = tmp_path_factory.mktemp("axe")
    installed = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), "axe-core"], capture_output=True
    )
    if installed.returncode:
        pytest.skip("npm could not install axe-core")
    return folder / "node_modules/axe-core/axe.min.js"


@pytest.fixture(params=["light", "dark"])
def tested(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that axe may be put into."""
    context = browser.new_context(bypass_csp=True, color_scheme=request.param, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def test_axe_finds_no_serious_fault(tested: Page, pages: list[str], axe: Path) -> None:
    for url in pages:
        tested.goto(url)
        shown(tested)
        tested.add_script_tag(path=axe)
        assert tested.evaluate(FAULTS) == [], url
