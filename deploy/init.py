"""What a new Airflow of deploy/compose.yaml needs: a database, a bucket with media, connections and pools."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from botocore.session import Session

from airflow_provider_faceswap.sandbox.pictures.samples import sample
from airflow_provider_faceswap.sandbox.settings import SANDBOX_KEY

SANDBOX = os.environ.get("SANDBOX_URL", "http://127.0.0.1:8765")
S3 = os.environ.get("S3_URL", "http://127.0.0.1:5000")
BUCKET = CONN_ID = "media"
VENDORS = ("modelslab", "segmind", "aifaceswap")
SLOTS = 10
"""Jobs of one account at a time, as if that were its plan."""
# moto asks for a signature and accepts any.
S3_KEYS = {"login": "moto-user", "password": "moto-password"}
CLIPS, PICTURES = 6, 6


def connections() -> dict[str, dict[str, Any]]:
    """Return the connections by their ids: the vendors, played by the sandbox, and the bucket."""
    vendors = {
        f"{vendor}_default": {"conn_type": vendor, "host": SANDBOX, "password": SANDBOX_KEY}
        for vendor in VENDORS
    }
    return {**vendors, CONN_ID: {"conn_type": "aws", **S3_KEYS, "extra": {"endpoint_url": S3}}}


def pools() -> dict[str, dict[str, Any]]:
    """Return a pool for each vendor's account; deferred tasks count, as their jobs run."""
    described = "Jobs of the account at a time"
    return {
        vendor: {"slots": SLOTS, "description": described, "include_deferred": True} for vendor in VENDORS
    }


def fill_bucket() -> None:
    """Create the bucket, and put a face, some clips and some pictures into it."""
    keys = {"aws_access_key_id": S3_KEYS["login"], "aws_secret_access_key": S3_KEYS["password"]}
    s3 = Session().create_client("s3", "us-east-1", endpoint_url=S3, **keys)
    try:
        s3.head_bucket(Bucket=BUCKET)
    except ClientError:
        s3.create_bucket(Bucket=BUCKET)
    clip, picture = sample("clip.mp4"), sample("duo.jpg")
    media = {"in/face.jpg": sample("hopper.jpg")}
    media |= {f"in/clips/{number}.mp4": clip for number in range(CLIPS)}
    media |= {f"in/pictures/{number}.jpg": picture for number in range(PICTURES)}
    for key, content in media.items():
        s3.put_object(Bucket=BUCKET, Key=key, Body=content)


def airflow(*arguments: str) -> None:
    """Run an ``airflow`` command; end if it fails."""
    subprocess.run([sys.executable, "-m", "airflow", *arguments], check=True)


def main() -> None:
    """Do all of it; a second time changes nothing."""
    airflow("db", "migrate")
    fill_bucket()
    with tempfile.TemporaryDirectory() as folder:
        for command, content in (("connections", connections()), ("pools", pools())):
            file = Path(folder, f"{command}.json")
            file.write_text(json.dumps(content))
            overwrite = ["--overwrite"] if command == "connections" else []
            airflow(command, "import", *overwrite, str(file))


if __name__ == "__main__":
    main()
