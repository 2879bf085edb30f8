"""``airflow faceswap forget``: deletes what is kept of a job, as an erasure request asks for it."""

from __future__ import annotations

import sys
import time
from typing import Any

from sqlalchemy.orm import Session

from airflow_provider_faceswap.cli.erasing import Plan, why_not
from airflow_provider_faceswap.cli.errors import CommandError
from airflow_provider_faceswap.cli.forgetting import Request, select_purchases
from airflow_provider_faceswap.cli.shell import command, show
from airflow_provider_faceswap.cli.state_store import Which
from airflow_provider_faceswap.cli.traces import Job
from airflow_provider_faceswap.storage.folders import check_folder

NOT_DELETED = """\
This command cannot delete, so see to it elsewhere:
  the vendor's own copy of inputs and result: ask the vendor
  XComs, task logs and rendered fields of these tasks, which name media: delete the Dag run in Airflow
  events that were sent: asset events, OpenLineage
  the inputs themselves, older versions and backups of a bucket, copies that others made"""

_DONE = "Done. A clear of these tasks says that the result was erased, and buys nothing."


@command
def forget(args: Any, session: Session) -> None:
    """Forget jobs."""
    request = Request(
        Which.of(args), tuple(args.row), args.provider or "", args.job_id or "", args.consent_reference or ""
    )
    request.check()
    moment = time.time()
    plan = _plan(session, request, [check_folder(folder) for folder in args.output_path], moment)
    for_people = args.output == "table"
    if plan.traces or not for_people:
        show([{"what": trace.what, "where": trace.where} for trace in plan.traces], args.output)
    else:
        print("Nothing is kept of what you named.")
    for line in plan.remains:
        print(f"Left: {line}", file=sys.stdout if for_people else sys.stderr)
    for line in plan.problems:
        print(f"Not looked at: {line}", file=sys.stdout if for_people else sys.stderr)
    if for_people and plan.traces:
        print(NOT_DELETED)
    if args.yes:
        plan.carry_out(session, moment, print if for_people else _silent)
    if for_people and plan.traces:
        print(_DONE if args.yes else "Nothing was deleted. Give --yes to delete what is listed.")


def _plan(session: Session, request: Request, folders: list[str], moment: float) -> Plan:
    plan = Plan()
    selected = select_purchases(session, request)
    reasons = [reason for found in selected for item in found.purchases if (reason := why_not(item, moment))]
    if reasons:
        raise CommandError("Nothing was deleted:\n" + "\n".join(reasons))
    for found in selected:
        plan.add(session, found, moment)
    job = [Job(request.provider, request.job_id)] if request.job_id else []
    for folder in folders:
        bought = plan.add_manifest(job, folder, request.consent)
        plan.add_folder([*job, *bought], folder, request.consent)
    # Without a journal there is nothing to keep for another time: what is in the folders is deleted.
    left = plan.problems if selected or not folders else plan.remains
    left += request.problems
    return plan


def _silent(line: str) -> None:
    """Print nothing: the list is for a script."""
