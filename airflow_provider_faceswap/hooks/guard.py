"""
What a vendor's own code may do with money and keys: it holds a reader of replies to its contract.

A vendor may come from another package. Whatever its reader does against the contract leaves a submission in
doubt and a poll without an answer, and what it quotes of a reply is shown without the API key.
"""

from __future__ import annotations

import traceback
from pathlib import PurePath

from airflow_provider_faceswap.apis.job import Job, JobState, no_link
from airflow_provider_faceswap.apis.reading import MAX_TEXT, read_id
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.apis.request import Request, Submission
from airflow_provider_faceswap.exceptions import (
    AuthenticationError,
    FaceSwapError,
    InDoubtError,
    PollError,
    RefusedError,
)

_MOST = 4 * MAX_TEXT


def checked_path(path: str) -> str:
    """
    Return a request's path, which must not make another host of the base URL.

    :param path: as the request gives it.
    :raises ValueError: if it does not begin with a slash.
    """
    if not path.startswith("/"):
        raise ValueError("the path does not begin with a slash")
    return path


def place_of(error: Exception) -> str:
    """
    Return what an error is and where it was raised, without what it says: that may hold a key.

    :param error: of a vendor's own code.
    """
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {PurePath(frame.filename).name}, line {frame.lineno}"


def read_reply(request: Request, reply: Reply) -> Job:
    """
    Return what a request reads of its reply.

    :param request: whose reply it is.
    :param reply: of the vendor.
    :raises FaceSwapError: as the contract says for the kind of request.
    """
    job: object
    try:
        job = request.read(reply)
    except FaceSwapError as error:
        if _allowed(request, reply, error):
            raise _without_secrets(reply, error) from None
        problem = f"{type(error).__name__}, which this reply does not prove: {reply}"
    except Exception as error:  # a mistake of the reader; what it says may quote the reply
        problem = f"the reply cannot be read: {place_of(error)}"
    else:
        problem = _problem(request, reply, job)
        if isinstance(job, Job) and not problem:
            return _shown(reply, job)
    raise request.broken_off(problem, sent=True)


def _allowed(request: Request, reply: Reply, error: FaceSwapError) -> bool:
    if not isinstance(request, Submission):
        return isinstance(error, (PollError, AuthenticationError))
    if isinstance(error, InDoubtError):
        return True
    may_refuse = reply.may_refuse or (request.refuses_with_5xx and reply.status >= 500)
    return may_refuse and isinstance(error, (RefusedError, AuthenticationError))


def _problem(request: Request, reply: Reply, job: object) -> str:
    if job is None:
        return f"the reply says nothing of a job: {reply}"
    if not isinstance(job, Job):
        return f"the reply was read as {type(job).__name__} instead of a Job"
    if job.job_id and read_id(job.job_id) != job.job_id:
        return "the reply gives an id that is not of letters, digits, '_' and '-'"
    if reply.redact(job.job_id) != job.job_id:  # an id is logged, and names files
        return "the reply gives the API key as the job's id"
    if request.billed and not job.job_id and not job.state.settled:
        return f"the reply gives no id of a job that is not done: {reply}"
    return ""


def _shown(reply: Reply, job: Job) -> Job:
    """Return a job whose texts may be shown, and that has a result if it says so."""
    state, message = job.state, reply.one_line(job.message, _MOST) if job.message else ""
    if state is JobState.SUCCESS and not job.output and job.content is None and job.faces is None:
        state, message = JobState.NO_RESULT, no_link(message)
    meta = {name: reply.one_line(text) if isinstance(text, str) else text for name, text in job.meta.items()}
    poll_url = job.poll_url if reply.redact(job.poll_url or "") == job.poll_url else None
    shown = {"state": state, "message": message, "meta": meta, "poll_url": poll_url}
    return job if shown == {name: getattr(job, name) for name in shown} else job.model_copy(update=shown)


def _without_secrets(reply: Reply, error: FaceSwapError) -> FaceSwapError:
    said = reply.one_line(str(error), _MOST)
    if said != str(error):
        error.args = (said,)
    return error
