"""
What it takes to store results: one large file beside curl, and many small ones.

Run ``python -m benchmarks.storage [--megabytes 1000] [--rounds 5] [--folder DIR]``. A server in a process of
its own sends the file from memory. Each round fetches it by curl and by ``OutputStore.save``, one right after
the other, each in a fresh process and into the same folder of local disk; ``save`` also recognises, hashes
and checks the file, and writes its line of provenance. Look at the ratio of each round: both meet the
same machine. Memory is the growth of the peak while the file is fetched.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

HEAD = b"\x00\x00\x00\x20ftypisom"
PIECE = os.urandom(1024 * 1024)
SMALL, FILES = 100_000, 300


def answer(connection: socket.socket) -> None:
    """Answer one request for ``/<bytes>``."""
    with connection:
        request = b""
        while b"\r\n\r\n" not in request:
            request += connection.recv(65536)
        left = int(request.split(b" ")[1].strip(b"/"))
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % left)
        connection.sendall(HEAD)
        left -= len(HEAD)
        piece = memoryview(PIECE)
        while left > 0:
            connection.sendall(piece[:left])
            left -= len(piece)


def serve() -> None:
    """Print the port; answer until the parent closes its end of the pipe."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as server:
        print(server.getsockname()[1], flush=True)
        threading.Thread(target=accept, args=(server,), daemon=True).start()
        sys.stdin.read()


def accept(server: socket.socket) -> None:
    """Answer each connection in a thread."""
    while True:
        connection, _ = server.accept()
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


@contextmanager
def served() -> Iterator[str]:
    """Run the server; yield its base URL."""
    command = [sys.executable, "-m", "benchmarks.storage", "--serve"]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
    finally:
        server.communicate()


def store(url: str, folder: str, size: int, count: int) -> dict[str, float]:
    """Store a file this many times; return seconds, CPU seconds and the growth of the peak in MB."""
    from airflow_provider_faceswap.hooks.settings import Settings
    from airflow_provider_faceswap.storage.outputs import OutputStore
    from airflow_provider_faceswap.storage.provenance import Owner

    settings = Settings(base_url=url, api_key=SecretStr("k" * 8))
    outputs = OutputStore(f"file://{folder}", "video", "single_video_swap")

    def save(job_id: str, size: int) -> None:
        owner = Owner("modelslab", job_id, "", 1.8e9)
        (file,) = outputs.save([f"{url}/{size}"], settings, owner, seconds=600)
        assert file.bytes == size

    save("first", SMALL)
    before, started, cpu = peak(), time.perf_counter(), time.process_time()
    for number in range(count):
        save(str(number), size)
    took = time.perf_counter() - started
    return {"seconds": took, "cpu": time.process_time() - cpu, "memory": (peak() - before) / 1024}


def peak() -> int:
    """Return the peak of this process's memory in KB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def curl(url: str, folder: str, size: int) -> dict[str, float]:
    """Fetch a file by curl; return seconds and CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(["curl", "-sSf", "--noproxy", "*", "-o", f"{folder}/curl", f"{url}/{size}"], check=True)
    took = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": took, "cpu": cpu}


def in_a_fresh_process(url: str, folder: str, size: int, count: int) -> dict[str, float]:
    """Run :func:`store`."""
    command = [sys.executable, "-m", "benchmarks.storage", "--store", url, folder, str(size), str(count)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(url: str, above: str | None, size: int, rounds: int) -> None:
    """Print both tables."""
    table = Table(
        "round",
        "curl s",
        "ours s",
        "ratio",
        "curl CPU s",
        "ours CPU s",
        "memory MB",
        title=f"{size / 1e6:g} MB",
    )
    ratios = []
    for number in range(rounds):
        with tempfile.TemporaryDirectory(dir=above) as folder:
            jobs: list[Any] = [curl, lambda *job: in_a_fresh_process(*job, count=1)]
            # Who comes second meets a disk that is still writing: they take turns.
            results = {job: job(url, folder, size) for job in (jobs if number % 2 else reversed(jobs))}
        theirs, ours = (results[job] for job in jobs)
        ratios.append(ours["seconds"] / theirs["seconds"])
        cells = (theirs["seconds"], ours["seconds"], ratios[-1], theirs["cpu"], ours["cpu"], ours["memory"])
        table.add_row(str(number + 1), *(f"{cell:.2f}" for cell in cells))
    table.add_row("median", "", "", f"{statistics.median(ratios):.2f}", "", "", "")
    console = Console()
    console.print(table)
    with tempfile.TemporaryDirectory(dir=above) as folder:
        small = in_a_fresh_process(url, folder, SMALL, FILES)
    each = {name: 1000 * small[name] / FILES for name in ("seconds", "cpu")}
    console.print(
        f"{FILES} files of {SMALL // 1000} KB: {each['cpu']:.2f} ms CPU, {each['seconds']:.2f} ms each"
    )


def main() -> None:
    """Run what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", help="where to store; None for the folder of temporary files")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--store", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve()
    elif given.store:
        url, folder, size, count = given.store
        print(json.dumps(store(url, folder, int(size), int(count))))
    else:
        with served() as url:
            measure(url, given.folder, given.megabytes * 1_000_000, given.rounds)


if __name__ == "__main__":
    main()
