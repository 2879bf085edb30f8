"""Airflow in Debian's browser: a cluster with logins, the sandbox and a bucket, and pages to look with."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from demo.accounts import add_accounts
from harness.cluster import Cluster
from harness.logins import Logins
from harness.s3 import PrivateBucket
from harness.sandbox import Sandbox
from tests.browser import runs
from tests.browser.looks import BUCKET, Looks
from tests.patience import PATIENT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HERE = Path(__file__).parent
# First, as they look at batches before these have ended or a person has decided about their rows.
WHILE_THEY_RUN = ("test_logins.py", "test_running.py")
WITHOUT_BROWSER = ("test_served.py",)
SCREENSHOTS = HERE.parent.parent / ".screenshots"
SAMPLES = ("hopper.jpg", "astronaut.jpg", "duo.jpg", "clip.mp4")
USERS = {"admin": "admin", "viewer": "viewer:lookers", "stranger": "viewer:others"}
TEAMS = {HERE / "dags": "lookers", HERE / "dags_of_others": "others"}


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker(pytest.mark.browser)
    item.add_marker(pytest.mark.system)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Last: while the browser is there, no other test can run an event loop.
    items.sort(key=lambda item: (item.path.is_relative_to(HERE), item.path.name not in WHILE_THEY_RUN))


def pytest_pycollect_makemodule(module_path: Path) -> None:
    # Here and not in the modules: all of them import it at their top, but one.
    if find_spec("playwright") is None and module_path.name not in WITHOUT_BROWSER:
        pytest.skip("no playwright: install the extra `dev`")


@pytest.fixture(scope="session")
def chromium() -> str:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    if not Path(path).is_file():
        pytest.skip("no chromium: install Debian's package, or name another one in $CHROMIUM")
    return path


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    from playwright.sync_api import expect, sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        expect.set_options(timeout=30_000)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def looks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looks]:
    """A cluster with something to look at."""
    home = tmp_path_factory.mktemp("browser")
    media = home / "media"
    media.mkdir()
    with Sandbox(home / "sandbox") as sandbox, PrivateBucket(home / "s3", BUCKET) as bucket:
        sandbox.wait_until_up()
        for name in SAMPLES:
            content = sandbox.http.get(f"{sandbox.url}/samples/{name}").raise_for_status().content
            (media / name).write_bytes(content)
            bucket.put(f"clips/{name}", content)
        settings = PATIENT | {"faceswap": {"local_roots": home}}
        logins = Logins(USERS, TEAMS)
        with Cluster(
            home / "airflow", list(TEAMS), settings=settings, logins=logins, own_execution_api=True
        ) as cluster:
            add_accounts(cluster, sandbox)
            cluster.rest.request("POST", "/connections", json=bucket.connection("my_aws_conn"))
            yield Looks(cluster, sandbox, home, bucket)


@pytest.fixture(scope="session")
def begun(looks: Looks) -> None:
    """Let the runs begin that several tests look at."""
    runs.begin(looks)


@pytest.fixture(scope="session")
def session_of(browser: Browser, looks: Looks) -> Callable[[str], Any]:
    """Return what a browser keeps of a user's login, by Airflow's own form and once for each user."""

    @cache
    def log_in(user: str) -> Any:
        context = browser.new_context()
        page = context.new_page()
        page.goto(looks.cluster.url)
        page.locator("[name=username]").fill(user)
        page.locator("[name=password]").fill(looks.passwords[user])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{looks.cluster.url}/")
        session = context.storage_state()
        context.close()
        return session

    return log_in


@pytest.fixture
def page_of(
    browser: Browser, session_of: Callable[[str], Any], request: pytest.FixtureRequest
) -> Iterator[Callable[[str], Page]]:
    """
    Open a page as a user; as nobody, where the name is empty.

    Its requests leave no trace in that of the next test, and the test fails with the page's own errors.
    What it shows at the test's end is kept as a picture in ``.screenshots``.
    """
    contexts, errors = [], list[str]()

    def open_page(user: str) -> Page:
        session = session_of(user) if user else None
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 900}, storage_state=session))
        page = contexts[-1].new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield open_page
    for number, context in enumerate(contexts):
        _keep_picture(context.pages[0], f"{request.node.name}-{number}")
        context.close()
    assert errors == []


def _keep_picture(page: Page, name: str) -> None:
    from playwright.sync_api import Error

    with suppress(Error):  # of a page that a test left half way
        page.screenshot(path=SCREENSHOTS / f"{re.sub('[^a-z0-9_-]+', '-', name)[:120]}.png", timeout=5_000)


@pytest.fixture
def page(page_of: Callable[[str], Page]) -> Page:
    """A page of an admin."""
    return page_of("admin")


@pytest.fixture
def viewer(page_of: Callable[[str], Page]) -> Page:
    """A page of somebody who may see these Dags, and change nothing."""
    return page_of("viewer")


@pytest.fixture
def stranger(page_of: Callable[[str], Page]) -> Page:
    """A page of somebody who may see the Dags of another team alone."""
    return page_of("stranger")


@pytest.fixture
def nobody(page_of: Callable[[str], Page]) -> Page:
    """A page of somebody who has not logged in."""
    return page_of("")
