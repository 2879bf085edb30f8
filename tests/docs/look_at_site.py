"""
Look at the built site in a browser, and print what was seen as JSON.

``python -m tests.docs.look_at_site FOLDER CHROMIUM`` runs in a process of its own: while a browser is
there, no other test can run an event loop.
"""

from __future__ import annotations

import functools
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

PHONE = {"width": 390, "height": 800}
DESKTOP = {"width": 1300, "height": 900}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def too_wide(page: Page, url: str, names: list[str]) -> list[str]:
    """Return the pages that are wider than the window."""
    found = []
    for name in names:
        page.goto(f"{url}/{name}")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(name)
    return found


def copied(page: Page, url: str) -> str:
    """Return what the first copy button of the quick start copies."""
    page.goto(f"{url}/quick-start.html")
    page.bring_to_front()  # a page that has no focus may not read the clipboard
    page.locator(".md-code__button, .md-clipboard").first.click()
    page.wait_for_function("async () => (await navigator.clipboard.readText()) != ''")
    return str(page.evaluate("navigator.clipboard.readText()"))


def first_hit(page: Page, words: str) -> str:
    """Return the title of the first page that the search finds."""
    field = page.locator("input.md-search__input")
    field.fill(words)
    # The search looks at the field after a key: at its focus it may look before the words are in.
    field.press("End")
    return page.locator(".md-search-result__item h1").first.inner_text()


def look(browser: Browser, url: str, names: list[str]) -> dict[str, Any]:
    """Return what was seen."""
    outside: set[str] = set()

    def opened(**options: Any) -> Page:
        page = browser.new_context(**options, permissions=["clipboard-read", "clipboard-write"]).new_page()
        page.set_default_timeout(180_000)  # other suites may run beside this one
        page.on("request", lambda request: outside.add(request.url))
        return page

    desktop = opened(viewport=DESKTOP, color_scheme="dark")
    seen = {
        "too_wide_for_a_phone": too_wide(opened(viewport=PHONE), url, names),
        "copied": copied(desktop, url),
        "first_hit": first_hit(desktop, "consent"),
        "scheme": desktop.locator("body").get_attribute("data-md-color-scheme"),
    }
    return seen | {"outside": [there for there in outside if not there.startswith((url, "data:", "blob:"))]}


def main(folder: Path, chromium: str) -> None:
    """Look at all pages but the sources."""
    pages = [file.relative_to(folder) for file in sorted(folder.rglob("*.html"))]
    names = [str(page) for page in pages if page.parts[0] != "source"]
    with served(folder) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        print(json.dumps(look(browser, url, names)))
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
