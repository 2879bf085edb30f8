"""
The contract of a vendor: everything that the rest of the provider asks of one.

A vendor is a :class:`Vendor` and a hook. Ours are modules here, with one line in
:data:`~airflow_provider_faceswap.apis.VENDORS`; others come from their own packages, see
:mod:`~airflow_provider_faceswap.apis.registry`. The parts, and where each is written down:

* requests: subclasses of :class:`~airflow_provider_faceswap.apis.request.Submission`, one for each operation,
  with the fields, the path, the vendor's page (``docs``), the price (``price()``) and the limits
  (``max_wait``, ``max_clip_seconds``, ``max_reply``, ``answers_at_once``);
* which of those fields are media: each carries a :class:`~airflow_provider_faceswap.apis.media.Media` mark
  that says what it must be, which part it plays, and how the vendor gets it;
* how a job's end is learned: a :class:`~airflow_provider_faceswap.apis.request.Poll`, or a callback reader;
  with both, jobs are polled, and a callback to the request's ``webhook`` says when;
* where the API key goes: ``authorize()`` of its hook, and nowhere here.

What the reply to a submission is read as (``Submission.read``) decides what is paid twice:

============================================================== ==========================================
the reply                                                      what ``read`` does
============================================================== ==========================================
names a job, whatever the status                               returns the Job
holds the result itself                                        returns the Job, in the state SUCCESS
refuses in the vendor's own format, and may (``may_refuse``)   raises RefusedError
the same, about rate limits or a full queue                    raises RefusedForNowError
the same, about the API key                                    raises AuthenticationError
anything else: another status, HTML, empty, unknown JSON       raises InDoubtError, or returns None
============================================================== ==========================================

Without a reply, ``broken_off`` returns NotSentError if no connection was made, otherwise InDoubtError. A poll
(``Poll.read``) returns a Job, or raises PollError or AuthenticationError: neither is a verdict. The hook
holds a reader to this: whatever else it does leaves a submission in doubt, and a poll without an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from airflow_provider_faceswap.apis.job import Job
from airflow_provider_faceswap.apis.media import slots
from airflow_provider_faceswap.apis.reading import read_id
from airflow_provider_faceswap.apis.request import Poll, Request, Submission
from airflow_provider_faceswap.exceptions import FaceSwapError, InputError, PollError


@dataclass(frozen=True)
class Vendor:
    """
    A vendor.

    :param name: its connection type: small letters, digits and ``_``.
    :param title: its name, for people.
    :param hook: path of its hook's class, such as ``acme_faceswap.hook.AcmeHook``; imported when it is used.
    :param operations: its submissions by the names that users give.
    :param poll: the request that asks how a job stands, if the vendor has one.
    :param read_callback: reads what the vendor posts to a callback, if it does; raises PollError for rubbish.
    :raises TypeError: if a request lacks what the contract asks of it.
    """

    name: str
    title: str
    hook: str
    operations: Mapping[str, type[Submission]]
    poll: type[Poll] | None = None
    read_callback: Callable[[bytes], Job] | None = None

    def __post_init__(self) -> None:
        """Refuse a vendor that is not whole, when its module is imported."""
        requests: list[type[Request]] = [*self.operations.values(), *([self.poll] if self.poll else [])]
        for request in requests:
            asked = (
                ("operation", "docs", "kind") if issubclass(request, Submission) else ("operation", "docs")
            )
            if lacking := [name for name in asked if not hasattr(request, name)]:
                raise TypeError(f"{self.name}: {request.__name__} lacks {', '.join(lacking)}")
            if issubclass(request, Submission) and not slots(request):
                raise TypeError(f"{self.name}: {request.__name__} lacks a field with a Media mark")
        if any(request.webhook_is_ours for request in self.operations.values()) and not self.read_callback:
            raise TypeError(f"{self.name}: it calls back, and nothing reads its callbacks")

    @property
    def says_when(self) -> bool:
        """Whether its jobs are polled, and a callback may say when to do so."""
        return self.poll is not None and self.read_callback is not None

    def submission(self, operation: str) -> type[Submission]:
        """
        Return the request of an operation.

        :param operation: one of :attr:`operations`.
        :raises InputError: for any other name.
        """
        try:
            return self.operations[operation]
        except KeyError:
            known = ", ".join(self.operations)
            raise InputError("operation", f"{operation!r} is not one of {self.title}: {known}") from None

    def poll_request(self, job_id: str, route: Mapping[str, str] | None = None) -> Poll:
        """
        Return the request that asks how a job stands.

        :param job_id: the vendor's id.
        :param route: where to ask, as the submission's reply or a user said.
        :raises FaceSwapError: if the vendor cannot be asked.
        :raises InputError: if the id cannot stand in a URL.
        """
        if self.poll is None:
            raise FaceSwapError(f"{self.title} cannot be polled: it posts its results to a callback")
        return self.poll.checked({"job_id": job_id, "route": dict(route or {})})

    def callback_reader(self) -> Callable[[bytes], Job]:
        """
        Return what reads the body of a callback; it raises PollError for rubbish.

        :raises FaceSwapError: if the vendor does not call back.
        """
        if self.read_callback is None:
            raise FaceSwapError(f"{self.title} does not call back: its jobs are polled")
        return partial(_read_callback, self.read_callback)


def _read_callback(read: Callable[[bytes], Job], body: bytes) -> Job:
    """Hold a reader of callbacks to its contract: a mistake of it must not end the wait for a paid job."""
    job: object
    try:
        job = read(body)
    except PollError:
        raise
    except Exception as error:  # what it says may quote the body
        raise PollError(f"a callback cannot be read ({type(error).__name__})") from None
    if not isinstance(job, Job) or read_id(job.job_id) != job.job_id:
        raise PollError("a callback came that names no job")
    return job
