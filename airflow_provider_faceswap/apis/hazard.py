"""
How likely jobs are to end at an age, learned from ends that were each seen between two polls.

Time is cut into bins on a logarithmic scale, on which polls at even steps are equally late as a share of the
duration. What is learned of a bin is its hazard: the jobs that ended in it, by those that reached it. Jobs
that still run count there too; a mean of the durations seen so far would forget the slow ones.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence

WIDTH = 0.05
"""Of a bin, in the logarithm of time: 5 %."""
PRICE = 0.023
"""What a poll costs, in lateness: at a higher price there are fewer polls."""
MAX_KEPT, MAX_TENTHS = 2000.0, 10**8
"""Jobs that a written table stands for at most; a larger number in one is an error."""
NEWS = 0.02
"""What is new, as a share of what is known, before the polls are planned again."""
LATE, LATE_POLLS = 0.1, 1.0
"""A job that outlives all but this share is polled so often while its age grows 2.7 times, for it may end."""
BANDWIDTH, BANDWIDTH_JOBS, SPREAD = 0.6, 3.0, 0.25
"""How far one end speaks for the bins beside it: less with more ends; at first the spread is guessed."""


class Hazard:
    """
    The hazard in the bins between two times, and the polls that it is worth.

    :param low: the shortest time, in any unit.
    :param high: the longest.
    :param step: of the schedule without siblings at a time, as a share of that time.
    :param trust: how many jobs that schedule counts for at a time, when siblings say something else.
    """

    __slots__ = (
        "_curve",
        "_density",
        "_known",
        "_low",
        "_news",
        "_prior",
        "_running",
        "_trust",
        "ended",
        "left",
        "size",
    )

    def __init__(
        self, low: float, high: float, step: Callable[[float], float], trust: Callable[[float], float]
    ) -> None:
        self._low = math.log(low)
        self.size = math.ceil((math.log(high) - self._low) / WIDTH)
        middles = [math.exp(self._low + (number + 0.5) * WIDTH) for number in range(self.size)]
        # Polls at a density of sqrt(hazard / PRICE) are the best there are (Keller's rule of inspections).
        self._prior = [PRICE / step(time) ** 2 for time in middles]
        self._trust = [trust(time) * WIDTH for time in middles]
        self.ended = [0.0] * self.size
        """Jobs that ended, by bin."""
        self.left = [0.0] * self.size
        """Jobs that were given up, by the bin in which they were last seen running."""
        self._running = [0] * self.size
        self._curve: list[float] = []
        self._density: list[float] = []
        self._news = self._known = 0.0

    def on_running(self, seen: float, time: float) -> None:
        """
        Note that a job runs at a time.

        :param seen: the time at which it was last seen running; 0 if it was not yet.
        :param time: now.
        """
        self._forget(seen)
        self._running[self.bin(time)] += 1
        self._news += 1

    def on_end(self, seen: float, time: float) -> None:
        """Note that a job ended between two times: most likely where others did."""
        if not self._density:
            self._refresh()
        self._forget(seen)
        first, last = self.bin(seen), self.bin(time)
        weights = self._density[first : last + 1]
        total = sum(weights)
        for number, weight in enumerate(weights, first):
            self.ended[number] += weight / total
        self._news += 1

    def on_left(self, seen: float) -> None:
        """Note that a job which was seen running is not watched any longer."""
        self._forget(seen)
        self.left[self.bin(seen)] += 1
        self._news += 1

    def _forget(self, seen: float) -> None:
        if seen > 0:
            self._running[self.bin(seen)] -= 1

    def bin(self, time: float) -> int:
        """Return the number of a time's bin."""
        return min(self.size - 1, max(0, int((math.log(time) - self._low) / WIDTH))) if time > 0 else 0

    def polls_until(self, time: float) -> float:
        """Return how many polls a job is worth from its start to a time."""
        self._refresh()
        place = max(0.0, (math.log(time) - self._low) / WIDTH) if time > 0 else 0.0
        number = min(int(place), self.size - 1)
        start, end = self._curve[number], self._curve[number + 1]
        return start + (end - start) * (place - number)

    def time_of(self, polls: float) -> float:
        """Return the time until which a job is worth so many polls."""
        self._refresh()
        number = min(self.size, max(1, bisect_left(self._curve, polls))) - 1
        start, end = self._curve[number], self._curve[number + 1]
        place = number + max(0.0, polls - start) / (end - start)
        return math.exp(self._low + place * WIDTH)

    def median(self) -> float | None:
        """Return the median time of the jobs that ended, if any has."""
        half, seen = sum(self.ended) / 2, 0.0
        for number, ended in enumerate(self.ended):
            seen += ended
            if seen >= half > 0:
                return math.exp(self._low + (number + 0.5) * WIDTH)
        return None

    def as_list(self, most: int) -> list[int]:
        """
        Return the jobs that ended or were given up, as flat rows: bin, tenths of jobs that ended, that left.

        The first number is the rows' width in bins: the table is coarser where it would be too long.

        :param most: characters that the list may take as JSON.
        """
        total = sum(self.ended) + sum(self.left)
        # Running jobs come on top of these when the next trigger sees them: they must not outweigh them.
        scale = 10.0 * min(1.0, max(MAX_KEPT, 4.0 * sum(self._running)) / (total or 1.0))
        width = 1
        while True:
            rows = [width]
            for first in range(0, self.size, width):
                ended, left = (
                    round(scale * sum(of[first : first + width])) for of in (self.ended, self.left)
                )
                rows += [first, ended, left] if ended or left else []
            if len(str(rows)) <= most:
                return rows
            width *= 2

    def read_list(self, rows: list[int]) -> None:
        """
        Take over what :meth:`as_list` returned.

        :raises ValueError: if it did not.
        """
        width, *flat = rows
        if not 0 < width <= 2 * self.size or len(flat) % 3 or min(flat, default=0) < 0:
            raise ValueError("not a table")
        for first, ended, left in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
            bins = range(first, min(first + width, self.size))
            if not bins or max(ended, left) > MAX_TENTHS:
                raise ValueError("not a row")
            for number in bins:
                self.ended[number] += ended / 10 / len(bins)
                self.left[number] += left / 10 / len(bins)
        self._curve = []

    def _refresh(self) -> None:
        if self._curve and self._news < 1.0 + self._known * NEWS:
            return
        self._news, self._known = 0.0, sum(self.ended) + sum(self._running)
        hazards = self._hazards()
        curve, density, survival = [0.0], [], 1.0
        for hazard in hazards:
            polls = math.sqrt(hazard / PRICE)
            curve.append(curve[-1] + WIDTH * (max(polls, LATE_POLLS) if survival < LATE else polls))
            lost = survival * -math.expm1(-hazard * WIDTH)
            density.append(lost + 1e-9)
            survival -= lost
        self._curve, self._density = curve, density

    def _hazards(self) -> list[float]:
        reached, reaching = 0.0, [0.0] * self.size
        for number in range(self.size - 1, -1, -1):
            here = self.ended[number] + self.left[number] + self._running[number]
            reaching[number] = (reached + here / 2) * WIDTH
            reached += here
        kernel = self._kernel()
        ends, exposed = _smooth(self.ended, kernel), _smooth(reaching, kernel)
        return [
            (end + weight * prior) / (time + weight)
            for end, time, prior, weight in zip(ends, exposed, self._prior, self._trust, strict=True)
        ]

    def _kernel(self) -> list[float]:
        total = sum(self.ended)
        mean = sum(number * ended for number, ended in enumerate(self.ended)) / total if total else 0.0
        square = sum((number - mean) ** 2 * ended for number, ended in enumerate(self.ended)) * WIDTH**2
        spread = math.sqrt((square + BANDWIDTH_JOBS * SPREAD**2) / (total + BANDWIDTH_JOBS))
        bandwidth = BANDWIDTH * spread * max(1.0, total) ** -0.2 / WIDTH
        reach = int(2.5 * bandwidth)
        weights = [math.exp(-0.5 * (number / bandwidth) ** 2) for number in range(-reach, reach + 1)]
        return [weight / sum(weights) for weight in weights]


def _smooth(values: Sequence[float], kernel: Sequence[float]) -> list[float]:
    reach = len(kernel) // 2
    smooth = [0.0] * (len(values) + 2 * reach)
    for number, value in enumerate(values):
        if value:
            for offset, weight in enumerate(kernel):
                smooth[number + offset] += value * weight
    return smooth[reach : reach + len(values)]
