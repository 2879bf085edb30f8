"""``python -m demo``: every example Dag on a real Airflow and the sandbox, then a table and a picture."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType

from rich.console import Console

from demo.accounts import BUCKET, add_accounts, add_clips
from demo.contact_sheet import write_contact_sheet
from demo.examples import (
    EXAMPLE_DAGS,
    copy_examples,
    example_dag_ids,
    start_examples,
    task_outcomes,
    wait_for_examples,
    with_result,
)
from demo.progress import Progress
from demo.report import contact_sheet_rows, failed_task_log, problems, results_table
from harness.cluster import Cluster, ClusterError
from harness.guard import PR_SET_PDEATHSIG, prctl
from harness.s3 import PrivateBucket
from harness.sandbox import Sandbox

CHECKOUT = EXAMPLE_DAGS.parent
HOME = CHECKOUT / ".demo"
DAGS, RESULTS = HOME / "example_dags", HOME / "results"


@contextmanager
def emptied_folder(folder: Path) -> Iterator[None]:
    """Empty the folder and lock it for this demo."""
    folder.mkdir(exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ClusterError(f"another demo is running in {folder}; stop that one first") from None
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        yield
    finally:
        os.close(descriptor)


def end_with_starter() -> None:
    """Stop the demo in order on Ctrl-C, on SIGTERM, with its terminal and with make."""

    def stop(signum: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + signum)

    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, stop)
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def stays_up() -> bool:
    """Return whether Airflow stays open for a look around."""
    if keep := os.environ.get("KEEP"):
        return keep != "0"
    return sys.stdin.isatty() and sys.stdout.isatty()


def run_examples(cluster: Cluster, sandbox: Sandbox, progress: Progress) -> bool:
    """Run the example Dags, show what they did, and return whether all went well."""
    progress.step("waiting for the example Dags")
    runs = start_examples(cluster, example_dag_ids(cluster, DAGS))
    progress.step(f"running {len(runs)} Dags")
    states = wait_for_examples(cluster, runs, progress=progress.tasks)
    tasks = [with_result(cluster, task) for task in task_outcomes(cluster, runs)]
    progress.done()
    console = progress.console
    console.print(results_table(tasks, CHECKOUT))
    if rows := contact_sheet_rows(tasks, sandbox.url, sandbox.http):
        write_contact_sheet(HOME / "contact-sheet.jpg", rows)
        console.print(f"Before and after: {(HOME / 'contact-sheet.jpg').relative_to(CHECKOUT)}")
    for task in tasks:
        if task.state == "failed":
            console.rule(f"log of {task.dag_id}.{task.name}", style="red")
            console.print(failed_task_log(cluster, task), markup=False, highlight=False)
    found = problems(tasks, states)
    for problem in found:
        console.print(f"[red]Problem:[/] {problem}", highlight=False)
    return not found


def demo(console: Console) -> int:
    """Boot, run, report, stop; return the exit code."""
    began = time.monotonic()
    with ExitStack() as stack:
        stack.enter_context(emptied_folder(HOME))
        progress = stack.enter_context(Progress(console))
        sandbox = stack.enter_context(Sandbox(HOME / "sandbox"))
        progress.step("starting the sandbox")
        sandbox.wait_until_up()
        bucket = stack.enter_context(PrivateBucket(HOME / "s3", BUCKET))
        copy_examples(DAGS, sandbox.url, RESULTS)
        # Examples hand a frame and a list on as files among their results.
        local_roots = {"faceswap": {"local_roots": RESULTS}}
        cluster = Cluster(HOME / "airflow", [DAGS], settings=local_roots)
        stack.callback(cluster.stop)
        cluster.boot(progress.step)
        add_accounts(cluster, sandbox)
        add_clips(cluster, sandbox, bucket)
        succeeded = run_examples(cluster, sandbox, progress)
        console.print(f"{'All good' if succeeded else 'Failed'} after {time.monotonic() - began:.0f} s.")
        if stays_up():
            console.print(f"Airflow: {cluster.url}\nSandbox: {sandbox.url}")
            console.print("Trigger any Dag there as it is. Ctrl-C stops both.")
            with suppress(SystemExit):  # Ctrl-C is no failure now
                signal.pause()
    return 0 if succeeded else 1


def main() -> int:
    """Run the demo, and print a message if it fails."""
    end_with_starter()
    console = Console(width=None if sys.stdout.isatty() else 140)
    try:
        return demo(console)
    except (ClusterError, TimeoutError) as error:
        console.print("[red]The demo failed:[/] ", end="")
        console.print(str(error), markup=False, highlight=False)
        return 1


if __name__ == "__main__":
    sys.exit(main())
