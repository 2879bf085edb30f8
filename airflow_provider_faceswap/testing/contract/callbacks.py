"""What is asked of the reader of callbacks: a stranger may have written what it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from airflow_provider_faceswap.apis.contract import Vendor
from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.reading import read_id
from airflow_provider_faceswap.exceptions import PollError
from airflow_provider_faceswap.testing.contract.example import Meaning, called

_RUBBISH = (b"", b"{}", b"[]", b"null", b"1", b"\x00\xff", b"<html>no</html>", b"a=b", b'[[[{"id": 1}]]]')


def callback_faults(tested: Vendor, callbacks: Sequence[tuple[bytes, Meaning]]) -> Iterator[str]:
    """
    Find what is wrong with a vendor's reader of callbacks.

    :param tested: the vendor.
    :param callbacks: bodies, and what they mean.
    """
    if tested.read_callback is None:
        if callbacks:
            yield "callbacks are given, and the vendor has no read_callback"
        return
    if not callbacks:
        yield "no callbacks are given, and the vendor has a read_callback"
    for body, meaning in (*callbacks, *((body, PollError) for body in _RUBBISH)):
        job = _read(tested.read_callback, body)
        found = job.state if isinstance(job, Job) else type(job)
        if found is not meaning:
            said = called(found) if isinstance(found, JobState) else found.__name__
            yield f"read_callback: {body[:60]!r} must mean {called(meaning)}, not {said}"
        if isinstance(job, Job) and read_id(job.job_id) is None:
            yield f"read_callback: {body[:60]!r} gives the id {job.job_id!r}; use read_id"


def _read(read_callback: Callable[[bytes], Job], body: bytes) -> object:
    try:
        return read_callback(body)
    except Exception as error:
        return error
