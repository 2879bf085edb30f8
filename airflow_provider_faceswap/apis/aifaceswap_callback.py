"""What aifaceswap.io posts when a job is done: unsigned, in more shapes than its page shows."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.reading import one_line, read_id, read_urls
from airflow_provider_faceswap.exceptions import PollError


def read_callback(body: bytes) -> Job:
    """
    Read what the vendor posts when a job is done, whatever type it states (*task_callback*).

    :param body: JSON, or a form.
    :raises PollError: if it names no job, or does not say how the job ended.
    """
    text = body.decode("utf-8-sig", "replace")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = dict(parse_qsl(text))
    if isinstance(data, dict) and isinstance(data.get("data"), dict) and "task_id" not in data:
        data = data["data"]
    job_id = read_id(data.get("task_id")) if isinstance(data, dict) else None
    success = str(data.get("success")).strip().lower() if isinstance(data, dict) else ""
    if job_id is None or success not in ("0", "1", "true", "false"):
        raise PollError("a callback came that names no task_id, or no success")
    output = read_urls(data.get("result_image"))
    said = one_line(data.get("message") or data.get("msg") or data.get("error"))
    if success in ("1", "true") and output:
        return Job(job_id=job_id, state=JobState.SUCCESS, output=output, message=said)
    if success in ("1", "true"):
        said = f"success without a result_image {said}".strip()
    return Job(job_id=job_id, state=JobState.FAILED, message=said)
