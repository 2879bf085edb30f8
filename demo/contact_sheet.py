"""A picture of before and after: a row for each task, its inputs on the left, its results on the right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from demo.media import Picture

CELL_WIDTH, CELL_HEIGHT, CAPTION, MARGIN = 240, 200, 22, 12
PAPER, INK, ACCENT = (255, 255, 255), (60, 60, 60), (60, 120, 0)


@dataclass(frozen=True)
class Cell:
    """A picture and its caption."""

    picture: Picture
    caption: str
    is_result: bool = False


@dataclass(frozen=True)
class Row:
    """The pictures of one task."""

    title: str
    cells: Sequence[Cell]


def write_contact_sheet(path: Path, rows: Sequence[Row]) -> None:
    """Draw the rows and write them as a JPEG file."""
    columns = max(len(row.cells) for row in rows)
    strips = [draw_row(row, columns) for row in rows]
    written, jpeg = cv2.imencode(".jpg", np.vstack(strips), [cv2.IMWRITE_JPEG_QUALITY, 88])
    if not written:
        raise ValueError(f"{path} could not be encoded")
    path.write_bytes(jpeg.tobytes())


def draw_row(row: Row, columns: int) -> Picture:
    """Draw a title with the row's cells below it."""
    height = CAPTION + CELL_HEIGHT + CAPTION + MARGIN
    width = MARGIN + columns * (CELL_WIDTH + MARGIN)
    strip = np.full((height, width, 3), PAPER, np.uint8)
    write(strip, row.title, MARGIN, CAPTION - 6, INK)
    for left, cell in zip(lefts(), row.cells, strict=False):
        draw_cell(strip, cell, left, CAPTION)
    return strip


def lefts() -> Iterator[int]:
    """Yield the left edge of one column after the other."""
    left = MARGIN
    while True:
        yield left
        left += CELL_WIDTH + MARGIN


def draw_cell(strip: Picture, cell: Cell, left: int, top: int) -> None:
    """Draw a picture in the middle of its cell, framed if it is a result."""
    height, width = cell.picture.shape[:2]
    scale = min(CELL_WIDTH / width, CELL_HEIGHT / height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(cell.picture, size, interpolation=cv2.INTER_AREA)
    x, y = left + (CELL_WIDTH - size[0]) // 2, top + (CELL_HEIGHT - size[1]) // 2
    strip[y : y + size[1], x : x + size[0]] = small
    color = ACCENT if cell.is_result else INK
    if cell.is_result:
        cv2.rectangle(strip, (x, y), (x + size[0] - 1, y + size[1] - 1), ACCENT, 3)
    write(strip, cell.caption, left, top + CELL_HEIGHT + CAPTION - 6, color)


def write(strip: Picture, text: str, x: int, y: int, color: tuple[int, int, int]) -> None:
    """Write a line of text; OpenCV's letters are ASCII only."""
    ascii_text = text.encode("ascii", "replace").decode()
    cv2.putText(strip, ascii_text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.45, color, 1, cv2.LINE_AA)
