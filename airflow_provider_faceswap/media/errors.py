"""Why a clip or a picture cannot be read, in terms of an operator's argument."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from airflow_provider_faceswap.exceptions import InputError, NotSentError


class UnreadableError(Exception):
    """
    A clip or a picture cannot be read.

    :param problem: what is wrong, without path and query of the URL.
    :param again: whether it may be readable in a moment.
    :param field: name of the argument that is wrong, if it is not the clip or the picture itself.
    """

    def __init__(self, problem: str, again: bool = False, field: str = "") -> None:
        # The guard's messages were written for results.
        super().__init__(problem.replace("the vendor's link", "the clip's link"))
        self.again = again
        self.field = field


@contextmanager
def explained(
    field: str, remedy: str, *, spares_pyav: bool = False, needs_pyav: bool = True
) -> Iterator[None]:
    """
    Explain what cannot be read by the argument that gave it.

    :param field: name of the argument.
    :param remedy: what to give instead.
    :param spares_pyav: whether the remedy works without PyAV.
    :param needs_pyav: whether it is needed at all.
    :raises InputError: if it cannot be read.
    :raises NotSentError: if it may be readable in a moment.
    """
    if needs_pyav and find_spec("av") is None:
        missing = "needs PyAV: pip install 'airflow-provider-faceswap[media]'"
        raise InputError(field, f"{missing}, or {remedy}" if spares_pyav else missing)
    try:
        yield
        return
    except UnreadableError as caught:
        error = caught
    if error.field:
        raise InputError(error.field, str(error))
    if error.again:
        raise NotSentError(f"{field}: {error}; nothing was sent: run the task again, or {remedy}")
    raise InputError(field, f"{error}; {remedy}")
