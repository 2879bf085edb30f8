"""The cluster's airflow.cfg: everything on loopback, nothing from the user's own Airflow."""

from __future__ import annotations

import configparser
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography.fernet import Fernet

HOST = "127.0.0.1"


def dag_bundles(folders: Sequence[Path]) -> str:
    """Name one Dag bundle per folder, refreshed often enough for a person who is waiting."""
    return json.dumps(
        [
            {
                "name": f"{folder.name}-{number}",
                "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
                "kwargs": {"path": str(folder), "refresh_interval": 5},
            }
            for number, folder in enumerate(folders, 1)
        ]
    )


def airflow_settings(home: Path, port: int, dags_folders: Sequence[Path]) -> dict[str, dict[str, object]]:
    """Return the sections of airflow.cfg that differ from Airflow's defaults."""
    return {
        "core": {
            "executor": "LocalExecutor",
            "parallelism": 8,
            "dags_folder": dags_folders[0],
            "plugins_folder": home / "plugins",
            "fernet_key": Fernet.generate_key().decode(),
            "load_examples": False,
            "dags_are_paused_at_creation": False,
            "hostname_callable": "socket.gethostname",  # the default asks the name server
            "simple_auth_manager_all_admins": True,
            "execution_api_server_url": f"http://{HOST}:{port}/execution/",
        },
        "database": {
            # Many processes write: a scheduler that finds SQLite locked for longer than this ends.
            "sql_alchemy_conn": f"sqlite:///{home / 'airflow.db'}?timeout=30",
            # A request of the API server takes several connections: with a limit, 15 tasks deadlock.
            "sql_alchemy_max_overflow": -1,
        },
        "api": {
            "host": HOST,
            "port": port,
            "base_url": f"http://{HOST}:{port}",
            "workers": 1,
            # Airflow 3.3 would prefer `True`, with which 3.2 shows the secrets too.
            "expose_config": "non-sensitive-only",
            "secret_key": secrets.token_urlsafe(32),
        },
        "faceswap": {
            "callback_base_url": f"http://{HOST}:{port}",
            "callback_secret": secrets.token_urlsafe(32),
            "inbox": f"file://{home / 'inbox'}",
        },
        "api_auth": {"jwt_secret": secrets.token_urlsafe(48)},
        "logging": {"base_log_folder": home / "logs", "colored_console_log": False},
        "dag_processor": {"dag_bundle_config_list": dag_bundles(dags_folders), "print_stats_interval": 0},
        "scheduler": {"scheduler_idle_sleep_time": 0.25, "enable_health_check": False},
    }


def write_airflow_cfg(home: Path, settings: Mapping[str, Mapping[str, object]]) -> None:
    """Write the settings to the file that every component reads."""
    parser = configparser.ConfigParser(interpolation=None)
    for section, options in settings.items():
        # Airflow interpolates the values it reads.
        parser[section] = {name: str(value).replace("%", "%%") for name, value in options.items()}
    path = home / "airflow.cfg"
    with path.open("w") as file:
        parser.write(file)
    path.chmod(0o600)


def component_environment(home: Path) -> dict[str, str]:
    """Return this environment without the user's Airflow settings, and with no proxy for loopback."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    no_proxy = f"{HOST},localhost"
    return {**kept, "AIRFLOW_HOME": str(home), "NO_PROXY": no_proxy, "no_proxy": no_proxy}
