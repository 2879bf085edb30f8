"""Before and after: what is shown, what plays, and what is not loaded unasked."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.looks import Looks, figure, shown

LOADED = "image => image.complete && image.naturalWidth > 0"
PLAYS = """async video => {
    await video.play();
    while (video.currentTime < 0.2) await new Promise(requestAnimationFrame);
    return video.videoWidth > 0;
}"""


@pytest.fixture
def run_id(looks: Looks) -> str:
    return looks.ended("both", "picture_and_clip")


def all_loaded(images: Locator) -> None:
    for image in images.all():
        image.scroll_into_view_if_needed()
        image.evaluate("image => image.decode()")
        assert image.evaluate(LOADED)


def test_a_picture_is_shown_before_and_after_in_airflows_own_tab(
    looks: Looks, page: Page, run_id: str
) -> None:
    page.goto(looks.framed_url("picture_and_clip", run_id, "picture"))
    view = shown(page.frame_locator("iframe"))

    expect(view.locator("figure img")).to_have_count(3)
    all_loaded(view.locator("figure img"))
    expect(view.get_by_alt_text("Before: astronaut.jpg")).to_be_visible()
    expect(view.get_by_alt_text("New face: hopper.jpg")).to_be_visible()
    expect(figure(view)).to_contain_text("0.004 credits")
    expect(figure(view)).to_contain_text("release form 2026-117")


def test_a_clip_plays_before_and_after(looks: Looks, page: Page, run_id: str) -> None:
    page.goto(looks.framed_url("picture_and_clip", run_id, "clip"))
    view = shown(page.frame_locator("iframe"))

    videos = view.locator("figure video")
    expect(videos).to_have_count(2)
    for video in videos.all():
        assert video.evaluate(PLAYS)
    all_loaded(view.locator("figure img"))


def test_before_and_after_have_the_same_height(looks: Looks, page: Page, run_id: str) -> None:
    view = looks.open(page, "picture_and_clip", run_id, "clip")
    boxes = [frame.bounding_box() for frame in view.locator(".pair .frame").all()]
    before, after = (box or {} for box in boxes)
    assert (before["y"], before["height"]) == (after["y"], after["height"])


@pytest.mark.parametrize("width", [400, 1280])
def test_no_part_of_a_medium_is_cut_off(looks: Looks, page: Page, run_id: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    view = looks.open(page, "picture_and_clip", run_id)
    expect(view.locator("figure video[src]")).to_have_count(2)
    for frame in view.locator(".frame").all():
        outer = frame.bounding_box() or {}
        inner = frame.locator("img, video").bounding_box() or {}
        assert inner["height"] <= outer["height"] and inner["width"] <= outer["width"]


def test_both_clips_play_at_one_press(looks: Looks, page: Page, run_id: str) -> None:
    view = looks.open(page, "picture_and_clip", run_id, "clip")
    expect(view.locator("video[src]")).to_have_count(2)
    view.get_by_role("button", name="Play both").click()
    page.wait_for_function(
        "() => [...document.querySelectorAll('video')].every((video) => video.currentTime > 0)"
    )


def test_a_run_shows_all_its_swaps_and_what_they_cost(looks: Looks, page: Page, run_id: str) -> None:
    view = looks.open(page, "picture_and_clip", run_id)
    expect(view.locator("figure")).to_have_count(2)
    expect(view).to_contain_text("2 face swap tasks")
    expect(view).to_contain_text("0.004 credits + cost of 1 job not known")


def test_mapped_tasks_are_named_by_their_template(looks: Looks, page: Page) -> None:
    run_id = looks.ended("mapped", "pictures_mapped")
    view = looks.open(page, "pictures_mapped", run_id)
    titles = view.locator("figure .title")
    expect(titles).to_have_text(["swap [astronaut.jpg]", "swap [duo.jpg]", "swap [hopper.jpg]"])
    expect(view).to_contain_text("0.012 credits")

    alone = looks.open(page, "pictures_mapped", run_id, "swap", 1)
    expect(alone.get_by_alt_text("Before: duo.jpg")).to_be_visible()


def test_a_link_moves_airflows_own_page(looks: Looks, page: Page, run_id: str) -> None:
    page.goto(looks.framed_url("picture_and_clip", run_id, "clip"))
    view = shown(page.frame_locator("iframe"))
    view.get_by_role("link", name="Log of this task").click()
    expect(page).to_have_url(re.compile(r"/tasks/clip(\?.*)?$"))
    expect(page.locator("iframe")).to_have_count(0)


def test_the_stored_path_is_copied_at_a_press(looks: Looks, page: Page, run_id: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    view = looks.open(page, "picture_and_clip", run_id, "clip")
    view.get_by_role("button", name="Copy stored").click()
    expect(page.locator("#announcer")).to_have_text("Copied stored")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == view.locator(".wide .path").first.inner_text()
    assert Path(urlsplit(copied).path).is_file()


def test_a_file_that_is_gone_is_said_to_be(looks: Looks, page: Page) -> None:
    run_id = looks.ended("gone", "picture_and_clip", output_path=f"file://{looks.home}/results/gone")
    for file in (looks.home / "results/gone").glob("*.jpg"):
        file.unlink()
    view = looks.open(page, "picture_and_clip", run_id, "picture")
    expect(view.locator(".pair .pane").last).to_contain_text("The file is not there any more.")


def test_nothing_is_loaded_from_elsewhere_unasked(looks: Looks, page: Page) -> None:
    run_id = looks.ended("elsewhere", "picture", output_path="")
    hosts = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    view = looks.open(page, "picture", run_id, "swap")

    elsewhere = urlsplit(looks.sandbox.url).netloc
    expect(view.locator(".pair .elsewhere")).to_have_count(2)
    expect(view.locator(".pair .elsewhere").last).to_contain_text("Not stored by Airflow")
    page.wait_for_load_state("networkidle")
    assert hosts == {urlsplit(looks.cluster.url).netloc}

    with page.context.expect_page() as opened:
        view.get_by_role("button", name=f"Open in a new tab: After, at {elsewhere}").click()
    assert urlsplit(opened.value.url).netloc in ("", elsewhere)
