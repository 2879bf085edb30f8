"""What is counted of a run, and which unit costs follow."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.scale.counting import difference, requests
from benchmarks.scale.fitting import (
    COMMAND,
    Cost,
    CountedRun,
    at_most,
    costs,
    fit,
    of_a_running_run,
    read_runs,
    unit_costs,
    write_runs,
    write_units,
)
from benchmarks.scale.units import Units, read_units

LOG = """
127.0.0.1 - - [22/Nov/2026 09:00:00] "GET /media?list-type=2&prefix=in%2F&delimiter= HTTP/1.1" 200 -
127.0.0.1 - - [22/Nov/2026 09:00:00] "GET /media/?list-type=2&prefix=inbox HTTP/1.1" 200 -
127.0.0.1 - - [22/Nov/2026 09:00:00] "GET /media/in/0.mp4 HTTP/1.1" 206 -
127.0.0.1 - - [22/Nov/2026 09:00:00] "GET /media/in/0.mp4?X-Amz-Date=1&X-Amz-Signature=0f HTTP/1.1" 200 -
127.0.0.1 - - [22/Nov/2026 09:00:00] "PUT /media/results/0.mp4 HTTP/1.1" 200 -
127.0.0.1 - - [22/Nov/2026 09:00:00] "\x1b[33mHEAD /media/results/0.mp4 HTTP/1.1\x1b[0m" 404 -
127.0.0.1 - - [22/Nov/2026 09:00:00] "\x1b[35m\x1b[1mDELETE /media/inbox/0 HTTP/1.1\x1b[0m" 204 -
"""
IDLE = CountedRun("idle", 0, 0, {"rows.job": 20.0, "seconds": 10.0})


def counted(kind: str, videos: int, deferrals: int, rows: float, seconds: float = 5.0) -> CountedRun:
    figures = {"rows.job": rows, "deferrals": float(deferrals), "seconds": seconds, "lasted": seconds}
    return CountedRun(kind, videos, 100, figures)


def test_requests_are_counted_by_method_without_the_vendors() -> None:
    assert requests(LOG) == {"LIST": 2, "GET": 1, "PUT": 1, "HEAD": 1, "DELETE": 1}


def test_a_run_is_the_difference_of_two_readings() -> None:
    assert difference({"a": 3.0, "b": 1.0, "c": 2.0}, {"a": 1.0, "b": 1.0}) == {"a": 2.0, "c": 2.0}


def test_costs_are_told_apart_by_the_least_squares() -> None:
    # 3 for a video, 7 for a start.
    points = [(videos, starts, 3.0 * videos + 7 * starts) for videos, starts in [(20, 2), (200, 2), (75, 9)]]
    found = fit(points)
    assert (found.video, found.start) == (pytest.approx(3), pytest.approx(7))


@pytest.mark.parametrize(
    ("points", "expected"),
    [([(10, 1, 5.0), (20, 1, 4.0)], Cost(0.0, 4.5)), ([(10, 1, 5.0), (20, 1, 15.0)], Cost(0.7, 0.0))],
)
def test_no_cost_is_below_zero(points: list[tuple[float, float, float]], expected: Cost) -> None:
    assert fit(points) == pytest.approx(expected)


def test_runs_that_are_alike_say_nothing() -> None:
    with pytest.raises(ValueError, match="differ too little"):
        fit([(10, 1, 5.0), (20, 2, 6.0)])


def test_what_an_idle_airflow_does_is_taken_off() -> None:
    runs = [IDLE, counted("mapped", 4, 4, 10 + 8.0), counted("mapped", 24, 24, 10 + 48.0)]
    assert costs(runs, "mapped")["rows.job"] == pytest.approx(Cost(2.0, 0.0))


def test_a_batch_starts_once_more_than_it_defers() -> None:
    runs = [IDLE, counted("batch", 20, 1, 10 + 34.0), counted("batch", 75, 8, 10 + 138.0)]
    assert costs(runs, "batch")["rows.job"] == pytest.approx(Cost(1.0, 7.0))


def test_unit_costs_are_written_beside_those_of_other_commands(tmp_path: Path) -> None:
    runs, units, videos = tmp_path / "runs.csv", tmp_path / "units.csv", tmp_path / "videos.csv"
    loop = CountedRun("loop", 1000, 0, {"poll_cpu": 0.0005})
    write_runs([IDLE, counted("mapped", 4, 4, 18.0), counted("mapped", 24, 24, 58.0), loop], runs)
    assert read_runs(runs)[0] == IDLE
    other = "crowd.polls,2.74,python -m benchmarks.crowd"
    units.write_text(f"name,value,source\n{other}\nmapped.rows.video,99,{COMMAND}\n")
    videos.write_text("variant,lateness\nhttp,2\nbatch,5\nbatch,7\n")
    write_units(runs, units)
    found = read_units(units, videos)
    assert found["mapped.rows.video"] == pytest.approx(2.0)
    assert found["idle.rows"] == pytest.approx(2.0)
    assert found["loop.poll_cpu"] == 0.0005 and found["crowd.polls"] == 2.74
    assert found["batch.turn"] == 6
    assert found.used["crowd.polls"].source == "python -m benchmarks.crowd"


def test_a_running_run_costs_rows_by_the_second() -> None:
    runs = [CountedRun("batch", n, 9, {"rows.dag_run": 1.5 * n, "lasted": n, "seconds": n}) for n in (20, 40)]
    assert of_a_running_run(runs) == 1.5


def test_all_that_the_scheduler_used_is_divided_by_the_starts_that_it_made() -> None:
    runs = [CountedRun("mapped", n, 9, {"cpu.scheduler": took}) for n, took in ((4, 4.0), (20, 6.0))]
    assert at_most(runs, "cpu.scheduler") == pytest.approx(6.0 / 40)


def test_small_costs_are_noise() -> None:
    loop = CountedRun("loop", 1000, 0, {"poll_cpu": 1e-9})
    assert unit_costs([IDLE, loop]).keys() == {"idle.rows.job", "idle.rows"}


def test_a_cost_that_nobody_measured_is_not_guessed() -> None:
    with pytest.raises(KeyError, match=r"benchmarks\.units"):
        Units({})["mapped.rows.video"]
    assert Units({}).cost("mapped", "rows") == (0.0, 0.0)
