"""What a batch says of how far it is, in the log and in the task's state."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_faceswap.batch.book import Book
from airflow_provider_faceswap.batch.item import Item, Rules, Step
from airflow_provider_faceswap.batch.items.rows import Row
from airflow_provider_faceswap.batch.journal import BatchJournal
from airflow_provider_faceswap.batch.progress import KEY, Progress, sentence
from airflow_provider_faceswap.batch.record import Record, Status
from airflow_provider_faceswap.journal.entry import Entry, State
from airflow_provider_faceswap.journal.state import TaskState
from tests.fakes import START, FakeClock, FakeStore, FakeTaskInstance, api_error, context

BY = "task.0"
URL = "https://a.example/clip.mp4?signature=s3cret"


def item(number: int, step: Step, status: Status = Status.NOT_SENT, **known: Any) -> Item:
    row = Row(number, f"k-{number}", "swap", {"init_video": URL}, {"target": URL}, None, None, None)
    entry = Entry(state=State.RUNNING, attempted_at=START, **known)
    record = Record(row.key, "swap", entry, status, START, BY, paid=0.5)
    found = Item(row)
    found.record, found.step = record, step
    return found


class World:
    """A batch of some items, on its way through the processes that carry it on."""

    def __init__(self, count: int = 100, store: FakeStore | None = None) -> None:
        self.clock, self.store = FakeClock(), store
        self.items = [item(number, Step.BUY) for number in range(count)]
        self.stopped = False
        self.progress = self.process()

    def process(self) -> Progress:
        """Start the next process of the task: it knows what is written, and no more."""
        journal = BatchJournal(TaskState(context(self.store)), FakeTaskInstance())
        book = Book("modelslab", None, journal, Rules(BY))  # type: ignore[arg-type]  # it is not looked at
        book.items = self.items
        self.progress = Progress(book, self.clock, lambda: self.stopped)
        return self.progress

    def put(self, count: int, step: Step, status: Status = Status.NOT_SENT) -> None:
        """Move the first items that are not settled."""
        todo = [found for found in self.items if found.step is not Step.KEEP][:count]
        for found in todo:
            found.step, found.record = step, found.known().moved_to(status)

    def finish(self, count: int) -> None:
        self.put(count, Step.KEEP, Status.SUCCESS)

    @property
    def figures(self) -> dict[str, Any]:
        """What the task's state says."""
        assert self.store is not None
        return self.store.get(KEY)  # type: ignore[no-any-return]


@pytest.fixture
def world() -> World:
    return World(store=FakeStore())


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="airflow_provider_faceswap.batch.progress")
    return caplog


def test_the_figures_add_up(world: World) -> None:
    world.progress.begin()
    world.put(10, Step.KEEP, Status.SUCCESS)
    world.put(4, Step.KEEP, Status.FAILED)
    world.put(3, Step.KEEP, Status.IN_DOUBT)
    world.put(2, Step.KEEP, Status.UNFINISHED)
    world.put(20, Step.WAIT, Status.UNFINISHED)
    world.progress.report()
    figures = world.figures
    shown = {name: figures[name] for name in ("total", "done", "running", "left")}
    assert shown == {"total": 100, "done": 19, "running": 20, "left": 61}
    ends = {name: figures[name] for name in ("succeeded", "failed", "in_doubt", "unfinished")}
    assert ends == {"succeeded": 10, "failed": 4, "in_doubt": 3, "unfinished": 2}
    assert figures["cost"] == {"amount": 50.0, "unit": "credits"}
    assert figures["updated_at"] == "2027-01-15T08:00:00.000+00:00"


def test_what_is_bought_again_is_not_done(world: World) -> None:
    world.put(1, Step.BUY, Status.FAILED)
    world.progress.report()
    assert (world.figures["failed"], world.figures["left"]) == (0, 100)


def test_neither_a_row_nor_a_url_is_shown(world: World, log: pytest.LogCaptureFixture) -> None:
    world.progress.begin()
    world.finish(5)
    world.progress.report()
    assert "example" not in json.dumps(world.figures) and "example" not in log.text


@pytest.mark.parametrize("durable", [True, False])
def test_the_rate_survives_a_deferral(durable: bool) -> None:
    world = World(store=FakeStore() if durable else None)
    world.progress.begin()
    world.put(50, Step.WAIT)
    world.progress.before_waiting(deferrable=True)
    for _ in range(2):
        world.clock.seconds += 60
        progress = world.process()
        world.finish(10)
        figures = progress.report()
    assert figures["rate"] == 10
    assert figures["expected_end"] == "2027-01-15T08:10:00.000+00:00"


def test_the_rate_is_that_of_the_last_waves(world: World) -> None:
    world.progress.begin()
    for seconds, done in [(600, 1)] * 5 + [(60, 2)] * 10:
        world.clock.seconds += seconds
        world.finish(done)
        world.process().before_waiting(deferrable=True)
    assert world.figures["rate"] == 2
    assert len(world.figures["samples"]) < 10


