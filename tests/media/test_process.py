from __future__ import annotations

import errno
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import av
import psutil
import pytest

from airflow_provider_faceswap.exceptions import InputError
from airflow_provider_faceswap.media import limits, measure_duration, process
from airflow_provider_faceswap.media.child import main
from airflow_provider_faceswap.media.errors import UnreadableError
from tests.media.clips import hostile_index
from tests.media.conftest import Host
from tests.storage.settings import settings

SEND = "import json, sys, struct, time; out = sys.stdout.buffer; sys.stdin.buffer.read(12); "
ANSWER = SEND + "text = json.dumps({}).encode(); out.write(struct.pack('>cQI', b'a', 0, len(text)) + text)"


class Lent:
    """A file of zeros that looks at its reader."""

    total = 100

    def __init__(self, look: Callable[[psutil.Process], Any] = lambda child: None) -> None:
        self.look = look
        self.seen: Any = None

    def read_at(self, offset: int, size: int) -> bytes:
        (child,) = psutil.Process().children()
        self.seen = self.look(child)
        return bytes(self.total)[offset : offset + size]


@pytest.fixture(autouse=True)
def _no_child_is_left() -> Iterator[None]:
    yield
    assert psutil.Process().children() == []


def refused(source: Any, pictures: int = 0) -> str:
    with pytest.raises(UnreadableError) as caught:
        process.decode(source, "duration", pictures, demuxer="mov")
    return str(caught.value)


@pytest.mark.parametrize("samples", [30_000_000, 88_000_000])
def test_a_small_clip_cannot_take_gigabytes(host: Host, samples: int) -> None:
    body = hostile_index(samples)
    assert len(body) < 3000
    url = host.lend(body)
    script = f"""
import re, resource
from pathlib import Path
from airflow_provider_faceswap.exceptions import InputError
from airflow_provider_faceswap.media import grab_frame, measure_duration
from tests.storage.settings import settings

for read in (measure_duration, grab_frame):
    try:
        read({url!r}, settings({host.url!r}))
    except InputError:
        pass
# Not ru_maxrss: it carries over from the process that started this one.
own = int(re.search("VmHWM: *([0-9]+)", Path("/proc/self/status").read_text().replace(chr(9), " "))[1])
print([own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=os.getcwd())
    parent, child = json.loads(done.stdout.splitlines()[-1])
    assert parent < 300 * 1024 and 0 < child < 1100 * 1024


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (av.error.MemoryError(errno.ENOMEM, ""), "reading the file takes more than 1 GB of memory"),
        (MemoryError(), "reading the file takes more than 1 GB of memory"),
        (ImportError("no libx\n"), "PyAV cannot be imported: no libx\\n"),
    ],
)
def test_the_child_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch, error: Exception, said: str) -> None:
    monkeypatch.setattr(av, "open", Mock(side_effect=error))
    answer = main._do("duration", demuxer="mov")
    assert process.Answer.model_validate(answer).problem == said


def test_the_child_gets_no_secret_no_file_and_little_of_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(child: psutil.Process) -> Any:
        files = os.listdir(f"/proc/{child.pid}/fd")
        most = {name: child.rlimit(name)[1] for name in expected}
        return set(child.environ()), len(files), os.getsid(child.pid) == child.pid, most

    expected = {resource.RLIMIT_AS: 1024**3, resource.RLIMIT_FSIZE: 0, resource.RLIMIT_NOFILE: 32}
    monkeypatch.setenv("AIRFLOW_CONN_AIFACESWAP_DEFAULT", "secret")
    ours = os.open(os.devnull, os.O_RDONLY)
    os.set_inheritable(ours, True)
    lent = Lent(look)
    try:
        refused(lent)
    finally:
        os.close(ours)
    names, files, leads_session, most = lent.seen
    assert names <= {"LD_LIBRARY_PATH", "LC_CTYPE"}
    assert files == 3 and leads_session
    assert most == expected


def test_the_child_imports_no_airflow_and_no_http_client() -> None:
    heavy = {"numpy", "aiohttp", "httpx", "airflow", "pydantic", process.__name__}
    code = (
        "import sys; from airflow_provider_faceswap.media.child import clips, main, pictures; "
        f"print({heavy} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("set()\n", "")


def test_what_ends_the_task_ends_the_child() -> None:
    class Timeout(BaseException):
        """As Airflow's own is."""

    def look(child: psutil.Process) -> None:
        raise Timeout

    with pytest.raises(Timeout):
        refused(Lent(look))


