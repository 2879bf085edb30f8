"""The site as it is built: complete, and without anything from another host."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import pytest

from tests.docs.blocks import ROOT
from tests.test_package import PUBLIC

pytest.importorskip("mkdocs", reason="the extra docs is not installed")


@pytest.fixture(scope="module")
def pages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("site_pages", ROOT / "scripts" / "site_pages.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Foreign(HTMLParser):
    """Collect what a page loads from another host; a link that a reader follows may lead there."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            link = tag == "a" and name == "href"
            if not link and name in ("src", "href", "srcset", "data", "action") and "//" in (value or ""):
                self.found.append(f"{tag} {name}={value}")


def loaded_from_elsewhere(html: str) -> list[str]:
    parser = Foreign()
    parser.feed(html)
    return parser.found


def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    files = list(site.rglob("*.html"))
    assert len(files) > 30
    found = {file.name: loaded_from_elsewhere(file.read_text("utf-8")) for file in files}
    assert {name: urls for name, urls in found.items() if urls} == {}


def test_no_style_loads_anything_from_another_host(site: Path) -> None:
    styles = list(site.rglob("*.css"))
    assert styles
    for style in styles:
        text = style.read_text("utf-8")
        assert "url(http" not in text and "url(//" not in text and "@import" not in text, style.name


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://example.com/x.js">',
        '<link rel="stylesheet" href="//example.com/x.css">',
        '<img src="http://example.com/x.png">',
        '<iframe src="https://example.com">',
    ],
)
def test_what_a_page_loads_from_another_host_is_found(html: str) -> None:
    assert loaded_from_elsewhere(html)
    assert not loaded_from_elsewhere('<a href="https://example.com">x</a><img src="img/x.png">')


def test_the_search_finds_pages_and_no_sources(site: Path) -> None:
    index = (site / "search" / "search_index.json").read_text("utf-8")
    assert '"location":"quick-start.html"' in index
    assert '"location":"api/operators.html#' in index
    assert '"location":"source/' not in index


@pytest.mark.parametrize(
    "name",
    [*PUBLIC, "retry_policy.FaceSwapRetryPolicy", "exceptions.InDoubtError", "batch.manifest.read_manifest"],
)
def test_what_is_public_is_in_the_reference(name: str, site: Path) -> None:
    reference = "".join(file.read_text("utf-8") for file in (site / "api").glob("*.html"))
    assert f'id="airflow_provider_faceswap.{name}"' in reference


def test_the_reference_shows_no_marks_of_sphinx(site: Path) -> None:
    for file in (site / "api").glob("*.html"):
        text = file.read_text("utf-8")
        assert "<p>::</p>" not in text and ":class:" not in text and ":func:" not in text, file.name


def test_a_file_that_a_page_links_to_is_a_page(site: Path) -> None:
    assert "FaceSwapBatchOperator" in (site / "source/example_dags/csv_batch.py.html").read_text("utf-8")
    assert 'href="source/example_dags/csv_batch.py.html"' in (site / "examples.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("link", "origin", "target"),
    [
        ("docs/media.md", "README.md", "media.md"),
        ("../CONTRIBUTING.md", "docs/adding-a-vendor.md", "contributing.md"),
        ("../results.md", "docs/api/operators.md", "results.md"),
        ("../example_dags/pictures.py", "docs/examples.md", "source/example_dags/pictures.py.md"),
        ("https://example.com", "README.md", None),
        ("", "README.md", None),
    ],
)
def test_where_a_link_leads(link: str, origin: str, target: str | None, pages: ModuleType) -> None:
    assert pages.target_of(link, origin) == target


def test_a_link_to_a_file_that_is_not_there_is_an_error(pages: ModuleType) -> None:
    with pytest.raises(Exception, match=r"nothing\.py, which is not a file"):
        pages.target_of("../nothing.py", "docs/media.md")


def test_a_link_that_is_called_as_its_file_is_called_as_the_page(pages: ModuleType) -> None:
    text = "[media.md](docs/media.md#signing) and [CHANGELOG.md](CHANGELOG.md)"
    changed = pages.with_links_of_the_site(text, "index.md")
    assert changed == "[Media](media.md#signing) and [Changelog](changelog.md)"


def test_links_in_code_stay_as_they_are(pages: ModuleType) -> None:
    text = "[a](docs/media.md#signing)\n```python\nx[0](docs/media.md)\n```\n"
    changed = pages.with_links_of_the_site(text, "index.md")
    assert changed == "[a](media.md#signing)\n```python\nx[0](docs/media.md)\n```\n"


@pytest.mark.slow
@pytest.mark.browser
def test_the_site_in_a_browser(site: Path) -> None:
    pytest.importorskip("playwright")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        pytest.skip("no chromium: install Debian's package, or name another one in $CHROMIUM")
    command = [sys.executable, "-m", "tests.docs.look_at_site", str(site), chromium]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["too_wide_for_a_phone"] == []
    assert seen["copied"].startswith("python3 -m venv") and "$" not in seen["copied"]
    assert seen["first_hit"] == "Security and responsible use"
    assert seen["scheme"] == "slate"
    assert seen["outside"] == []
