"""
The errors of this provider, split by what the reader can do about it.

::

    FaceSwapError
    ├── InputError                 mend the Dag: a field was refused before anything was sent
    ├── SettingsError              mend the connection
    │   ├── AuthenticationError    the vendor refused the API key
    │   └── VendorError            mend or install the package that the vendor comes from
    ├── SubmissionError            the vendor did not answer "accepted"
    │   ├── NotSentError           certainly not taken: no connection, run the task again
    │   ├── RefusedError           certainly not taken: mend what the vendor's words name
    │   │   └── RefusedForNowError certainly not taken: the same request may pass later
    │   └── InDoubtError           perhaps taken, perhaps billed: look at the vendor first
    ├── JournalError               mend or delete the journal's entry
    ├── PollError                  a poll said nothing about the job: poll again
    │   └── InboxError             the callbacks' folder could not be read or written
    ├── TokenError                 a callback's URL was not minted here
    ├── JobError                   about a job that the vendor did take
    │   ├── JobFailedError         the vendor's verdict; polling again changes nothing
    │   │   └── CongestedError     the verdict is "submit it again"
    │   ├── JobUnknownError        the vendor does not know the id
    │   └── JobUnsettledError      no verdict: the deadline passed or the state makes no sense
    ├── ResultError                a finished job's file could not be kept; collecting again is free
    └── BatchError                 more items of a batch failed than it allows: look at its manifest

Operators and sensors translate these into Airflow's own at their edge.
"""

from __future__ import annotations


class FaceSwapError(Exception):
    """
    Base of every error that this provider raises on purpose.

    :ivar provider: the vendor's connection type, once known; empty otherwise.
    :ivar job_id: the vendor's id of the job that the error is about; empty if there is none.
    :ivar paid: whether that job is paid; None if nobody can know.
    """

    provider: str = ""
    job_id: str = ""
    paid: bool | None = False


def loggable(error: BaseException) -> str:
    """
    Return what a log may say of an error: another library's message may hold a URL or a key.

    :param error: whatever was raised.
    """
    return str(error) if isinstance(error, FaceSwapError) else type(error).__name__


class InputError(FaceSwapError):
    """
    An input was refused before anything was sent.

    :param field: name of the argument.
    :param remedy: what is wrong and what to give instead.
    """

    def __init__(self, field: str, remedy: str) -> None:
        super().__init__(f"{field}: {remedy}")
        self.field = field


class SettingsError(FaceSwapError):
    """The Airflow connection, or an option of ``[faceswap]``, cannot be used as it is."""


class AuthenticationError(SettingsError):
    """The vendor refused the API key."""


class VendorError(SettingsError):
    """The package that a vendor comes from is missing, or cannot be used as it is."""


class SubmissionError(FaceSwapError):
    """The vendor did not answer "accepted" to a submission."""


class NotSentError(SubmissionError):
    """No connection to the vendor: nothing was sent, nothing is billed."""


class RefusedError(SubmissionError):
    """
    The vendor refused the submission in its own words: nothing was taken, nothing is billed.

    :param message: the vendor's words.
    :param final: whether the same request will be refused again, so that no retry helps.
    :param account: whether it is the account that is refused, such as for its credits, whatever is submitted.
    """

    def __init__(self, message: str, *, final: bool = False, account: bool = False) -> None:
        super().__init__(message)
        self.final = final
        self.account = account


class RefusedForNowError(RefusedError):
    """
    The vendor refused the submission for now (rate limit, full queue).

    :param message: the vendor's words.
    :param retry_after: seconds the vendor asks to wait, if it says.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class InDoubtError(SubmissionError):
    """Nobody can know whether the vendor took the submission: it may be billed."""

    paid = None


class JournalError(FaceSwapError):
    """The journal's entry does not allow the task to go on; the message says how to mend it."""


class PollError(FaceSwapError):
    """
    A poll said nothing about the job (network, overload, unreadable reply).

    :param message: what happened.
    :param retry_after: seconds the vendor asks to wait, if it says.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class InboxError(PollError):
    """The inbox could not be read or written; a later try may succeed."""


class TokenError(FaceSwapError):
    """A text is not a token that this Airflow minted for this vendor, or it is much too old."""


class JobError(FaceSwapError):
    """
    Something about a job that the vendor did take.

    :param message: what happened, in the vendor's words where it has some.
    :param job_id: the vendor's id of the job.
    """

    paid = True

    def __init__(self, message: str, job_id: str) -> None:
        super().__init__(message)
        self.job_id = job_id


class JobFailedError(JobError):
    """The vendor says that the job failed."""


class CongestedError(JobFailedError):
    """The vendor dropped the job from a full queue: this id never recovers."""


class JobUnknownError(JobError):
    """The vendor does not know the job id."""


class JobUnsettledError(JobError):
    """The wait for a job ended without a verdict of the vendor."""


class ResultError(FaceSwapError):
    """A finished job's result could not be fetched or stored."""

    paid = True


class BatchError(FaceSwapError):
    """More items of a batch failed than ``max_failed`` allows; what succeeded is kept."""

    paid = True
