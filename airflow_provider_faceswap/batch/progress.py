"""How far a batch is: a line of the log, and figures in the task's state, see ``docs/metrics.md``."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from airflow_provider_faceswap.apis.results import iso
from airflow_provider_faceswap.batch.book import Book
from airflow_provider_faceswap.batch.item import Step
from airflow_provider_faceswap.batch.record import Status
from airflow_provider_faceswap.execution.clock import Clock

log = logging.getLogger(__name__)

KEY = "faceswap_progress"
"""The key of the task's state."""
EVERY = 30.0
"""Seconds between two reports while a worker works."""
MAX_SAMPLES = 6
"""Waits over which the rate is measured."""
MIN_SECONDS = 10.0
"""Seconds before which a rate says nothing."""

_ENDS = (Status.SUCCESS, Status.FAILED, Status.IN_DOUBT, Status.UNFINISHED)
_NAMES = {Status.SUCCESS: "succeeded"}


class Progress:
    """
    Says how far a batch is.

    :param book: what is known of the items.
    :param clock: the time.
    :param stopped: returns whether no more items are submitted.
    """

    def __init__(self, book: Book, clock: Clock, stopped: Callable[[], bool]) -> None:
        self._book = book
        self._clock = clock
        self._stopped = stopped
        self._samples: list[tuple[float, int]] = []
        """When how many items were finished; none before this process needs them."""
        self._reported_at = clock.time()

    def begin(self) -> None:
        """Start to measure the rate: the time between two tries does not count."""
        self._samples = [(self._clock.time(), self._finished())]

    def tick(self) -> None:
        """Report if half a minute has passed."""
        if self._clock.time() - self._reported_at >= EVERY:
            self.report()

    def before_waiting(self, *, deferrable: bool) -> None:
        """
        Report, and measure the rate from here on.

        :param deferrable: whether this process ends now; if not, it reports at most twice a minute.
        """
        # Only here: a wave is stored within seconds, and that is not how fast its jobs ran.
        self._load()
        self._samples = [*self._samples, (self._clock.time(), self._finished())][-MAX_SAMPLES - 1 :]
        if deferrable:
            self.report()
        else:
            self.tick()

    def report(self) -> dict[str, Any]:
        """Log how far the batch is, and write it to the task's state; return the figures."""
        self._load()
        self._reported_at = self._clock.time()
        figures = self._figures(self._reported_at)
        log.info("%s", sentence(figures))
        kept = {**figures, "samples": [list(sample) for sample in self._samples]}  # a tuple is not JSON
        _without_harm(lambda: self._book.journal.state.set(KEY, kept))
        return figures

    def _figures(self, now: float) -> dict[str, Any]:
        items = self._book.listed
        ends = Counter(self._book.rules.outcome(item) for item in items if item.step is Step.KEEP)
        counts = {_NAMES.get(status, status.value): ends[status] for status in _ENDS}
        done = sum(counts.values())
        running = sum(item.step is Step.WAIT for item in items)
        left = len(items) - done - running
        rate = self._rate(now)
        awaited = running if self._stopped() else running + left
        return {
            "total": len(items),
            "done": done,
            "running": running,
            **counts,
            "left": left,
            "rate": None if rate is None else float(f"{rate:.4g}"),
            "expected_end": iso(now + 60 * awaited / rate) if rate and awaited else None,
            "cost": self._book.cost(),
            "updated_at": iso(now),
        }

    def _rate(self, now: float) -> float | None:
        """Return how many items this task finishes in a minute."""
        since, before = self._samples[0]
        more, seconds = self._finished() - before, now - since
        return 60 * more / seconds if more > 0 and seconds >= MIN_SECONDS else None

    def _finished(self) -> int:
        return sum(item.step is Step.KEEP and not item.reused for item in self._book.listed)

    def _load(self) -> None:
        """Go on with the samples of the process before, else with the first submission."""
        if self._samples:
            return
        now, kept = self._clock.time(), _without_harm(lambda: self._book.journal.state.get(KEY))
        found = kept.get("samples") if isinstance(kept, dict) else None
        samples = [sample for sample in map(_sample, found if isinstance(found, list) else []) if sample]
        self._samples = [(when, count) for when, count in samples if when <= now][-MAX_SAMPLES:]
        if not self._samples:
            by = self._book.rules.by
            ours = (item.at for item in self._book.listed if item.by == by and not item.reused)
            self._samples = [(min(filter(None, ours), default=now), 0)]


def sentence(figures: dict[str, Any]) -> str:
    """Return figures as a line for people."""
    ends = [
        f"{figures[name]:,} {name.replace('_', ' ')}"
        for name in (_NAMES.get(status, status.value) for status in _ENDS)
        if figures[name]
    ]
    text = f"Batch: {figures['done']:,} of {figures['total']:,} done"
    text += f" ({', '.join(ends)})" if ends else ""
    text += "".join(f", {figures[name]:,} {name}" for name in ("running", "left") if figures[name])
    rate, end = figures["rate"], figures["expected_end"]
    if rate is not None:
        text += f"; {rate:,.0f} a minute" if rate >= 10 else f"; {rate:.2g} a minute"
    if end is not None:
        moment = datetime.fromisoformat(end)
        today = moment.date() == datetime.fromisoformat(figures["updated_at"]).date()
        text += f", end expected at {moment:{'%H:%M' if today else '%Y-%m-%d %H:%M'}} UTC"
    return text


def _sample(value: Any) -> tuple[float, int] | None:
    """Read a sample; people can edit the task's state."""
    if not isinstance(value, list) or [type(part) for part in value] not in ([float, int], [int, int]):
        return None
    return float(value[0]), value[1]


def _without_harm(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except Exception as error:
        log.debug("The progress of the batch is not kept: %s", type(error).__name__)
        return None
