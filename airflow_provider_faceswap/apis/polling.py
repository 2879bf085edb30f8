"""When to look at a job next: a pure function of its age, its eta and what the last looks brought."""

from __future__ import annotations

FIRST_LOOK = 0.9
"""Share of the eta after which the first look is worth its price."""
STEP = 0.075
"""Later steps as a share of the eta, or of the age where that is unknown or long past."""
SHORTEST, LONGEST = 2.0, 60.0
LONGEST_BACKOFF = 120.0
LONGEST_RETRY_AFTER = 3600.0


def seconds_to_next_look(
    age: float,
    *,
    eta: float | None = None,
    failures: int = 0,
    retry_after: float | None = None,
    jitter: float = 0.5,
) -> float:
    """
    Return how many seconds to wait before the next look.

    :param age: seconds since the job was submitted.
    :param eta: seconds from submission to its expected end, if the vendor said.
    :param failures: looks in a row that told nothing.
    :param retry_after: seconds that the vendor asked to wait.
    :param jitter: a random number from 0 to 1; it spreads jobs that were submitted together.
    """
    spread = 0.9 + 0.2 * jitter
    asked = min(retry_after or 0.0, LONGEST_RETRY_AFTER)
    if failures:
        return max(asked, min(SHORTEST * 2.0 ** min(failures, 16), LONGEST_BACKOFF) * spread)
    if eta and age < FIRST_LOOK * eta:
        wait = max(FIRST_LOOK * eta - age, SHORTEST)
    else:
        base = max(eta, age - eta) if eta else age
        wait = min(max(STEP * base * spread, SHORTEST * spread), LONGEST)
    return max(asked, wait)
