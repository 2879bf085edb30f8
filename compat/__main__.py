"""
Run the tests against the built wheel, on several versions of Airflow and Python.

Run ``make compat``, or ``make compat ONLY=3.2.0`` for the cells with that in their name.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from compat.cells import Cell, chosen
from compat.environment import CellError, Environment, clean_environment
from compat.interpreters import find_python
from compat.outcome import Counts, Outcome, table

# As `make test-quick`. What tests the distribution and the image that is built from it needs the checkout.
UNIT = (
    "-m",
    "not system and not cluster and not slow and not durability",
    "--ignore=tests/compat",
    "--ignore=tests/deploy",
)
# Rooms that import no Airflow, the tools of the development, and the documents.
APART = ("apis", "media", "sandbox", "benchmarks", "demo", "harness", "docs")
# Nobody mends what an old library says of things that came after it; Airflow repeats it of a Dag file.
LENIENT = (
    "-Wdefault::DeprecationWarning",
    "-Wdefault::FutureWarning",
    "-Wdefault::UserWarning",
)
# What the packages of some days say of each other: Starlette, of the client that it takes for its tests.
AGED = ("-Wdefault:Using `httpx` with `starlette.testclient`:UserWarning",)
# A Dag with each vendor: pictures and clips, polling, an answer at once, a callback, results stored.
SYSTEM = ("tests/system/test_faceswap_operator.py", "-k", "each_task_is_swapped")
SUITES = ("unit", "system")


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m compat", description=__doc__)
    parser.add_argument("only", nargs="*", help="words that the names of the cells hold; without one, all")
    parser.add_argument("--dist", type=Path, default=Path("dist"), help="the folder of wheel and sdist")
    parser.add_argument("--home", type=Path, default=Path(".compat"), help="the folder of the environments")
    parser.add_argument("--suite", choices=SUITES, action="append", help="only this one; may be repeated")
    parser.add_argument("--strict", action="store_true", help="a cell without its Python is a failure")
    return parser.parse_args()


def the_only(folder: Path, pattern: str) -> Path:
    """Return the one file that there is: two versions would leave open which one is tested."""
    found = sorted(folder.resolve().glob(pattern))
    if len(found) != 1:
        raise SystemExit(f"{folder} has {len(found)} files {pattern}, not one: run `make dist`")
    return found[0]


def arguments(suite: str, cell: Cell) -> list[str]:
    """Return what pytest is to run."""
    if suite == "system":
        return [*SYSTEM]
    apart = [] if cell.whole else [f"--ignore=tests/{room}" for room in APART]
    return [*UNIT, *apart, *(LENIENT if cell.lowest else ()), *(AGED if cell.until else ())]


def run_tests(environment: Environment, suites: list[str]) -> tuple[Counts, float]:
    """Run the suites in the environment; their output goes into its folder."""
    counts, started = Counts(), time.monotonic()
    for suite in suites:
        report = environment.home / f"{suite}.xml"
        report.unlink(missing_ok=True)
        log = environment.home / f"{suite}.log"
        with log.open("w") as output:
            # The script and not `python -m`: that would put the working folder first on the path.
            subprocess.run(
                [
                    environment.bin / "pytest",
                    "-q",
                    f"--junitxml={report}",
                    *arguments(suite, environment.cell),
                ],
                cwd=environment.tree,
                env=clean_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        found = Counts.read(report)
        counts += found
        print(f"  {suite}: {found.passed} passed, {found.failed} failed, {found.skipped} skipped", flush=True)
        if found.failed or not found.passed:
            lines = log.read_text(errors="replace").splitlines()
            print(*(f"    {line}" for line in lines[-40:]), f"    all of it: {log}", sep="\n", flush=True)
    return counts, time.monotonic() - started


def tested(cell: Cell, args: argparse.Namespace) -> Outcome:
    """Make a cell and run its tests."""
    packages = f"{'lowest declared, ' if cell.lowest else ''}{cell.until or 'newest'}"
    print(f"{cell.name}:", flush=True)
    python = find_python(cell.python)
    if python is None:
        reason = f"skipped: no Python {cell.python} here"
        print(f"  {reason}; `uv python install {cell.python}` brings one", flush=True)
        return Outcome(cell.airflow, cell.python, packages, reason=reason)
    environment = Environment(cell, args.home)
    try:
        environment.make(python, the_only(args.dist, "*.whl"), the_only(args.dist, "*.tar.gz"))
    except CellError as error:
        print(f"  {error}", flush=True)
        return Outcome(cell.airflow, cell.python, packages, Counts(failed=1))
    counts, seconds = run_tests(environment, args.suite or list(SUITES))
    return Outcome(environment.airflow, cell.python, packages, counts, seconds)


def main() -> int:
    """Test the chosen cells and return the exit code."""
    args = options()
    try:
        cells = chosen(args.only)
    except ValueError as error:
        raise SystemExit(str(error)) from None
    outcomes = [tested(cell, args) for cell in cells]
    print("", table(outcomes), sep="\n")
    wanted = outcomes if args.strict else [outcome for outcome in outcomes if not outcome.reason]
    return 0 if all(outcome.good for outcome in wanted) else 1


if __name__ == "__main__":
    sys.exit(main())
