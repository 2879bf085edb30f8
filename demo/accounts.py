"""What a person would set up in Airflow's UI: for each vendor's account a connection and a pool."""

from __future__ import annotations

from harness.cluster import Cluster
from harness.sandbox import Sandbox

POOL_SLOTS = 10


def add_accounts(cluster: Cluster, sandbox: Sandbox) -> None:
    """Put the connections and pools into the database: the UI does not list those of the environment."""
    for connection in sandbox.connections():
        cluster.rest.request("POST", "/connections", json=connection)
        pool = {
            "name": connection["conn_type"],
            "slots": POOL_SLOTS,
            "include_deferred": True,
            "description": "Give it to all tasks of the account; its slots are the plan's queue limit.",
        }
        cluster.rest.request("POST", "/pools", json=pool)
