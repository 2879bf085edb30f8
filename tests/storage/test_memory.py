from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp import web

from tests.storage.conftest import MP4, Cdn

SIZE = 300_000_000

MEASURE = """
import sys
from pathlib import Path
from pydantic import SecretStr
from airflow_provider_faceswap.hooks.settings import Settings
from airflow_provider_faceswap.storage.download import download

def peak():  # of this process alone: ru_maxrss would count what its parent had
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

url, small, target = sys.argv[1:]
settings = Settings(base_url=url.rpartition("/")[0], api_key=SecretStr("k" * 8))
download(small, Path(target), "video", settings)
before = peak()
download(url, Path(target), "video", settings)
print(Path(target).stat().st_size, peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak where Linux shows it")
def test_memory_stays_flat(cdn: Cdn, tmp_path: Path) -> None:
    piece = (MP4 * 3)[: 1024 * 1024]

    async def large(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = SIZE
        await response.prepare(request)
        left = SIZE
        while left:
            part = piece[:left]
            left -= len(part)
            await response.write(part)
        return response

    urls = [cdn.on("/large", large), cdn.give("/small")]
    command = [sys.executable, "-W", "error::ResourceWarning", "-c", MEASURE, *urls, str(tmp_path / "file")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    size, grown = map(int, done.stdout.split())
    assert size == SIZE
    assert grown < 16 * 1024, f"{grown} KB more for {SIZE // 10**6} MB"
