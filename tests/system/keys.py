"""The API keys of the system tests: Airflow's own masker misses such keys where they stand in JSON."""

from __future__ import annotations

import json

from harness.sandbox import Sandbox

KEY = 'sbx-"q\\k-5e0b7f21c9'
WRONG_KEY = 'sbx-"w\\r-a41d0f9386'
# What neither quoting nor escaping changes.
FRAGMENTS = [key.rpartition("-")[2] for key in (KEY, WRONG_KEY)]


def failing_connections(sandbox: Sandbox) -> dict[str, str]:
    """Return environment variables with two connections that fail."""
    failing = {
        "AIRFLOW_CONN_MODELSLAB_WRONG_KEY": {"host": sandbox.url, "password": WRONG_KEY},
        "AIRFLOW_CONN_MODELSLAB_NOBODY": {"host": "http://127.0.0.1:9", "password": KEY},
    }
    return {name: json.dumps({"conn_type": "modelslab", **fields}) for name, fields in failing.items()}
