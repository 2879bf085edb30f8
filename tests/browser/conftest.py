"""Airflow in Debian's browser: a cluster, the sandbox and a bucket of their own, and a page to look with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from demo.accounts import add_accounts
from harness.cluster import Cluster
from harness.s3 import PrivateBucket
from harness.sandbox import Sandbox
from tests.browser.looks import BUCKET, Looks

HERE = Path(__file__).parent
SAMPLES = ("hopper.jpg", "astronaut.jpg", "duo.jpg", "clip.mp4")


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker(pytest.mark.browser)
    item.add_marker(pytest.mark.system)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Last: while the browser is there, no other test can run an event loop.
    items.sort(key=lambda item: item.path.is_relative_to(HERE))


@pytest.fixture(scope="session")
def chromium() -> str:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    if not Path(path).is_file():
        pytest.skip("no chromium: install Debian's package, or name another one in $CHROMIUM")
    return path


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def looks(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looks]:
    """A cluster with something to look at; made only where there is a browser."""
    home = tmp_path_factory.mktemp("browser")
    media = home / "media"
    media.mkdir()
    with Sandbox(home / "sandbox") as sandbox, PrivateBucket(home / "s3", BUCKET) as bucket:
        sandbox.wait_until_up()
        for name in SAMPLES:
            content = sandbox.http.get(f"{sandbox.url}/samples/{name}").raise_for_status().content
            (media / name).write_bytes(content)
            bucket.put(f"clips/{name}", content)
        local_roots = {"faceswap": {"local_roots": home}}
        with Cluster(home / "airflow", [HERE / "dags"], settings=local_roots) as cluster:
            add_accounts(cluster, sandbox)
            cluster.rest.request("POST", "/connections", json=bucket.connection("my_aws_conn"))
            yield Looks(cluster, sandbox, home)


@pytest.fixture
def page(browser: Browser, looks: Looks) -> Iterator[Page]:
    """A page whose requests leave no trace in that of the next test; it fails with the page's own errors."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page, errors = context.new_page(), list[str]()
    page.set_default_timeout(30_000)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []
