"""What a person would set up in the UI: a connection and a pool for each account, and a bucket of clips."""

from __future__ import annotations

from harness.cluster import Cluster
from harness.s3 import PrivateBucket
from harness.sandbox import Sandbox

POOL_SLOTS = 10
# What the example Dags call a bucket of one's own, and what the demo puts into it.
BUCKET, BUCKET_CONN_ID = "my-bucket", "my_aws_conn"
CLIPS = {"clips/street.mp4": "clip.mp4", "clips/interview.mp4": "duo.mp4"}


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


def add_clips(cluster: Cluster, sandbox: Sandbox, bucket: PrivateBucket) -> None:
    """Put sample clips into a private bucket, and its connection into the database."""
    for key, name in CLIPS.items():
        bucket.put(key, sandbox.http.get(f"{sandbox.url}/samples/{name}").raise_for_status().content)
    cluster.rest.request("POST", "/connections", json=bucket.connection(BUCKET_CONN_ID))
