"""What ``airflow faceswap`` takes; each command's own code is imported when it runs."""

from __future__ import annotations

from airflow.cli.cli_config import (
    ARG_OUTPUT,
    ARG_VERBOSE,
    ARG_YES,
    ActionCommand,
    Arg,
    CLICommand,
    GroupCommand,
    lazy_load_command,
)

_PACKAGE = "airflow_provider_faceswap.cli"

_DAG = Arg(("--dag-id",), help="Only this Dag")
_RUN = Arg(("--run-id",), help="Only this Dag run")
_TASK = Arg(("--task-id",), help="Only this task")
_MAP_INDEX = Arg(("--map-index",), type=int, help="Only this map index")
_WHICH = (_DAG, _RUN, _TASK, _MAP_INDEX)
_STATE = Arg(
    ("--state",),
    help="States, separated by commas: in_doubt, submitting, running, finished, failed, refused, erased; "
    "or all (default: in_doubt,submitting,running)",
    default="in_doubt,submitting,running",
)
_LIMIT = Arg(
    ("--limit",), type=int, help="At most this many lines, the newest first (default: 100)", default=100
)
_JOB_ID = Arg(("job_id",), help="The vendor's id of the job")
_ROW = Arg(("--row",), type=int, help="The row of a batch, as its manifest counts: from 0")
_ROWS = Arg(
    ("--row",), type=int, action="append", help="A row of a batch; may be given several times", default=[]
)
_ALL_ROWS = Arg(("--all-rows",), action="store_true", help="All rows of the batch that are in doubt")
_NO_CLEAR = Arg(
    ("--no-clear",),
    action="store_true",
    help="Only write the decision: a worker obeys it at the task's next start",
)
_PROVIDER = Arg(("--provider",), help="The vendor: modelslab, segmind, aifaceswap")
_ID = Arg(("--job-id",), help="The vendor's id of the job")
_CONSENT = Arg(("--consent-reference",), help="All jobs that were bought with this consent_reference")
_FOLDERS = Arg(
    ("--output-path",),
    action="append",
    help="A folder of results to look through as well, such as one of runs that Airflow has no longer; "
    "may be given several times",
    default=[],
)
_OLDER = Arg(
    ("--older-than",), help="Leave what is younger: a number with h, d or w (default: 30d)", default="30d"
)
_DELETE = Arg(("-y", "--yes"), action="store_true", help="Delete what is listed")
_SHOW = (ARG_OUTPUT, ARG_VERBOSE)
_DECIDE = (ARG_YES, ARG_VERBOSE)


def get_cli_commands() -> list[CLICommand]:
    """Return the commands, as Airflow's provider metadata asks for them."""
    return [
        GroupCommand(
            name="faceswap",
            help="See and settle what face-swap tasks have bought",
            subcommands=(
                ActionCommand(
                    name="jobs",
                    help="List jobs that run or are in doubt",
                    func=lazy_load_command(f"{_PACKAGE}.jobs.jobs"),
                    args=(*_WHICH, _STATE, _LIMIT, *_SHOW),
                ),
                ActionCommand(
                    name="adopt",
                    help="Settle a submission in doubt: the vendor accepted it, as this job",
                    description="Write the decision that the tab 'Face swap' writes, and clear the task. It "
                    "then collects the job. Nothing is bought.",
                    func=lazy_load_command(f"{_PACKAGE}.deciding.adopt"),
                    args=(_JOB_ID, *_WHICH, _ROW, _NO_CLEAR, *_DECIDE),
                ),
                ActionCommand(
                    name="resubmit",
                    help="Buy again what is in doubt, or another job where one has ended",
                    description="Write the decision that the tab 'Face swap' writes, and clear the task. It "
                    "then buys a job, once. For a job that has ended, name Dag, run and task.",
                    func=lazy_load_command(f"{_PACKAGE}.deciding.resubmit"),
                    args=(*_WHICH, _ROWS, _ALL_ROWS, _NO_CLEAR, *_DECIDE),
                ),
                ActionCommand(
                    name="forget",
                    help="Delete what is kept of a job: an erasure request",
                    description="List, and with --yes delete, what is kept of a job: its stored files with "
                    "their provenance records, its callbacks, what is spooled, its rows in lists and "
                    "manifests, and its result in the journal. Name a task, a job or a consent_reference.",
                    func=lazy_load_command(f"{_PACKAGE}.forget.forget"),
                    args=(*_WHICH, _ROWS, _PROVIDER, _ID, _CONSENT, _FOLDERS, _DELETE, *_SHOW),
                ),
                ActionCommand(
                    name="sweep",
                    help="Delete what is left behind, and no job needs any more",
                    description="List, and with --yes delete, old callbacks in the inbox, old pictures in "
                    "the spool, and the lists of batches that have ended. What a job needs that runs or is "
                    "in doubt is kept, however old it is.",
                    func=lazy_load_command(f"{_PACKAGE}.sweep.sweep"),
                    args=(_OLDER, _FOLDERS, _DELETE, *_SHOW),
                ),
            ),
        )
    ]
