"""The command line: it starts quickly, prints its URL, and ends on a signal."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psutil
import pytest

COMMAND = [sys.executable, "-m", "airflow_provider_faceswap.sandbox"]


@contextmanager
def sandbox(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_quickly_and_ends_cleanly(number: signal.Signals) -> None:
    with sandbox("--port", "0", "--video-seconds", "34") as (process, line):
        match = re.fullmatch(r"Sandbox: (http://127\.0\.0\.1:\d+)  key (sbx-3f9c1e7a)\n", line)
        assert match, line
        fields = {"key": match[2], "init_image": f"{match[1]}/samples/hopper.jpg"}
        fields["init_video"] = f"{match[1]}/samples/clip.mp4"
        with httpx.Client(trust_env=False, timeout=60) as http:
            reply = http.post(f"{match[1]}/api/v6/faceswap/single_video_swap", json=fields).json()
            # On a busy machine it waits for its turn.
            used = psutil.Process(process.pid).cpu_times()
            assert used.user + used.system < 3
            assert reply["eta"] == 34
            process.send_signal(number)
            assert process.wait(timeout=60) == 0
            assert process.stderr is not None
            assert process.stderr.read() == ""


def test_it_ends_quickly_in_the_middle_of_a_slow_answer() -> None:
    with sandbox("--port", "0") as (process, line), httpx.Client(trust_env=False, timeout=60) as http:
        url, key = line.split()[1], line.split()[-1]
        http.post(f"{url}/_sandbox/faults", json={"kind": "slow_answer", "on": "fetch", "seconds": 60})

        def end() -> None:
            with httpx.Client(trust_env=False, timeout=60) as other:
                while not other.get(f"{url}/_sandbox/counts").json()["faults"]:
                    time.sleep(0.02)
            process.terminate()

        ender = threading.Thread(target=end)
        ender.start()
        with pytest.raises(httpx.RemoteProtocolError):
            http.post(f"{url}/api/v6/faceswap/fetch/1", json={"key": key}, timeout=60)
        ender.join()
        assert process.wait(timeout=60) == 0
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def test_it_takes_the_key_that_it_was_given_and_no_other() -> None:
    key = 'sbx-"q\\k-42'
    with sandbox("--port", "0", "--key", key) as (_, line), httpx.Client(trust_env=False, timeout=60) as http:
        assert line.endswith(f"  key {key}\n")
        fetch = f"{line.split()[1]}/api/v6/faceswap/fetch/1"
        assert [http.post(fetch, json={"key": k}).status_code for k in (key, "other")] == [200, 401]


def test_one_sentence_says_that_a_port_is_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, timeout=600)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Cannot listen on 127.0.0.1:{port}: ")
    assert done.stderr.count("\n") == 1


def test_one_sentence_says_that_packages_are_missing() -> None:
    hidden = (
        "import importlib.util, runpy\n"
        "real = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *rest: None if name == 'cv2' else real(name, *rest)\n"
        "runpy.run_module('airflow_provider_faceswap.sandbox', run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True, timeout=600)
    assert done.returncode == 1
    assert 'pip install "airflow-provider-faceswap[sandbox]"' in done.stderr
    assert done.stderr.count("\n") == 1


def test_it_shares_nothing_with_the_client_and_loads_no_airflow() -> None:
    listing = (
        "import sys\n"
        "import airflow_provider_faceswap.sandbox.cli, airflow_provider_faceswap.sandbox.pictures.clips\n"
        "import airflow_provider_faceswap.sandbox.pictures.samples\n"
        "print('\\n'.join(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", listing], capture_output=True, text=True, timeout=600, check=True
    )
    loaded = done.stdout.split()
    ours = "airflow_provider_faceswap"
    assert [n for n in loaded if n.startswith(f"{ours}.") and not n.startswith(f"{ours}.sandbox")] == []
    assert [n for n in loaded if n == "airflow" or n.startswith("airflow.")] == []
