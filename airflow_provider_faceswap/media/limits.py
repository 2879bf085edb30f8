"""What it may cost to read a clip or a picture that a stranger made."""

from __future__ import annotations

import os
import resource
import signal
import sys
from contextlib import suppress

from airflow_provider_faceswap.media.errors import UnreadableError

MAX_SECONDS = 60.0
"""Seconds that one look at a clip or a picture may take, its download included."""
MAX_MEMORY = 1024**3
"""Bytes of address space of the process that decodes."""
MAX_PIXELS = 8192 * 8192
"""Pixels of a picture that is decoded."""

_LIMITS = {
    resource.RLIMIT_CPU: int(MAX_SECONDS),
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_NOFILE: 32,
    resource.RLIMIT_NPROC: 0,
}
if sys.platform == "linux":  # elsewhere it is refused or has no effect
    _LIMITS[resource.RLIMIT_AS] = MAX_MEMORY
_PR_SET_PDEATHSIG = 1


def confine() -> None:
    """Limit this process for good, and let it end with its parent."""
    if sys.platform == "linux":
        import ctypes

        # FFmpeg starts as many threads as it sees processors, and each takes address space.
        processors = sorted(os.sched_getaffinity(0))
        with suppress(OSError):
            os.sched_setaffinity(0, {processors[os.getpid() % len(processors)]})
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    for name, most in _LIMITS.items():
        _, hard = resource.getrlimit(name)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(name, (most, most))


def too_slow() -> UnreadableError:
    """Return the error of what takes longer than :data:`MAX_SECONDS`."""
    return UnreadableError(f"reading the file takes longer than {MAX_SECONDS:g} s")


def too_large() -> UnreadableError:
    """Return the error of what takes more than :data:`MAX_MEMORY`."""
    return UnreadableError(f"reading the file takes more than {MAX_MEMORY / 1024**3:g} GB of memory")
