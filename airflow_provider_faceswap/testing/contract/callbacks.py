"""What is asked of the reader of callbacks: a stranger may have written what it reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from airflow_provider_faceswap.apis.contract import Vendor
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
        try:
            job = tested.read_callback(body)
        except Exception as error:
            found: Meaning | type[Exception] = type(error)
        else:
            found = job.state
            if read_id(job.job_id) is None:
                yield f"read_callback: {body[:60]!r} gives the id {job.job_id!r}; use read_id"
        if found is not meaning:
            name = getattr(found, "__name__", found)
            yield f"read_callback: {body[:60]!r} must mean {called(meaning)}, not {name}"
