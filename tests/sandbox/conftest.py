"""One sandbox for all tests of this folder, reset before each of them."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from airflow_provider_faceswap.sandbox.server import SandboxServer
from airflow_provider_faceswap.sandbox.settings import Settings

from .aifaceswap.client import AIFaceSwapClient
from .modelslab.client import ModelsLabClient
from .receiver import Receiver
from .segmind.client import SegmindClient


@pytest.fixture(scope="session")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Settings(video_seconds=0.2)) as running:
        yield running


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=60, trust_env=False) as client:
        yield client


@pytest.fixture
def client(server: SandboxServer, http: httpx.Client) -> ModelsLabClient:
    one = ModelsLabClient(server, http)
    one.control("reset", {})
    return one


@pytest.fixture
def segmind(client: ModelsLabClient) -> SegmindClient:
    return SegmindClient(client.server, client.http)


@pytest.fixture
def aifaceswap(client: ModelsLabClient) -> AIFaceSwapClient:
    return AIFaceSwapClient(client.server, client.http)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running
