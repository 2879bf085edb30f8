"""From counted runs to unit costs: what grows with the videos, and with the starts of a task."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.scale.counting import DEFERRALS, Figures

IDLE, LOOP = "idle", "loop"
COMMAND = "python -m benchmarks.units"
SECONDS, LASTED = "seconds", "lasted"
RUNNING = "rows.dag_run"
"""The scheduler writes the row of a running run again and again: a cost of its seconds."""
RESTLESS = ("cpu.scheduler", "cpu.database")
"""An idle scheduler asks the database all the time, and a busy one does not: idle CPU cannot be taken off."""
STARTS_OF_A_MAPPED_TASK = 2.0
"""One that submits, one that collects."""
LEAST = 1e-5
"""What is less is left out: it is noise."""


class CountedRun(NamedTuple):
    """
    A run and what was counted.

    :param kind: of its task, or ``idle`` or ``loop``.
    :param videos: how many.
    :param limit: jobs that were allowed to run at once.
    :param figures: by their names.
    """

    kind: str
    videos: int
    limit: int
    figures: Figures


class Cost(NamedTuple):
    """What a video adds to a figure, and what each start of the task adds."""

    video: float
    start: float


def write_runs(runs: Iterable[CountedRun], path: Path) -> None:
    """Write a line for each figure of each run."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["kind", "videos", "limit", "figure", "value"])
        for run in runs:
            for name, value in run.figures.items():
                writer.writerow([run.kind, run.videos, run.limit, name, f"{value:.6g}"])


def read_runs(path: Path) -> list[CountedRun]:
    """Read what :func:`write_runs` wrote."""
    found: dict[tuple[str, int, int], Figures] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            run = row["kind"], int(row["videos"]), int(row["limit"])
            found.setdefault(run, {})[row["figure"]] = float(row["value"])
    return [CountedRun(*run, figures) for run, figures in found.items()]


def fit(points: Sequence[tuple[float, float, float]]) -> Cost:
    """
    Return the costs that explain some runs with the least squares, none below zero.

    :param points: for each run its videos, its starts, and what it took.
    """
    vv = sum(videos * videos for videos, _, _ in points)
    vs = sum(videos * starts for videos, starts, _ in points)
    ss = sum(starts * starts for _, starts, _ in points)
    vt = sum(videos * took for videos, _, took in points)
    st = sum(starts * took for _, starts, took in points)
    determinant = vv * ss - vs * vs
    if not determinant:
        raise ValueError("the runs differ too little: give them other numbers of videos")
    video, start = (vt * ss - st * vs) / determinant, (st * vv - vt * vs) / determinant
    if video < 0:
        return Cost(0.0, st / ss)
    if start < 0:
        return Cost(vt / vv, 0.0)
    return Cost(video, start)


def costs(runs: Sequence[CountedRun], kind: str) -> dict[str, Cost]:
    """
    Return the costs of each figure.

    :param runs: all of them; what an idle second takes is taken off.
    :param kind: whose costs.
    """
    idle = next(run.figures for run in runs if run.kind == IDLE)
    chosen = [run for run in runs if run.kind == kind]
    names = {name for run in chosen for name in run.figures}
    names -= {SECONDS, LASTED, DEFERRALS, RUNNING, *RESTLESS}
    found = {}
    for name in sorted(names):
        a_second = idle.get(name, 0.0) / idle[SECONDS]
        points = [
            (run.videos, starts(run), run.figures.get(name, 0.0) - a_second * run.figures[SECONDS])
            for run in chosen
        ]
        found[name] = fit(points)
    return found


def starts(run: CountedRun) -> float:
    """Return how many times a batch's task started; the tasks of mapped videos count as part of the video."""
    return 1.0 if run.kind == "mapped" else 1.0 + run.figures.get(DEFERRALS, 0.0)


def of_a_running_run(runs: Sequence[CountedRun]) -> float:
    """Return the rows that a running Dag run costs in a second."""
    chosen = [run.figures for run in runs if RUNNING in run.figures and LASTED in run.figures]
    return sum(run[RUNNING] for run in chosen) / sum(run[LASTED] for run in chosen)


def at_most(runs: Sequence[CountedRun], name: str) -> float:
    """
    Return what a task start takes of a figure at most: all that a run took is divided by its starts.

    :param runs: all of them.
    :param name: of the figure, one of :data:`RESTLESS`.
    """
    mapped = [run for run in runs if run.kind == "mapped"]
    return min(run.figures[name] / (STARTS_OF_A_MAPPED_TASK * run.videos) for run in mapped)


def unit_costs(runs: Sequence[CountedRun]) -> Figures:
    """Return what :data:`COMMAND` measured, by the names that :mod:`benchmarks.scale.units` reads."""
    found: Figures = {}
    for kind in sorted({run.kind for run in runs} - {IDLE, LOOP}):
        for name, cost in with_sum(costs(runs, kind)).items():
            found[f"{kind}.{name}.video"] = cost.video
            if kind != "mapped":
                found[f"{kind}.{name}.start"] = cost.start
    for name in RESTLESS:
        if any(name in run.figures and run.kind == "mapped" for run in runs):
            a_start = at_most(runs, name)
            found[f"mapped.{name}.video"] = STARTS_OF_A_MAPPED_TASK * a_start
            found[f"batch.{name}.start"] = found[f"callbacks.{name}.start"] = a_start
    if any(RUNNING in run.figures for run in runs):
        found["run.rows.second"] = of_a_running_run(runs)
    for run in runs:
        if run.kind == LOOP:
            found.update({f"{LOOP}.{name}": value for name, value in run.figures.items()})
        if run.kind == IDLE:
            seconds = run.figures[SECONDS]
            idle = {name: value / seconds for name, value in run.figures.items() if name != SECONDS}
            found.update({f"{IDLE}.{name}": value for name, value in idle.items()})
            found[f"{IDLE}.rows"] = sum(value for name, value in idle.items() if name.startswith("rows."))
    return {name: value for name, value in sorted(found.items()) if value >= LEAST}


def with_sum(found: dict[str, Cost]) -> dict[str, Cost]:
    """Add the sum of all tables' rows."""
    rows = [cost for name, cost in found.items() if name.startswith("rows.")]
    return {**found, "rows": Cost(sum(cost.video for cost in rows), sum(cost.start for cost in rows))}


def write_units(runs: Path, path: Path) -> None:
    """
    Write the unit costs, and keep those that another command measured.

    :param runs: what was counted.
    :param path: the file with the unit costs.
    """
    kept = []
    if path.exists():
        with path.open(newline="") as file:
            kept = [row for row in csv.reader(file) if row[2] not in ("source", COMMAND)]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "value", "source"])
        writer.writerows(kept)
        for name, value in unit_costs(read_runs(runs)).items():
            writer.writerow([name, f"{value:.4g}", COMMAND])
