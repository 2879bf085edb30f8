"""What a vendor is: everything that the rest of the provider asks of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from airflow_provider_faceswap.apis.job import Job
from airflow_provider_faceswap.apis.request import Poll, Submission


@dataclass(frozen=True)
class Vendor:
    """
    A vendor.

    :param name: its connection type.
    :param operations: its submissions by their endpoint's names.
    :param poll: how its jobs are looked at, if they can be.
    :param read_callback: reads what it posts to a callback, if it does; raises PollError for rubbish.
    """

    name: str
    operations: Mapping[str, type[Submission]] = field(default_factory=dict)
    poll: type[Poll] | None = None
    read_callback: Callable[[bytes], Job] | None = None
