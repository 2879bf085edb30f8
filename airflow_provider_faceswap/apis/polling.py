"""When to poll a job next: a pure function of its age, its eta and what the last polls brought."""

from __future__ import annotations

# Polls at a constant ratio are equally late, as a share of the job's duration, wherever its end falls.
FIRST_POLL, RATIO = 0.895, 0.0755
"""The first poll as a share of the eta; each further step as a share of the age."""
OVERDUE, OVERDUE_RATIO = 1.25, 0.5
"""Past this share of the eta the estimate is worthless: steps grow with the time since it."""
BLIND_STEP, BLIND_RATIO = 2.0, 0.15
"""Without an eta: the shortest step in seconds, and the steps as a share of the age."""
MAX_ETA = 6 * 3600.0
"""A longer eta counts as unknown: it would put off the first poll for days."""
MIN_STEP, MAX_STEP = 1.0, 600.0
FALLBACK, FALLBACK_STEP, FALLBACK_BLIND, MAX_FALLBACK = 0.5, 60.0, 120.0, 3600.0
"""Where a callback is expected: the steps as a share of eta or age, the shortest in seconds, the longest."""
MAX_BACKOFF = 120.0
MAX_RETRY_AFTER = 3600.0


def seconds_to_next_poll(
    age: float,
    *,
    eta: float | None = None,
    failures: int = 0,
    retry_after: float | None = None,
    jitter: float = 0.5,
) -> float:
    """
    Return how many seconds to wait before the next poll.

    :param age: seconds since the job was submitted.
    :param eta: seconds from submission to its expected end, if the vendor said.
    :param failures: polls in a row that failed.
    :param retry_after: seconds that the vendor asked to wait.
    :param jitter: a random number from 0 to 1; it spreads jobs that were submitted together.
    """
    asked = min(retry_after or 0.0, MAX_RETRY_AFTER)
    swing = 2.0 * jitter - 1.0
    if failures:
        wait = min(2.0 ** min(failures, 16), MAX_BACKOFF) * (1.0 + 0.2 * swing)
    elif not eta or eta > MAX_ETA:
        wait = max(BLIND_STEP, BLIND_RATIO * age) * (1.0 + 0.05 * swing)
    elif age < (FIRST_POLL - 0.011) * eta:
        return max(asked, MIN_STEP, (FIRST_POLL + 0.01 * swing) * eta - age)
    else:
        overdue = OVERDUE_RATIO * (age - eta) if age > OVERDUE * eta else 0.0
        wait = max(RATIO * age, overdue) * (1.0 + 0.05 * swing)
    return max(asked, MIN_STEP, min(wait, MAX_STEP))


def seconds_to_fallback_poll(age: float, *, eta: float | None = None, jitter: float = 0.5) -> float:
    """
    Return how many seconds to wait before the next poll of a job whose callback is expected.

    Such polls are few, and late: they find the jobs whose callback is lost.

    :param age: seconds since the job was submitted.
    :param eta: seconds from submission to its expected end, if that is known.
    :param jitter: a random number from 0 to 1; it spreads jobs that were submitted together.
    """
    if eta and age < eta:
        return eta - age + max(FALLBACK_STEP, min(FALLBACK * eta, MAX_FALLBACK)) * (0.95 + 0.1 * jitter)
    shortest = FALLBACK_STEP if eta else FALLBACK_BLIND
    return max(shortest, min(FALLBACK * age, MAX_FALLBACK)) * (0.95 + 0.1 * jitter)
