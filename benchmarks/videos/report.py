"""The figures as a table, as CSV and as a plot."""

from __future__ import annotations

import csv
import re
import statistics
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.videos.runs import Figures, Variant

BARE = "bare"
TABLE = ("<!-- table -->", "<!-- end of the table -->")
COLUMNS = (("cpu", 3), ("slots", 1), ("requests", 1), ("connections", 2), ("lateness", 1))


def print_table(found: Sequence[Figures], variants: Sequence[Variant], console: Console) -> None:
    """Print the means of each variant and size."""
    table = Table(
        "per video",
        "videos",
        "runs",
        "CPU s",
        "of the barest",
        "slot s",
        "requests",
        "connections",
        "late s",
        "kept",
    )
    for variant, size, runs in grouped(found, variants):
        ratio = _ratio(runs, found)
        table.add_row(
            variant.title,
            str(size),
            str(len(runs)),
            f"{mean(runs, 'cpu'):.3f}",
            f"{ratio:.2f}" if ratio else "",
            f"{mean(runs, 'slots'):.2f}",
            f"{mean(runs, 'requests'):.1f}",
            f"{mean(runs, 'connections'):.2f}",
            f"{mean(runs, 'lateness'):.1f}",
            "yes" if variant.keeps else "no",
        )
    console.print(table)


def grouped(
    found: Sequence[Figures], variants: Sequence[Variant]
) -> list[tuple[Variant, int, list[Figures]]]:
    """Return the runs of each variant and size."""
    groups: dict[tuple[str, int], list[Figures]] = {}
    for figures in found:
        groups.setdefault((figures.variant, figures.videos), []).append(figures)
    known = {variant.name: variant for variant in variants}
    return [(known[name], size, runs) for (name, size), runs in groups.items()]


def mean(runs: Sequence[Figures], figure: str) -> float:
    """Return the mean of a figure."""
    return statistics.mean(getattr(run, figure) for run in runs)


def _ratio(runs: Sequence[Figures], found: Sequence[Figures]) -> float | None:
    bare = [each for each in found if each.variant == BARE]
    return mean(runs, "cpu") / mean(bare, "cpu") if bare else None


def write_page(found: Sequence[Figures], variants: Sequence[Variant], machine: str, path: Path) -> None:
    """Replace the table of a Markdown page, which stands between two comments."""
    lines = [
        "| videos | | CPU s | of the barest | slot s | requests | connections | late s |",
        "|---:|---|---:|---:|---:|---:|---:|---:|",
    ]
    for variant, size, runs in grouped(found, variants):
        ratio = _ratio(runs, found)
        cells = [f"{mean(runs, name):.{digits}f}" for name, digits in COLUMNS]
        cells.insert(1, f"{ratio:.2f}" if ratio else "")
        lines.append(f"| {size} | {variant.title} | {' | '.join(cells)} |")
    table = "\n".join([f"Per video, on {machine}:", "", *lines])
    page = re.sub(
        rf"{TABLE[0]}.*{TABLE[1]}",
        lambda _: f"{TABLE[0]}\n{table}\n{TABLE[1]}",
        path.read_text(),
        flags=re.DOTALL,
    )
    path.write_text(page)


def write_csv(found: Sequence[Figures], path: Path) -> None:
    """Write a line for each run."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [each.name for each in fields(Figures)])
        writer.writeheader()
        writer.writerows(
            {name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()}
            for row in map(asdict, found)
        )


def write_plot(found: Sequence[Figures], variants: Sequence[Variant], path: Path) -> None:
    """Draw the CPU seconds per video as bars, on a logarithmic scale: a batch is far below the others."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "faceswap", "svg.fonttype": "none"})
    from matplotlib import pyplot

    groups = grouped(found, variants)[::-1]
    figure, axes = pyplot.subplots(figsize=(8, 0.6 * len(groups) + 1))
    costs = [mean(runs, "cpu") for *_, runs in groups]
    bars = axes.barh([f"{variant.title}, {size}" for variant, size, _ in groups], costs, color="#6c5ce7")
    axes.bar_label(bars, [f"{cost:.3g} s" for cost in costs], padding=4)
    axes.set_xscale("log")
    axes.set_xlabel("CPU seconds per video, whole Airflow")
    axes.margins(x=0.25)
    figure.tight_layout()
    figure.savefig(path, format="svg", metadata={"Date": None})
