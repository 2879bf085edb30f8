"""The fenced code blocks of the README and the documents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^ *(```+|~~~+) *(\w*).*$")
FILE = re.compile(r"^# ([\w./-]+\.py)\n")


@dataclass(frozen=True)
class Block:
    """
    One block.

    :param page: the file that it is in, from the root of the repository.
    :param line: of its fence.
    :param language: as the fence names it; empty if it names none.
    :param text: what it holds.
    """

    page: str
    line: int
    language: str
    text: str

    @property
    def file(self) -> str:
        """The file of a project that the block's first line names, if it names one."""
        found = FILE.match(self.text) if self.language == "python" else None
        return found[1] if found else ""

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(text: str, page: str) -> Iterator[Block]:
    """
    Find the blocks of a page; one that is not closed is an error.

    :param text: of the page.
    :param page: its name.
    """
    opened, fence, language, lines = 0, "", "", list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        found = FENCE.match(line)
        if opened and found and found[1].startswith(fence) and not found[2]:
            yield Block(page, opened, language, "\n".join(lines) + "\n")
            opened = 0
        elif opened:
            lines.append(line)
        elif found:
            opened, fence, language, lines = number, found[1], found[2], []
    if opened:
        raise ValueError(f"{page}:{opened}: the block is not closed")


BLOCKS = [
    block for page in PAGES for block in blocks_of(page.read_text("utf-8"), str(page.relative_to(ROOT)))
]
