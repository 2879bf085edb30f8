"""The tables of docs/scale.md."""

from __future__ import annotations

import re
from collections.abc import Sequence

from benchmarks.scale.check import compared
from benchmarks.scale.counting import Figures
from benchmarks.scale.demand import BATCH, MAPPED, Demand
from benchmarks.scale.ladder import Limit, breaks, limits, times
from benchmarks.scale.model import needs
from benchmarks.scale.report import LINES, amount, title
from benchmarks.scale.units import Units

STEPS = (10_000, 1_000_000, 100_000_000)
KINDS = (MAPPED, BATCH)
Rows = Sequence[Sequence[str]]


def words(videos: float) -> str:
    """Return a number of videos."""
    return re.sub(r"(\d+),000,000$", r"\1 million", f"{round(videos):,}")


def demands() -> list[Demand]:
    """Return what the page is about: each step, as mapped tasks and as batches."""
    return [Demand(videos_per_hour=step / 24, kind=kind) for step in STEPS for kind in KINDS]


def table(headings: Sequence[str], rows: Rows) -> str:
    """Return a table in Markdown."""
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def needs_table(units: Units) -> str:
    """Return what is needed at each step."""
    columns = [(needs(demand, units), demand) for demand in demands()]
    headings = ["a day", *[f"{words(demand.videos_per_hour * 24)}, {title(demand)}" for demand in demands()]]
    return table(headings, [[what, *[show(*column) for column in columns]] for what, show in LINES.items()])


def limits_table(units: Units) -> str:
    """Return how many videos a day one of each carries."""
    carried = {kind: limits(Demand(videos_per_hour=1, kind=kind), units) for kind in KINDS}
    found: dict[str, dict[str, str]] = {}
    for kind, listed in carried.items():
        for limit in listed:
            found.setdefault(limit.what, {})[kind] = amount(limit.videos)
    rows = [[f"one {what}", *[by.get(kind, "") for kind in KINDS]] for what, by in found.items()]
    return table(["videos a day that are carried by", *KINDS], rows)


def breaks_table(units: Units) -> str:
    """Return what breaks at each step, and the remedy."""
    rows = []
    for kind in KINDS:
        for found in breaks(Demand(videos_per_hour=1, kind=kind), units, STEPS):
            cells = [_needed(limit, found.videos) for limit in found.broken]
            first = cells[0] if cells else "nothing that did not break below"
            remedy = found.broken[0].remedy if cells else ""
            rows.append([f"{words(found.videos)}, {kind}", first, remedy, "; ".join(cells[1:])])
    return table(["a day", "first to break", "remedy", "then"], rows)


def _needed(limit: Limit, videos: float) -> str:
    return f"one {limit.what}, at {amount(limit.videos)}: it takes {amount(times(limit, videos))}"


def units_table(units: Units) -> str:
    """Return the unit costs that the tables above were computed from."""
    rows = [[f"`{name}`", f"{unit.value:.3g}", unit.source] for name, unit in sorted(units.used.items())]
    return table(["unit cost", "value", "measured by"], rows)


def content(units: Units) -> str:
    """Return what stands between the marks of the page."""
    return "\n".join(
        [
            "### What is needed",
            "",
            needs_table(units),
            "",
            "### What one of each carries",
            "",
            limits_table(units),
            "",
            "### What breaks first",
            "",
            breaks_table(units),
            "",
            "### Unit costs",
            "",
            units_table(units),
        ]
    )


def check_table(units: Units, measured: Figures) -> str:
    """Return the predictions for a real run beside what was measured."""
    rows = [
        [what, amount(expected), amount(found), f"{found / expected:.2f}" if expected else ""]
        for what, expected, found in compared(units, measured)
    ]
    return table(["of one run, 27 videos", "predicted", "measured", "ratio"], rows)


def filled(text: str, units: Units, measured: Figures) -> str:
    """
    Return a page with its tables replaced.

    :param text: the page.
    :param units: the measured costs.
    :param measured: a real run.
    """
    for name, tables in (("scale", content(units)), ("check", check_table(units, measured))):
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}\n{tables}\n{end}{rest.partition(end)[2]}"
    return text
