"""What is tested with what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NEWEST = "newest"


@dataclass(frozen=True)
class Cell:
    """
    One environment.

    :param airflow: its version, or :data:`NEWEST`.
    :param python: its version without the patch.
    :param until: take packages as they were on that day, much as Airflow's own constraints do; empty for the
        newest. An older Airflow does not start with the packages of today.
    :param lowest: take the lowest version of each dependency that we declare.
    :param whole: run all tests; else those of the rooms that import Airflow.
    """

    airflow: str
    python: str
    until: str = ""
    lowest: bool = False
    whole: bool = False

    @property
    def name(self) -> str:
        """What ``ONLY`` looks into, and the name of its folder."""
        return f"{self.airflow}-py{self.python}{'-lowest' if self.lowest else ''}"


# Each Airflow at least once, and both Pythons with the oldest and the newest. What imports no Airflow can
# break only by its Python and its libraries: it is tested with the lowest of both, and with the newest.
CELLS = (
    Cell("3.2.0", "3.10", until="2026-04-15", lowest=True, whole=True),
    Cell("3.2.0", "3.10", until="2026-04-15"),
    Cell("3.2.0", "3.13", until="2026-04-15"),
    Cell("3.2.2", "3.13", until="2026-06-01"),
    Cell("3.3.0", "3.10", until="2026-07-15"),
    Cell("3.3.2", "3.13", until="2026-10-01"),
    Cell(NEWEST, "3.10"),
    Cell(NEWEST, "3.13", whole=True),
)


def chosen(only: Sequence[str]) -> list[Cell]:
    """
    Return the cells that one of the words names, all without words.

    :param only: the names, or parts of them.
    :raises ValueError: if a word names no cell.
    """
    for word in only:
        if not any(_named(cell, word) for cell in CELLS):
            names = ", ".join(cell.name for cell in CELLS)
            raise ValueError(f"no cell has {word!r} in its name; there are: {names}")
    return [cell for cell in CELLS if not only or any(_named(cell, word) for word in only)]


def _named(cell: Cell, word: str) -> bool:
    # The name of one cell may be the beginning of another's.
    return cell.name == word if any(other.name == word for other in CELLS) else word in cell.name