def test_the_storing_of_a_wave_is_not_the_rate_of_the_batch(world: World) -> None:
    """Results are stored within seconds after their jobs ran for minutes."""
    world.progress.begin()
    world.put(100, Step.WAIT)
    world.progress.before_waiting(deferrable=True)
    world.clock.seconds += 600
    progress = world.process()
    for _ in range(10):
        world.clock.seconds += 31
        world.finish(5)
        progress.tick()
    assert world.figures["rate"] == pytest.approx(50 / (600 + 310) * 60, abs=0.01)


@pytest.mark.parametrize(("seconds", "done"), [(5, 10), (600, 0)])
def test_the_rate_is_unknown_at_the_start(world: World, seconds: float, done: int) -> None:
    world.finish(7)
    for found in world.items[:7]:
        found.reused = True
    world.progress.begin()
    world.clock.seconds += seconds
    world.finish(done)
    world.progress.report()
    assert (world.figures["rate"], world.figures["expected_end"]) == (None, None)


def test_a_retry_does_not_count_the_time_between_the_tries(world: World) -> None:
    world.progress.begin()
    world.finish(10)
    world.progress.report()
    world.clock.seconds += 3600
    progress = world.process()
    progress.begin()
    world.clock.seconds += 60
    world.finish(10)
    progress.report()
    assert world.figures["rate"] == 10


def test_what_will_not_be_sent_is_not_waited_for(world: World) -> None:
    world.progress.begin()
    world.clock.seconds += 60
    world.finish(10)
    world.put(20, Step.WAIT)
    world.stopped = True
    world.progress.report()
    assert world.figures["expected_end"] == "2027-01-15T08:03:00.000+00:00"


def test_there_is_at_most_one_line_in_half_a_minute(world: World, log: pytest.LogCaptureFixture) -> None:
    world.progress.begin()
    for _ in range(100):
        world.clock.seconds += 1
        world.progress.tick()
    assert len(log.records) == len([key for key, _ in world.store.history if key == KEY]) == 3  # type: ignore[union-attr]


def test_there_is_a_line_before_each_deferral_and_not_each_wait(
    world: World, log: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        world.clock.seconds += 10
        world.progress.before_waiting(deferrable=True)
    assert len(log.records) == 5
    for _ in range(6):
        world.clock.seconds += 10
        world.progress.before_waiting(deferrable=False)
    assert len(log.records) == 5 + 2


def test_a_state_that_cannot_be_written_fails_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, log: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise api_error(404)

    monkeypatch.setattr(world.store, "set", fail)
    monkeypatch.setattr(world.store, "get", fail)
    world.process().before_waiting(deferrable=True)
    assert [record.levelno for record in log.records] == [logging.INFO]


@pytest.mark.parametrize(
    "kept",
    [
        "x",
        {"samples": 3},
        {"samples": [3, "x", [1], [START], ["a", "b"], [True, 3], [START, None], {"a": 1}]},
        {"samples": [[START + 7200, 2]]},
    ],
)
def test_what_a_person_wrote_there_fails_nothing(world: World, kept: Any) -> None:
    world.store.set(KEY, kept)  # type: ignore[union-attr]
    world.clock.seconds += 60
    world.finish(10)
    world.process().before_waiting(deferrable=True)
    assert world.figures["rate"] == 10


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        (
            {"succeeded": 338, "failed": 2, "running": 100, "left": 560, "rate": 41.2},
            "Batch: 340 of 1,000 done (338 succeeded, 2 failed), 100 running, 560 left; 41 a minute, end "
            "expected at 14:05 UTC",
        ),
        ({"running": 100, "left": 900}, "Batch: 0 of 1,000 done, 100 running, 900 left"),
        (
            {"succeeded": 900, "in_doubt": 20, "unfinished": 30, "failed": 50},
            "Batch: 1,000 of 1,000 done (900 succeeded, 50 failed, 20 in doubt, 30 unfinished)",
        ),
        (
            {"succeeded": 1, "left": 999, "rate": 0.042, "expected_end": "2026-11-23T00:00:00.000+00:00"},
            "Batch: 1 of 1,000 done (1 succeeded), 999 left; 0.042 a minute, end expected at 2026-11-23 "
            "00:00 UTC",
        ),
        (
            {"succeeded": 400, "left": 600, "rate": 1234.5, "expected_end": None},
            "Batch: 400 of 1,000 done (400 succeeded), 600 left; 1,234 a minute",
        ),
    ],
)
def test_the_line(figures: dict[str, Any], expected: str) -> None:
    none = dict.fromkeys(("succeeded", "failed", "in_doubt", "unfinished", "running", "left"), 0)
    ends = ("succeeded", "failed", "in_doubt", "unfinished")
    known = {
        **none,
        "total": 1000,
        "done": sum(figures.get(name, 0) for name in ends),
        "rate": None,
        "expected_end": "2026-11-21T14:05:30.000+00:00" if figures.get("rate") else None,
        "updated_at": "2026-11-21T13:50:00.000+00:00",
    }
    assert sentence({**known, **figures}) == expected


def test_the_page_shows_figures_and_the_line_that_they_make(world: World) -> None:
    page = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
    shown = json.loads(re.search(r"```json\n(.*?)```", page, re.DOTALL).group(1))  # type: ignore[union-attr]
    world.progress.report()
    assert world.figures.keys() == shown.keys() == set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert f"\n> {sentence(shown)}\n" in page
