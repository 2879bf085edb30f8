"""Airflow's connections: "not defined" is believed only if its API server says so."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError

if TYPE_CHECKING:
    from airflow.sdk import Connection

log = logging.getLogger(__name__)

PATIENCE = 60.0
"""Seconds for which an Airflow that does not answer is waited for."""
_PAUSE = 2.0
# By name: an older Airflow does not know all of them.
_ANSWERS = ("CONNECTION_NOT_FOUND", "PERMISSION_DENIED")


def get_connection(conn_id: str, look_up: Callable[[str], Any] = BaseHook.get_connection) -> Connection:
    """
    Return an Airflow connection.

    Airflow says "not defined" as well where it could not look, as while its database restarts. So its API
    server is asked whether it says so, and waited for if it does not.

    :param conn_id: the connection.
    :param look_up: asks Airflow once.
    :raises AirflowNotFoundException: if it is not defined, or not found within :data:`PATIENCE` seconds.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            found: Connection = look_up(conn_id)
            return found
        except AirflowNotFoundException:
            if time.monotonic() >= deadline or _is_undefined(conn_id):
                raise
        log.warning("Connection %r could not be looked up: trying again", conn_id)
        time.sleep(_PAUSE)


def _is_undefined(conn_id: str) -> bool:
    """Return whether the API server says that there is no such connection, or cannot be asked here."""
    try:
        from airflow.sdk.execution_time import task_runner
        from airflow.sdk.execution_time.comms import ErrorResponse, GetConnection

        answer = task_runner.SUPERVISOR_COMMS.send(GetConnection(conn_id=conn_id))
    except AirflowRuntimeError as error:
        answer = error.error
    except Exception as error:  # neither a task nor a trigger: the environment is all there is
        log.debug("Airflow's API server was not asked: %r", error)
        return True
    if not isinstance(answer, ErrorResponse):
        return False
    status = (answer.detail or {}).get("status_code")
    return answer.error.value in _ANSWERS or (isinstance(status, int) and status < 500)
