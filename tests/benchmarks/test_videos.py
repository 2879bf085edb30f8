"""What the benchmark of a video's cost counts, and how it is shown."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import psutil
import pytest
from rich.console import Console

from benchmarks.videos.cost import busy, cpu_seconds
from benchmarks.videos.report import print_table, write_csv, write_page, write_plot
from benchmarks.videos.runs import Figures, Variant
from benchmarks.videos.vendor import CLIP, Jobs, counts, vendor

VARIANTS = [Variant("bare", "the barest", keeps=True), Variant("mapped", "ours", keeps=True)]
FOUND = [
    Figures("bare", 40, 1, cpu=0.5, slots=6, requests=7, connections=2, lateness=3, wall=50),
    Figures("mapped", 40, 2, cpu=0.6, slots=6, requests=6, connections=3, lateness=2, wall=50),
    Figures("bare", 40, 3, cpu=0.7, slots=6, requests=7, connections=2, lateness=3, wall=50),
]
BURN = "import time; until = time.process_time() + 0.5\nwhile time.process_time() < until: pass"


def test_the_cpu_of_ended_children_counts_once_they_were_waited_for() -> None:
    burns = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}])"
    starts = f"{burns}; print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", starts], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout and process.stdout.readline()
        cluster: Any = mock.Mock(processes=lambda: [psutil.Process(process.pid)])
        assert cpu_seconds(cluster) > 0.3
        process.communicate("\n")


@pytest.mark.parametrize(
    ("titles", "expected"),
    [
        (["airflow worker -- LocalExecutor: <idle>", "airflow scheduler"], 0),
        (["airflow worker -- LocalExecutor: 01a2", "airflow worker -- LocalExecutor: <idle>"], 1),
    ],
)
def test_a_slot_is_held_by_a_worker_whose_title_names_a_task(titles: list[str], expected: int) -> None:
    workers = [mock.Mock(cmdline=mock.Mock(return_value=[title])) for title in titles]
    cluster: Any = mock.Mock()
    cluster.process.return_value.main.children.return_value = workers
    assert busy(cluster) == expected


def test_a_job_of_the_vendor_ends_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("benchmarks.videos.vendor.time", mock.Mock(time=lambda: now[0]))
    jobs = Jobs()
    body = b'{"init_video": "https://example.com/a.mp4"}'
    assert b'"processing"' in jobs.answer("/api/v6/faceswap/single_video_swap", body)[1]
    assert b'"processing"' in jobs.answer("/api/v6/faceswap/fetch/0", b"")[1]
    now[0] = jobs.counted()["videos"]["https://example.com/a.mp4"]["end"]
    assert b'"success"' in jobs.answer("/api/v6/faceswap/fetch/0", b"")[1]
    assert jobs.counted()["requests"] == 3


def test_the_vendor_counts_requests_and_connections() -> None:
    with vendor() as url:
        with httpx.Client(trust_env=False, timeout=60) as client:
            for _ in range(3):
                assert client.get(f"{url}/clip/0.mp4").content == CLIP
        found = counts(url)
        assert (found["requests"], found["connections"]) == (3, 1)
        assert counts(url)["requests"] == 0


def test_the_table_shows_means_and_the_ratio_to_the_barest() -> None:
    console = Console(width=160, record=True, file=io.StringIO())
    print_table(FOUND, VARIANTS, console)
    text = console.export_text()
    assert "0.600" in text and "1.00" in text and "2.0" in text


def test_all_runs_are_in_the_file(tmp_path: Path) -> None:
    write_csv(FOUND, tmp_path / "runs.csv")
    with (tmp_path / "runs.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["variant"], row["cpu"]) for row in rows] == [
        ("bare", "0.5"),
        ("mapped", "0.6"),
        ("bare", "0.7"),
    ]


def test_the_plot_names_each_variant(tmp_path: Path) -> None:
    write_plot(FOUND, VARIANTS, tmp_path / "plot.svg")
    text = (tmp_path / "plot.svg").read_text()
    assert "the barest, 40" in text and "0.6 s" in text


def test_only_the_table_of_a_page_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- table -->\nold\n<!-- end of the table -->\nafter\n")
    for _ in range(2):
        write_page(FOUND, VARIANTS, "a machine", page)
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "old" not in text
    assert text.count("| 40 | the barest | 0.600 | 1.00 |") == 1
