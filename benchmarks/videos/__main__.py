"""
What a video costs on a real Airflow, by who submits it and who waits for it.

Run ``make bench``, or ``python -m benchmarks.videos --help`` for less or more of it.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import tempfile
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console

from benchmarks.videos.report import print_table, write_csv, write_page, write_plot
from benchmarks.videos.runs import Bench, Figures, Variant, write_items
from benchmarks.videos.vendor import vendor
from harness.cluster import Cluster

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
WARM_UP = 2
"""Videos of the first run of each Dag: it writes the bytecode and fills caches, and is not counted."""
IDLE_SECONDS = 30.0
SETTINGS = {
    # A worker is busy for up to 5 s more than its task; the first start of each Dag compiles its imports.
    "core": {"parallelism": 16, "dagbag_import_timeout": 180},
    "dag_processor": {"min_file_process_interval": 3600},  # parsing again and again would be noise
    "openlineage": {"disabled": True},  # a development tool here; its listener takes part in every start
}

VARIANTS = [
    Variant("http", "HttpOperator + HttpSensor (reschedule)", keeps=False),
    Variant("bare", "barest deferrable operator", keeps=True),
    Variant("mapped", "ModelsLabSingleVideoSwapOperator", keeps=True),
    Variant("split", "submit only + sensor ended in the trigger", keeps=False),
    Variant("batch", "FaceSwapBatchOperator", keeps=True),
]
LARGE = {"http": 30, "batch": 1000}


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.videos", description=__doc__)
    parser.add_argument("--videos", type=int, default=40, help="in each run")
    parser.add_argument("--rounds", type=int, default=2, help="of all variants, one after the other")
    parser.add_argument("--large", action="store_true", help="also 1,000 in one batch and 30 through HTTP")
    parser.add_argument(
        "--only", default=",".join(each.name for each in VARIANTS), help="some variants, with commas"
    )
    parser.add_argument("--csv", type=Path, help="write all runs there")
    parser.add_argument("--page", type=Path, help="replace the table of that Markdown page")
    parser.add_argument("--plot", type=Path, help="write a plot there, as SVG")
    return parser.parse_args()


def chosen(names: str, console: Console) -> list[Variant]:
    """Return the variants that are to be run and can be."""
    found = [variant for variant in VARIANTS if variant.name in names.split(",")]
    if find_spec("airflow_provider_faceswap.operators.batch") is None:
        console.print("batch: skipped, there is no operators.batch")
        found = [variant for variant in found if variant.name != "batch"]
    return found


def measure(
    bench: Bench, variants: list[Variant], given: argparse.Namespace, console: Console
) -> list[Figures]:
    """Warm up, then run everything in turn."""
    for variant in variants:
        console.print(f"{variant.name}: warming up")
        bench.run(variant, WARM_UP, 0)
    idle = bench.idle(IDLE_SECONDS)
    console.print(f"idle: {idle:.3f} CPU seconds a second, taken off every run")
    sizes = [(variant, given.videos) for _ in range(given.rounds) for variant in variants]
    if given.large:
        sizes += [(variant, LARGE[variant.name]) for variant in variants if variant.name in LARGE]
    found = []
    for number, (variant, size) in enumerate(sizes, start=1):
        figures = bench.run(variant, size, number, idle)
        console.print(f"{variant.name}: {size} videos, {figures.cpu:.3f} CPU s each, {figures.wall:.0f} s")
        found.append(figures)
    return found


def machine() -> str:
    """Describe where this runs."""
    model = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    python = platform.python_version()
    return f"{os.cpu_count()} cores ({model[1] if model else platform.machine()}), Python {python}"


def main() -> None:
    """Run, print, write."""
    given, console = options(), Console(width=140)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    variants = chosen(given.only, console)
    sizes = {WARM_UP, given.videos, *(LARGE.values() if given.large else ())}
    with tempfile.TemporaryDirectory(prefix="faceswap-benchmark-") as home, vendor() as url:
        folder = Path(home, "results")
        folder.mkdir()
        for size in sizes:
            write_items(folder, size)
        env = {
            "PYTHONPATH": str(ROOT),
            "FACESWAP_BENCHMARK_SIZES": ",".join(map(str, sizes)),
            "FACESWAP_BENCHMARK_FOLDER": str(folder),
        }
        # The batch reads its list from local disk.
        settings = {**SETTINGS, "faceswap": {"local_roots": folder}}
        with Cluster(Path(home, "airflow"), [HERE / "dags"], env=env, settings=settings) as cluster:
            for conn_id, conn_type in (("benchmark_modelslab", "modelslab"), ("benchmark_http", "http")):
                connection = {"connection_id": conn_id, "conn_type": conn_type, "host": url}
                cluster.rest.request("POST", "/connections", json={**connection, "password": "benchmark-key"})
            cluster.wait_for_dags({f"{each.name}_{size}" for each in variants for size in sizes})
            found = measure(Bench(cluster, url, folder), variants, given, console)
    print_table(found, VARIANTS, console)
    if given.csv:
        write_csv(found, given.csv)
    if given.page:
        write_page(found, VARIANTS, machine(), given.page)
    if given.plot:
        write_plot(found, VARIANTS, given.plot)


if __name__ == "__main__":
    main()
