"""
What a number of videos needs, computed from measured unit costs.

Run ``python -m benchmarks.scale --videos-per-hour 5000``, or ``--help`` for more. ``--page docs/scale.md``
writes the tables of that page, ``--check`` compares predictions with a real run.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.scale.check import check, measured_run, row_of
from benchmarks.scale.demand import BATCH, MAPPED, Demand
from benchmarks.scale.ladder import limits, times
from benchmarks.scale.model import needs
from benchmarks.scale.page import filled
from benchmarks.scale.report import amount, lines, title
from benchmarks.scale.units import Units, read_units


def options(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    usual = Demand(videos_per_hour=0)
    parser.add_argument("--videos-per-hour", type=float, default=1000)
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="that a job takes, on average")
    parser.add_argument("--spread", type=float, default=usual.spread, help="sigma of their logarithm")
    parser.add_argument(
        "--plan-limit", type=int, default=usual.plan_limit, help="jobs of an account at a time"
    )
    parser.add_argument("--requests-per-second", type=float, help="that one account may send")
    parser.add_argument("--accounts", type=int, help="that there are; else as many as it takes")
    parser.add_argument("--megabytes", type=float, default=usual.megabytes, help="of one result")
    parser.add_argument("--capacity", type=int, default=usual.capacity, help="of one triggerer")
    parser.add_argument("--calls-back", action="store_true", help="the vendor is not polled: it calls back")
    parser.add_argument(
        "--no-eta",
        dest="eta",
        action="store_false",
        help="the vendor does not say how long a job takes, as Segmind",
    )
    parser.add_argument("--page", type=Path, help="write the tables of that page, and nothing else")
    parser.add_argument(
        "--check",
        nargs="?",
        const="",
        metavar="LOG",
        help="compare with a real run, or with such a log",
    )
    return parser.parse_args(arguments)


def asked(given: argparse.Namespace) -> list[Demand]:
    """Return the demand as mapped tasks and as batches."""
    same = {
        name: getattr(given, name)
        for name in (
            "videos_per_hour", "seconds", "spread", "plan_limit", "requests_per_second", "accounts",
            "megabytes", "capacity", "calls_back", "eta",
        )
    }  # fmt: skip
    return [Demand(**same, kind=kind) for kind in (MAPPED, BATCH)]


def show(demands: list[Demand], units: Units, console: Console) -> None:
    """Print what is needed, and what breaks first."""
    found = [needs(demand, units) for demand in demands]
    table = Table("", *[title(demand) for demand in demands])
    columns = [lines(each, demand) for each, demand in zip(found, demands, strict=True)]
    for rows in zip(*columns, strict=True):
        table.add_row(rows[0][0], *[value for _, value in rows])
    console.print(table)
    for demand, each in zip(demands, found, strict=True):
        if not each.enough:
            console.print(f"{title(demand)}: {each.accounts} accounts are not enough")
        a_day = demand.videos_per_hour * 24
        over = [limit for limit in limits(demand, units) if limit.videos < a_day]
        for limit in over:
            console.print(
                f"{title(demand)}: one {limit.what} carries {amount(limit.videos)} videos a day, "
                f"so {times(limit, a_day)} are needed: {limit.remedy}"
            )


def main(arguments: list[str] | None = None) -> None:
    """Compute and print."""
    given, console, units = options(arguments), Console(width=140), read_units()
    if given.page:
        text = given.page.read_text(encoding="utf-8")
        given.page.write_text(filled(text, units, measured_run()), encoding="utf-8")
    elif given.check is not None:
        measured = row_of(Path(given.check)) if given.check else measured_run()
        console.print(check(units, measured))
    else:
        show(asked(given), units, console)


if __name__ == "__main__":
    main()
