"""What came out of a cell, and the table of all."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HEADINGS = ("Airflow", "Python", "other packages", "passed", "failed", "skipped", "minutes")


@dataclass(frozen=True)
class Counts:
    """
    How many tests there were of each outcome.

    :param passed: those that passed.
    :param failed: those that failed, or could not be run.
    :param skipped: those that were left out.
    """

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    @classmethod
    def read(cls, report: Path) -> Counts:
        """
        Read pytest's JUnit report.

        :param report: the file; one that is missing is a failure, as pytest did not come to its end.
        """
        if not report.exists():
            return cls(failed=1)
        total: Counter[str] = Counter()
        for suite in ET.parse(report).iter("testsuite"):
            for name in ("tests", "failures", "errors", "skipped"):
                total[name] += int(suite.get(name, 0))
        failed = total["failures"] + total["errors"]
        return cls(total["tests"] - failed - total["skipped"], failed, total["skipped"])


@dataclass(frozen=True)
class Outcome:
    """
    A row of the table.

    :param airflow: the version that was installed.
    :param python: its version.
    :param packages: of what day or kind the other packages are.
    :param counts: of all tests; None for a cell that was not tested.
    :param seconds: that the tests took.
    :param reason: why it was not tested.
    """

    airflow: str
    python: str
    packages: str
    counts: Counts | None = None
    seconds: float = 0.0
    reason: str = ""

    @property
    def good(self) -> bool:
        """Whether tests passed and none failed."""
        return self.counts is not None and self.counts.passed > 0 and not self.counts.failed

    def columns(self) -> list[str]:
        """Return what stands in the row."""
        columns = [self.airflow, self.python, self.packages]
        if self.counts is None:
            return [*columns, self.reason, "", "", ""]
        numbers = (self.counts.passed, self.counts.failed, self.counts.skipped)
        return [*columns, *map(str, numbers), f"{self.seconds / 60:.1f}"]


def table(outcomes: Sequence[Outcome]) -> str:
    """
    Return the outcomes in Markdown.

    :param outcomes: the rows.
    """
    lines = [list(HEADINGS), ["---"] * len(HEADINGS), *(outcome.columns() for outcome in outcomes)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
