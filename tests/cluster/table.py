"""What the cases found out, as a table for those who read the output."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Row:
    """The figures of one case; times are in seconds."""

    case: str
    videos: int
    accepted: int
    results: int
    lasted: float
    recovered: float | None = None
    polls_per_job: float | None = None
    cpu_per_video: float | None = None
    restarted: str = ""


HEADINGS = {
    "case": "case",
    "videos": "videos",
    "accepted": "jobs accepted",
    "results": "results",
    "lasted": "run s",
    "recovered": "recovered after s",
    "polls_per_job": "polls per job",
    "cpu_per_video": "CPU s per video",
    "restarted": "ended by itself, started again",
}


class Table(list[Row]):
    """The rows so far."""

    def text(self) -> str:
        """Return them with a heading, in Markdown."""
        names = [field.name for field in fields(Row)]
        cells = [[HEADINGS[name] for name in names], ["---"] * len(names)]
        cells += [[_cell(getattr(row, name)) for name in names] for row in self]
        return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.2f}" if isinstance(value, float) else str(value)


TABLE = Table()
