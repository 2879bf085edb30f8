"""What all commands share: one session, errors in one sentence, and the question before something is done."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from airflow.utils.cli import action_cli, suppress_logs_and_warning
from airflow.utils.providers_configuration_loader import providers_configuration_loaded
from sqlalchemy.orm import Session

from airflow_provider_faceswap.cli.errors import CommandError
from airflow_provider_faceswap.exceptions import FaceSwapError

Command = Callable[[Any], None]


def command(act: Callable[[Any, Session], None]) -> Command:
    """
    Make a command of a function.

    :param act: takes the parsed arguments and a session of the metadata database.
    """

    @wraps(act)
    def run(args: Any) -> None:
        from airflow.utils.session import create_session

        # As in Airflow's own commands: connections are looked up in the metadata database.
        os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
        try:
            with create_session() as session:
                act(args, session)
        except (CommandError, FaceSwapError) as error:
            problem = str(error)
        else:
            return
        raise SystemExit(problem)

    logged: Command = action_cli(check_db=False)(run)
    return suppress_logs_and_warning(providers_configuration_loaded(logged))


def agreed(question: str, *, yes: bool) -> bool:
    """
    Ask whether to go on.

    :param question: what will happen.
    :param yes: whether ``--yes`` was given.
    """
    from airflow.utils.helpers import ask_yesno

    try:
        if yes or ask_yesno(f"{question} [y/n]"):
            return True
    except EOFError:
        raise CommandError("Nothing was done: nobody can answer here. Use --yes in scripts.") from None
    print("Cancelled: nothing was done.")
    return False


def show(rows: Sequence[dict[str, Any]], output: str) -> None:
    """
    Print rows as Airflow's own commands do.

    :param rows: with the same names.
    :param output: ``table``, ``json``, ``yaml`` or ``plain``.
    """
    from airflow.cli.simple_table import AirflowConsole
    from rich.markup import escape

    def cell(value: Any) -> Any:
        text = "" if value is None else str(value)
        return escape(text) if output == "table" else text

    if output in ("table", "plain"):
        shown = [{name: cell(value) for name, value in row.items()} for row in rows]
        # A column that says nothing takes the place of one that does.
        used = [name for name in (shown[0] if shown else ()) if any(row[name] for row in shown)]
        rows = [{name: row[name] for name in used} for row in shown]
    AirflowConsole().print_as(data=list(rows), output=output)
