"""Airflow's connections: "not defined" is believed only while Airflow's database answers."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError

from airflow_provider_faceswap.exceptions import NotSentError

if TYPE_CHECKING:
    from airflow.sdk import Connection

log = logging.getLogger(__name__)

PATIENCE = 60.0
"""Seconds for which a database that does not answer is waited for."""
UNANSWERED = "cannot be looked up now, as Airflow's database does not answer"
_PAUSE = 1.0
_IN_A_ROW = 3


class LookupFailedError(NotSentError):
    """A connection could not be looked up, as Airflow's database did not answer."""


def get_connection(conn_id: str, look_up: Callable[[str], Any] | None = None) -> Connection:
    """
    Return an Airflow connection.

    Airflow says "not defined" as well where it could not look, as while its database restarts: so do its
    API server and its lookup. It is believed if it says so three times, and the database answers each time.

    :param conn_id: the connection.
    :param look_up: asks Airflow once; ``BaseHook.get_connection`` if left out.
    :raises AirflowNotFoundException: if it is not defined.
    :raises LookupFailedError: if the database does not answer for :data:`PATIENCE` seconds.
    """
    deadline = time.monotonic() + PATIENCE
    denials = 0
    while True:
        try:
            found: Connection = (look_up or BaseHook.get_connection)(conn_id)
            return found
        except AirflowNotFoundException:
            answers = _database_answers()
            denials = denials + 1 if answers else 0
            if answers is None or denials == _IN_A_ROW:
                raise
        if time.monotonic() >= deadline:
            raise LookupFailedError(f"connection {conn_id!r} {UNANSWERED}; run the task again")
        log.warning("Connection %r is not found: Airflow is asked again", conn_id)
        time.sleep(_PAUSE)


def _database_answers() -> bool | None:
    """Return whether Airflow's database can be asked now; None where there is no Airflow to ask."""
    try:
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

        RuntimeTaskInstance.get_dr_count("faceswap")
    except AirflowRuntimeError as error:
        status = (error.error.detail or {}).get("status_code")
        return isinstance(status, int) and status < 500
    except Exception as error:  # neither a task nor a trigger: the environment is all there is
        log.debug("Airflow was not asked whether its database answers: %r", error)
        return None
    return True
