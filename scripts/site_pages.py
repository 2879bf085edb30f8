"""Pages of the site that are not in docs/: those of the root, and the files that pages link to."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent.parent
OF_THE_ROOT = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security-policy.md",
}
# Where the files lie that pages link to; the search leaves them out.
SOURCE = "source/"
LANGUAGES = {".py": "python", ".yaml": "yaml", ".yml": "yaml", ".toml": "toml", ".json": "json"}
# A link; its text too, where that is the name of a page.
LINK = re.compile(r"(?P<text>\[[\w./-]+\.md)?\]\((?P<target>[^)\s]+)\)")
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
FENCE = re.compile(r"^ *(```|~~~)")
# How Sphinx marks a name in a docstring.
ROLE = re.compile(r":(?:mod|class|func|meth|data|attr):<code>~?")


def origin_of(src_uri: str) -> str:
    """
    Return where a page lies in the repository.

    :param src_uri: of the page, from the root of the site.
    """
    of_the_root = {page: path for path, page in OF_THE_ROOT.items()}
    return of_the_root.get(src_uri, f"docs/{src_uri}")


def target_of(link: str, origin: str) -> str | None:
    """
    Return the page or file of the site that a link leads to, None where it leads elsewhere.

    :param link: as the page has it, without its fragment.
    :param origin: where the page lies in the repository.
    :raises PluginError: if the repository has no such file.
    """
    if not link or ":" in link or link.startswith("/"):
        return None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(origin), link))
    if path in OF_THE_ROOT:
        return OF_THE_ROOT[path]
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if not (ROOT / path).is_file():
        raise PluginError(f"{origin} links to {link}, which is not a file")
    return f"{SOURCE}{path}.md"


def title_of(src_uri: str) -> str:
    """
    Return the title of a page.

    :param src_uri: of the page, from the root of the site.
    """
    found = TITLE.search((ROOT / origin_of(src_uri)).read_text(encoding="utf-8"))
    return found[1] if found else src_uri


def outside_of_code(markdown: str) -> Iterator[tuple[str, bool]]:
    """
    Yield each line, and whether it is text.

    :param markdown: of a page.
    """
    text = True
    for line in markdown.splitlines(keepends=True):
        if FENCE.match(line):
            text = not text
            yield line, False
        else:
            yield line, text


def with_links_of_the_site(markdown: str, src_uri: str) -> str:
    """
    Return a page whose links to files of the repository lead to the site's copies.

    :param markdown: of the page.
    :param src_uri: of the page, from the root of the site.
    """

    def replaced(found: re.Match[str]) -> str:
        link, sharp, fragment = found["target"].partition("#")
        target = target_of(link, origin_of(src_uri))
        if target is None:
            return found[0]
        text = f"[{title_of(target)}" if found["text"] else ""
        relative = posixpath.relpath(target, posixpath.dirname(src_uri) or ".")
        return f"{text}]({relative}{sharp}{fragment})"

    lines = outside_of_code(markdown)
    return "".join(LINK.sub(replaced, line) if text else line for line, text in lines)


def page_of(path: str) -> str:
    """
    Return a file of the repository as a page.

    :param path: of the file.
    """
    language = LANGUAGES.get(posixpath.splitext(path)[1], "text")
    code = (ROOT / path).read_text(encoding="utf-8")
    return f"---\nsearch:\n  exclude: true\n---\n\n# {path}\n\n`````{language}\n{code}`````\n"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the root, and the files that pages link to."""
    for path, src_uri in OF_THE_ROOT.items():
        files.append(File.generated(config, src_uri, content=(ROOT / path).read_text(encoding="utf-8")))
    wanted = set[str]()
    for file in files.documentation_pages():
        markdown = with_links_of_the_site(file.content_string, file.src_uri)
        links = (link["target"].partition("#")[0] for link in LINK.finditer(markdown))
        here = posixpath.dirname(file.src_uri)
        wanted |= {posixpath.normpath(posixpath.join(here, link)) for link in links if SOURCE in link}
    for src_uri in sorted(wanted):
        content = page_of(src_uri.removeprefix(SOURCE).removesuffix(".md"))
        inclusion = InclusionLevel.NOT_IN_NAV
        files.append(File.generated(config, src_uri, content=content, inclusion=inclusion))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links to files of the repository lead to the site's copies."""
    if page.file.src_uri.startswith(SOURCE):
        return markdown
    return with_links_of_the_site(markdown, page.file.src_uri)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Show docstrings without the marks of Sphinx."""
    return ROLE.sub("<code>", html).replace("<p>::</p>\n", "")
