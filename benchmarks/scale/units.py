"""The measured unit costs, each with the command or the page that it is from."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

DOCS = Path(__file__).resolve().parents[2] / "docs"
UNITS = DOCS / "units.csv"
VIDEOS = DOCS / "benchmarks.csv"
COMPONENTS = ("tasks", "scheduler", "api_server", "triggerer", "dag_processor", "database")
OF_VIDEOS = {"batch.turn": ("batch", "lateness")}
"""Unit costs that ``python -m benchmarks.videos`` measures: the variant and the column."""
REQUESTS = ("GET", "PUT", "HEAD", "LIST", "DELETE", "POST")


class Unit(NamedTuple):
    """A measured value and what measured it."""

    value: float
    source: str


class Units:
    """
    Looks up unit costs.

    :param known: all of them by their names.
    """

    def __init__(self, known: dict[str, Unit]) -> None:
        self._known = known
        self.used: dict[str, Unit] = {}
        """What was looked up so far."""

    def __getitem__(self, name: str) -> float:
        """
        Return a value that must be there.

        :param name: such as ``mapped.rows.video``.
        """
        if name not in self._known:
            raise KeyError(f"{name} is not in {UNITS.name}: measure it with python -m benchmarks.units")
        self.used[name] = self._known[name]
        return self._known[name].value

    def cost(self, kind: str, figure: str) -> tuple[float, float]:
        """
        Return what a video and what a start of the task cost; nothing where nothing was measurable.

        :param kind: of the task, such as ``batch``.
        :param figure: such as ``rows``.
        """
        found = []
        for part in ("video", "start"):
            unit = self._known.get(f"{kind}.{figure}.{part}")
            if unit:
                self.used[f"{kind}.{figure}.{part}"] = unit
            found.append(unit.value if unit else 0.0)
        return found[0], found[1]


def read_units(path: Path = UNITS, videos: Path = VIDEOS) -> Units:
    """
    Read the unit costs of all benchmarks.

    :param path: the CSV file that ``python -m benchmarks.units`` writes.
    :param videos: the one of ``python -m benchmarks.videos``.
    """
    with path.open(newline="") as file:
        known = {row["name"]: Unit(float(row["value"]), row["source"]) for row in csv.DictReader(file)}
    with videos.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for name, (variant, column) in OF_VIDEOS.items():
        found = mean(float(row[column]) for row in rows if row["variant"] == variant)
        known[name] = Unit(found, "python -m benchmarks.videos, docs/benchmarks.csv")
    return Units(known)


def mean(values: Iterable[float]) -> float:
    """Return the mean of some values, at least one."""
    listed = list(values)
    return sum(listed) / len(listed)
