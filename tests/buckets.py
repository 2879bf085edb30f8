"""A bucket of moto's S3 server, behind an Airflow connection."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest


class S3(NamedTuple):
    """A bucket's URL, which names the connection, the server's, and a client for it."""

    url: str
    server: str
    client: Any


def _one_at_a_time(put: Callable[..., Any]) -> Callable[..., Any]:
    """S3 looks whether a key is there and stores it in one step; moto does not."""
    turn = threading.Lock()

    def put_object(*args: Any, **kwargs: Any) -> Any:
        with turn:
            return put(*args, **kwargs)

    return put_object


@contextmanager
def served(conn_id: str = "store", bucket: str = "bucket") -> Iterator[S3]:
    from botocore.session import Session
    from moto.s3.responses import S3Response
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = Session().create_client(
        "s3", "us-east-1", endpoint_url=url, aws_access_key_id="key", aws_secret_access_key="secret"
    )
    client.create_bucket(Bucket=bucket)
    connection = {
        "conn_type": "aws",
        "login": "key",
        "password": "secret",
        "extra": {"region_name": "us-east-1", "endpoint_url": url},
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.setattr(S3Response, "put_object", _one_at_a_time(S3Response.put_object))
        yield S3(f"s3://{conn_id}@{bucket}", url, client)
    client.close()
    server.stop()