def test_the_child_ends_with_its_parent(tmp_path: Path) -> None:
    script = """
import psutil, sys, threading
from airflow_provider_faceswap.media import process

class Lent:
    total = 100

    def read_at(self, offset, size):
        print(psutil.Process().children()[0].pid, flush=True)
        threading.Event().wait()

process.decode(Lent(), "duration", demuxer="mov")
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        assert psutil.wait_procs([child], timeout=30)[0]


@pytest.mark.parametrize("start", ["time.sleep(600)", "out.write(b'a'); out.flush(); time.sleep(600)"])
def test_a_child_that_takes_too_long_is_killed(monkeypatch: pytest.MonkeyPatch, start: str) -> None:
    monkeypatch.setattr(process, "_START", SEND + start)
    monkeypatch.setattr(limits, "MAX_SECONDS", 0.5)
    assert refused(Lent()) == "reading the file takes longer than 0.5 s"


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGXCPU])
def test_a_child_that_dies_is_explained(monkeypatch: pytest.MonkeyPatch, host: Host, number: int) -> None:
    monkeypatch.setattr(process, "_START", f"import os; os.kill(os.getpid(), {int(number)})")
    said = "takes longer" if number == signal.SIGXCPU else f"ended with code -{int(number)}"
    with pytest.raises(InputError, match=f"^duration: .*{said}.*; give duration= in seconds$"):
        measure_duration(host.lend(hostile_index(1)), settings(host.url))


@pytest.mark.parametrize(
    "answer",
    [
        "{'seconds': float('nan')}",
        "{'seconds': -1}",
        "{'seconds': '2'}",
        "{'seconds': 2, 'more': 1}",
        "{'problem': 'two\\nlines'}",
        "{'problem': 'x' * 301}",
        "{'problem': 'wrong', 'field': 'source_video'}",
        "{'pictures': ['/9j/']}",
        "[]",
        "'x' * 5000",
    ],
)
def test_an_answer_is_not_trusted(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr(process, "_START", ANSWER.format(answer))
    assert refused(Lent()) == "the file was decoded to something that makes no sense"


@pytest.mark.parametrize("pictures", ["[]", "['/9j/', '/9j/']", "['iVBORw0KGgo=']", "['/9j/!']", "[7]"])
def test_pictures_are_not_trusted(monkeypatch: pytest.MonkeyPatch, pictures: str) -> None:
    monkeypatch.setattr(process, "_START", ANSWER.format(f"{{'pictures': {pictures}}}"))
    assert refused(Lent(), pictures=1) == "the file was decoded to something that makes no sense"


@pytest.mark.parametrize("request_", ["b'r', 0, 2**20 + 1", "b'x', 0, 1", "b'a', 0, 2**32 - 1"])
def test_requests_are_bounded(monkeypatch: pytest.MonkeyPatch, request_: str) -> None:
    monkeypatch.setattr(process, "_START", SEND + f"out.write(struct.pack('>cQI', {request_}))")
    lent = Lent(lambda child: True)
    assert refused(lent) == "the file was decoded to something that makes no sense"
    assert lent.seen is None


def test_what_an_answer_says_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_START", ANSWER.format("{'seconds': 2}"))
    assert process.decode(Lent(), "duration").seconds == 2
    monkeypatch.setattr(process, "_START", ANSWER.format("{'problem': 'is wrong', 'field': 'at'}"))
    assert refused(Lent()) == "is wrong"
