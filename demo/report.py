"""What the demo shows at its end: a table, a contact sheet, the logs of what failed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
from rich.markup import escape
from rich.table import Table

from demo.contact_sheet import Cell, Row
from demo.examples import TaskOutcome
from demo.media import MediaError, picture_of
from harness.cluster import Cluster

COLORS = {"success": "green", "failed": "red", "upstream_failed": "red", "deferred": "magenta"}


def colored(state: str | None) -> str:
    """Return a state in its color."""
    color = COLORS.get(state or "", "yellow")
    return f"[{color}]{state or 'waiting'}[/]"


def summary(tasks: Iterable[TaskOutcome]) -> str:
    """Return the number of tasks in each state on one line."""
    counts = Counter(task.state or "waiting" for task in tasks)
    return ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))


def results_table(tasks: Sequence[TaskOutcome], folder: Path) -> Table:
    """Return the table of all tasks.

    :param folder: paths of stored files are shown relative to it.
    """
    table = Table("Dag", "Task", "State", "Job", "Seconds", "Stored file", title="What the example Dags did")
    table.columns[4].justify = "right"
    for column in table.columns:
        column.overflow = "fold"
    for task in tasks:
        result = task.result if isinstance(task.result, dict) else {}
        seconds = result.get("seconds") or task.duration
        table.add_row(
            escape(task.dag_id),
            escape(task.name),
            colored(task.state),
            escape(job_id(task)),
            f"{seconds:.1f}" if isinstance(seconds, int | float) else "",
            escape("\n".join(shown_path(path, folder) for path in task.stored)),
        )
    return table


def job_id(task: TaskOutcome) -> str:
    """Return the vendor's id of the task's job, empty if it had none."""
    return str(task.result.get("job_id") or "") if isinstance(task.result, dict) else ""


def shown_path(path: Path, folder: Path) -> str:
    """Return the path relative to the folder if it is inside."""
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def problems(tasks: Sequence[TaskOutcome], run_states: dict[str, str]) -> list[str]:
    """Return a sentence for each thing that went wrong."""
    found = [f"{dag_id} is {state}" for dag_id, state in run_states.items() if state != "success"]
    found += [f"{task.dag_id}.{task.name} is {task.state}" for task in tasks if task.state != "success"]
    stored = [(task, path) for task in tasks for path in task.stored]
    if not stored:
        found.append("no task stored a file")
    for task, path in stored:
        try:
            picture_of(path.read_bytes())
        except (OSError, MediaError) as error:
            found.append(f"{task.dag_id}.{task.name} stored {path}: {error}")
    return found


def failed_task_log(cluster: Cluster, task: TaskOutcome, lines: int = 25) -> str:
    """Return the end of a task's log as lines of text."""
    text = cluster.rest.task_log(
        task.dag_id, task.run_id, task.task_id, try_number=max(task.try_number, 1), map_index=task.map_index
    )
    shown = [line for entry in text.splitlines() if entry for line in log_lines(json.loads(entry))]
    return "\n".join(shown[-lines:])


def log_lines(entry: dict[str, Any]) -> Iterator[str]:
    """Turn an entry of a task's log into lines, exceptions included, the UI's folding marks left out."""
    if str(entry.get("event")).startswith("::"):
        return
    yield f"{entry.get('timestamp') or '':.19} {entry.get('level') or ''} {entry.get('event') or ''}"
    for error in entry.get("error_detail") or []:
        yield f"  {error.get('exc_type')}: {error.get('exc_value')}"


def media_inputs(fields: Any, origin: str, name: str = "") -> Iterator[tuple[str, str]]:
    """Find the sandbox's media URLs in a task's rendered fields, with the name of each field."""
    if isinstance(fields, str) and fields.startswith(f"{origin}/"):
        yield name, fields
    elif isinstance(fields, dict):
        for key, value in fields.items():
            yield from media_inputs(value, origin, key)
    elif isinstance(fields, list):
        for value in fields:
            yield from media_inputs(value, origin, name)


def contact_sheet_rows(tasks: Sequence[TaskOutcome], origin: str, http: httpx.Client) -> list[Row]:
    """Collect the pictures of every task that stored a file."""
    # A task that waits for another task's job shows what that task submitted.
    by_job: dict[str, dict[str, str]] = {}
    for task in tasks:
        by_job.setdefault(job_id(task), {}).update(media_inputs(task.rendered_fields, origin))
    rows = []
    for task in tasks:
        if not task.stored:
            continue
        inputs = dict(media_inputs(task.rendered_fields, origin)) or by_job[job_id(task)]
        cells = [Cell(picture_of(http.get(url).content), name) for name, url in inputs.items()]
        cells += [Cell(picture_of(path.read_bytes()), "result", is_result=True) for path in task.stored]
        rows.append(Row(f"{task.dag_id} / {task.name}", cells))
    return rows
