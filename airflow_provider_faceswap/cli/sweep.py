"""``airflow faceswap sweep``: what is left behind, and is old enough to be deleted."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from airflow_provider_faceswap.cli.errors import CommandError
from airflow_provider_faceswap.cli.leftovers import of_batches, of_inbox, of_spool
from airflow_provider_faceswap.cli.needed import find_needed
from airflow_provider_faceswap.cli.shell import command, show
from airflow_provider_faceswap.cli.traces import Trace
from airflow_provider_faceswap.options import folder_option
from airflow_provider_faceswap.storage.folders import check_folder
from airflow_provider_faceswap.storage.places import said

_AGE = re.compile(r"(\d{1,6})([dhw])\Z")
_SECONDS = {"h": 3600, "d": 86400, "w": 7 * 86400}


@command
def sweep(args: Any, session: Session) -> None:
    """Delete what is left behind."""
    before = time.time() - _age(args.older_than)
    needed = find_needed(session)
    folders = needed.folders | {check_folder(folder) for folder in args.output_path}
    problems = list(needed.problems)
    found: list[Trace] = []
    # What a journal needs that cannot be understood, nobody knows.
    inbox, spool = (None if problems else folder_option(name) for name in ("inbox", "spool"))
    looks = {
        "the inbox": (of_inbox, inbox or ""),
        "the spool": (of_spool, spool or ""),
        "the spool in the inbox": (of_spool, f"{inbox}/spool" if inbox else ""),
        **{folder: (of_batches, folder) for folder in sorted(folders)},
    }
    for name, (look, url) in looks.items():
        try:
            found += look(url, needed, before) if url else ()
        except Exception as error:  # each store has errors of its own
            problems.append(f"{name} cannot be read: {said(error)}")
    for_people = args.output == "table"
    if found or not for_people:
        show([{"what": each.what, "where": each.where} for each in found], args.output)
    else:
        print("Nothing is left behind.")
    for problem in problems:
        print(f"Not looked at: {problem}", file=sys.stdout if for_people else sys.stderr)
    if args.yes:
        _delete(found)
    if for_people and found:
        print(f"Deleted: {len(found)}." if args.yes else "Nothing was deleted. Give --yes to delete these.")


def _age(text: str) -> float:
    match = _AGE.match(text.strip().lower())
    if not match or not int(match[1]):
        raise CommandError("--older-than takes a number above 0 and a unit, such as 12h, 30d or 8w.")
    return float(int(match[1]) * _SECONDS[match[2]])


def _delete(found: list[Trace]) -> None:
    failed = [problem for each in found for problem in _tried(each)]
    if failed:
        raise CommandError("\n".join(failed))


def _tried(each: Trace) -> Iterator[str]:
    try:
        each.remove()
    except Exception as error:  # each store has errors of its own
        yield f"{each.where} could not be deleted: {said(error)}"
