"""axe-core finds no serious fault on any page, light or dark."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import runs
from tests.browser.looks import Looks, shown

pytestmark = pytest.mark.usefixtures("begun")

FAULTS = """() => axe.run().then(({ violations }) => violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(', ')}`))"""


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm: install Debian's package")
    folder = tmp_path_factory.mktemp("axe")
    command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), "axe-core"]
    installed = subprocess.run(command, capture_output=True, text=True)
    if installed.returncode:
        reason = installed.stderr.strip().splitlines()[-1:] or ["no reason given"]
        pytest.skip(f"npm could not install axe-core from its registry: {reason[0]}")
    return folder / "node_modules/axe-core/axe.min.js"


@pytest.fixture(params=["light", "dark"])
def tested(
    browser: Browser, session_of: Callable[[str], Any], request: pytest.FixtureRequest
) -> Iterator[Page]:
    """A page that axe may be put into."""
    context = browser.new_context(
        bypass_csp=True,
        color_scheme=request.param,
        reduced_motion="reduce",
        storage_state=session_of("admin"),
    )
    yield context.new_page()
    context.close()


def test_axe_finds_no_serious_fault(looks: Looks, tested: Page, axe: Path) -> None:
    both, batch = looks.end(runs.both(looks)), looks.end(runs.half_failed_batch(looks))
    for url in (
        looks.url("picture_and_clip", both),
        looks.url("picture_and_clip", both, "clip"),
        looks.url("picture", looks.end(runs.failed(looks)), "swap"),
        looks.url("picture", looks.end(runs.doubtful(looks, "to look at")), "swap"),
        looks.url("batch", batch, "swap"),
        looks.url("batch_slowly", runs.slow_batch(looks), "swap"),
        f"{looks.cluster.url}/faceswap/pages/static/jobs.html",
    ):
        tested.goto(url)
        shown(tested)
        assert tested.locator("figure, .batch, .job").count() > 0, url
        tested.add_script_tag(path=axe)
        assert tested.evaluate(FAULTS) == [], url
