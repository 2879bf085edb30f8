"""An S3 server as a process of its own, with a private bucket: moto gives nothing to the unsigned."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import unquote

from botocore.session import Session
from typing_extensions import Self

from harness.cluster import ClusterError
from harness.process import ComponentProcess
from harness.settings import HOST, component_environment

ANNOUNCEMENT = re.compile(r"Running on (?P<url>http://127\.0\.0\.1:\d+)")
SIGNED_GET = re.compile(r'GET (/[^?"]*)\?\S*X-Amz-Signature=(\w+)\S* HTTP/1\.1[^"]*" (\d+)')
ACCESS_KEY = "AKIAPRIVATEBUCKET"
SECRET_KEY = "s3cr3t-of-the-private-bucket-4d1f9c"


class SignedGet(NamedTuple):
    """One request of somebody who was given a signed URL."""

    key: str
    signature: str
    status: int


class PrivateBucket:
    """A bucket on a running server.

    :param home: the server's working folder, which also holds its log.
    :param bucket: the bucket's name.
    """

    def __init__(self, home: Path, bucket: str = "private-media") -> None:
        self._home = home.resolve()
        self._home.mkdir(parents=True, exist_ok=True)
        self._process: ComponentProcess | None = None
        self.bucket = bucket
        self.url = ""
        self.client: Any = None

    def __enter__(self) -> Self:
        log = self._home / "s3.log"
        self._process = ComponentProcess(
            [sys.executable, "-m", "moto.server", "-H", HOST, "-p", "0"],
            env=component_environment(self._home),
            cwd=self._home,
            log=log,
        )
        try:
            self._wait_until_up(self._process)
        except BaseException:
            self._process.stop()
            raise
        self.client = Session().create_client(
            "s3",
            "us-east-1",
            endpoint_url=self.url,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )
        self.client.create_bucket(Bucket=self.bucket)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()
        if self._process:
            self._process.stop()

    def _wait_until_up(self, process: ComponentProcess, timeout: float = 60) -> None:
        deadline = time.monotonic() + timeout
        while not (found := ANNOUNCEMENT.search(process.log.read_text(errors="replace"))):
            if process.exit_code is not None or time.monotonic() > deadline:
                raise ClusterError(f"the S3 server does not start:\n{process.log_tail()}")
            time.sleep(0.1)
        self.url = found["url"]

    def connection(self, conn_id: str) -> dict[str, str]:
        """Return an Airflow connection to it, as the REST API takes it; no region is configured."""
        return {
            "connection_id": conn_id,
            "conn_type": "aws",
            "login": ACCESS_KEY,
            "password": SECRET_KEY,
            "extra": json.dumps({"endpoint_url": self.url}),
        }

    def put(self, key: str, content: bytes) -> None:
        """Store an object."""
        self.client.put_object(Bucket=self.bucket, Key=key, Body=content)

    def get(self, key: str) -> bytes:
        """Return an object's content."""
        content: bytes = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return content

    def keys(self, prefix: str = "") -> list[str]:
        """List objects."""
        found = self.client.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [entry["Key"] for entry in found.get("Contents", [])]

    def address(self, key: str) -> str:
        """Return an object's URL without any signature."""
        return f"{self.url}/{self.bucket}/{key}"

    def signed_gets(self) -> list[SignedGet]:
        """List the GETs that came with a Signature V4, the oldest first."""
        log = (self._home / "s3.log").read_text(errors="replace")
        return [
            SignedGet(unquote(path).removeprefix(f"/{self.bucket}/"), signature, int(status))
            for path, signature, status in SIGNED_GET.findall(log)
        ]
