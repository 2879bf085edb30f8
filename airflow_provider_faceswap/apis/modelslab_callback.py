"""What ModelsLab posts to a webhook when a job is done: unsigned, so it only says which job to look at."""

from __future__ import annotations

from airflow_provider_faceswap.apis.job import Job
from airflow_provider_faceswap.apis.modelslab_reading import Answer
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.exceptions import PollError


def read_callback(body: bytes) -> Job:
    """
    Read what the vendor posts when a job is done (the parameter *webhook* of every page).

    :param body: JSON.
    :raises PollError: if it names no job.
    """
    reply = Reply(200, {}, body)
    data = reply.json()
    answer = Answer(reply, data) if data is not None else None
    if answer is None or answer.job_id is None:
        raise PollError("a callback came that names no job")
    return answer.job(answer.job_id)
