"""Settings of Airflow beside other suites: they cost little, and no limit is short for a busy machine."""

from __future__ import annotations

from typing import Any

LONG = 300
PLACES = 10
"""Tasks that run at the same time: more of them starve the scheduler of a small machine."""

PATIENT: dict[str, dict[str, Any]] = {
    "core": {"dagbag_import_timeout": LONG, "parallelism": PLACES},
    "dag_processor": {
        # A file that changed is read at once all the same.
        "min_file_process_interval": LONG,
        "dag_file_processor_timeout": LONG,
    },
    "scheduler": {
        "scheduler_health_check_threshold": LONG,
        "task_instance_heartbeat_timeout": LONG,
    },
    "triggerer": {"triggerer_health_check_threshold": LONG},
    "workers": {
        # With five seconds a worker gives its task up that asks a server which has only just started.
        "execution_api_timeout": 60,
        # It is also how late the end of a task's process is noticed. A slow scheduler that learns of a
        # deferral and of its end in the same turn fails the task (apache/airflow#67287).
        "min_heartbeat_interval": 1,
    },
}
