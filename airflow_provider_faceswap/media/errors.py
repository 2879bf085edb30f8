"""What keeps a clip from being read, and how its author is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from airflow_provider_faceswap.exceptions import InputError, NotSentError


class UnreadableError(Exception):
    """
    A clip cannot be read.

    :param problem: what is wrong, without path and query of the URL.
    :param again: whether it may be readable in a moment.
    """

    def __init__(self, problem: str, again: bool = False) -> None:
        # The guard's messages were written for results.
        super().__init__(problem.replace("the vendor's link", "the clip's link"))
        self.again = again


@contextmanager
def explained(field: str, remedy: str, *, spares_pyav: bool = False) -> Iterator[None]:
    """
    Tell of a clip or a picture that cannot be read in terms of an argument.

    :param field: name of the argument.
    :param remedy: what to give instead.
    :param spares_pyav: whether that works without PyAV, too.
    :raises InputError: if there is no way to read it.
    :raises NotSentError: if it may be readable in a moment.
    """
    try:
        import av  # noqa: F401
    except ImportError:
        missing = "needs PyAV: pip install 'airflow-provider-faceswap[media]'"
        raise InputError(field, f"{missing}, or {remedy}" if spares_pyav else missing) from None
    try:
        yield
        return
    except UnreadableError as error:
        problem, again = str(error), error.again
    if again:
        raise NotSentError(f"{field}: {problem}; nothing was sent: run the task again, or {remedy}")
    raise InputError(field, f"{problem}; {remedy}")
