"""Predictions for a run of the cluster test beside what was measured."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from airflow_provider_faceswap.apis.polling import seconds_to_next_poll
from benchmarks.scale.fitting import read_runs
from benchmarks.scale.units import COMPONENTS, DOCS, REQUESTS, Units

RUNS, MEASURED = DOCS / "units-runs.csv", DOCS / "units-real.csv"
VENDORS, MAPPED, BATCH, JOB_SECONDS = 3, 2, 7, 25.0
"""The run of tests/cluster/case.py: the number of mapped tasks, and of videos in a batch, at each vendor."""
VIDEOS = VENDORS * (MAPPED + BATCH)
STARTS = 2.0
"""Of a batch that takes one wave: one that submits, one that collects."""
ROW = "undisturbed"
Figures = dict[str, float]


@dataclass(frozen=True)
class Predicted:
    """
    One figure of the run.

    :param what: it is.
    :param name: of the measured figure.
    :param predict: from the unit costs.
    """

    what: str
    name: str
    predict: Callable[[Units], float]


def of_run(figure: str) -> Callable[[Units], float]:
    """Return what predicts a figure of the whole run; one of the three vendors calls back."""

    def predict(units: Units) -> float:
        found = VENDORS * MAPPED * units.cost("mapped", figure)[0]
        for kind, batches in (("batch", VENDORS - 1), ("callbacks", 1)):
            video, start = units.cost(kind, figure)
            found += batches * (BATCH * video + STARTS * start)
        return found

    return predict


def polls(_: Units) -> float:
    """Return the polls of a job of :data:`JOB_SECONDS` whose eta is right, the worker's included."""
    chance, tries, made = random.Random(7), 1000, 0
    for _number in range(tries):
        age = 0.0
        while age < JOB_SECONDS:
            age += seconds_to_next_poll(age, eta=JOB_SECONDS, jitter=chance.random())
            made += 1
    return made / tries + 1


def run_length(_: Units) -> float:
    """Return how long the shortest counted run of mapped tasks lasted: its jobs take as long, in one wave."""
    return min(run.figures["lasted"] for run in read_runs(RUNS) if run.kind == "mapped")


def rows(units: Units) -> float:
    """Return the rows that are written, those of the running Dag run included."""
    return of_run("rows")(units) + units["run.rows.second"] * run_length(units)


def cpu(units: Units) -> float:
    """Return the CPU seconds per video, of all components."""
    return sum(of_run(f"cpu.{component}")(units) for component in COMPONENTS) / VIDEOS


PREDICTED = [
    Predicted("polls per job", "polls_per_job", polls),
    Predicted("CPU seconds per video", "cpu_per_video", cpu),
    Predicted("run, seconds", "lasted", run_length),
    Predicted(
        "jobs in flight, mean over the run",
        "in_flight",
        lambda units: VIDEOS * JOB_SECONDS / run_length(units),
    ),
    Predicted("rows written", "rows", rows),
    Predicted("log written, bytes", "wal_bytes", of_run("wal_bytes")),
    *(
        Predicted(f"{method} requests to the store", f"s3.{method}", of_run(f"s3.{method}"))
        for method in REQUESTS
    ),
]


def measured_run(path: Path = MEASURED) -> Figures:
    """Read what ``python -m benchmarks.scale.real`` measured."""
    (run,) = read_runs(path)
    return run.figures


def row_of(log: Path) -> Figures:
    """
    Return the undisturbed run's figures of a cluster test's log.

    :param log: what ``make cluster-test`` printed.
    """
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in log.read_text(errors="replace").splitlines()
        if re.match(r"\| (case|undisturbed) \|", line)
    ]
    if len(rows) < 2:
        raise SystemExit(f"{log} holds no row {ROW!r}: give the output of make cluster-test")
    found = dict(zip(rows[0], rows[-1], strict=True))
    names = {"polls per job": "polls_per_job", "CPU s per video": "cpu_per_video", "run s": "lasted"}
    return {name: float(found[heading]) for heading, name in names.items() if found.get(heading)}


def check(units: Units, measured: Figures) -> Table:
    """Return the predictions beside what was measured, and their ratio."""
    table = Table("of a run of the cluster test", "predicted", "measured", "measured / predicted")
    for what, expected, found in compared(units, measured):
        ratio = f"{found / expected:.2f}" if expected else ""
        table.add_row(what, f"{expected:.3g}", f"{found:.3g}", ratio)
    return table


def compared(units: Units, measured: Figures) -> list[tuple[str, float, float]]:
    """Return what was predicted and measured of each figure that was."""
    return [
        (each.what, each.predict(units), measured[each.name]) for each in PREDICTED if each.name in measured
    ]
