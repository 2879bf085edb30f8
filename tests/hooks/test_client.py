from __future__ import annotations

import asyncio
import datetime
import ipaddress
import json
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.modelslab import Fetch
from airflow_provider_faceswap.exceptions import FaceSwapError, PollError, SettingsError
from airflow_provider_faceswap.hooks.modelslab import ModelsLabHook
from airflow_provider_faceswap.hooks.settings import usual_tls

FETCH = Fetch(job_id="278")
REPLY = json.dumps({"status": "processing", "output": ""}).encode()
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")

both = pytest.mark.parametrize("how", ["worker", "triggerer"])


async def send(how: str) -> Job:
    hook = ModelsLabHook()
    return await (hook.asend(FETCH) if how == "triggerer" else asyncio.to_thread(hook.send, FETCH))


class Listener:
    """Answers every request with the same reply, closes, and keeps the request lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.port = 0

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.lines.append(head.split(b"\r\n")[0].decode())
        status = b"502 No" if head.startswith(b"CONNECT") else b"200 OK"
        size = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
        await reader.readexactly(int(size or 0))
        writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(REPLY)))
        writer.write(REPLY)
        await writer.drain()
        writer.close()


@pytest.fixture
async def listen() -> AsyncIterator[Callable[..., Any]]:
    servers = []

    async def start(tls: ssl.SSLContext | None = None) -> Listener:
        listener = Listener()
        server = await asyncio.start_server(listener.connected, "127.0.0.1", 0, ssl=tls)
        servers.append(server)
        listener.port = server.sockets[0].getsockname()[1]
        return listener

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)

    def define(host: str, **extra: Any) -> None:
        conn = {"conn_type": "modelslab", "host": host, "password": "key-1", "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_MODELSLAB_DEFAULT", json.dumps(conn))

    return define


@both
@pytest.mark.parametrize("where", ["HTTP_PROXY", "ALL_PROXY", "extra"])
async def test_calls_go_through_the_proxy(
    listen: Any, connect: Any, monkeypatch: pytest.MonkeyPatch, where: str, how: str
) -> None:
    proxy = await listen()
    url = f"http://127.0.0.1:{proxy.port}"
    if where == "extra":
        connect("http://vendor.invalid", allow_private_hosts=True, proxy=url)
    else:
        connect("http://vendor.invalid", allow_private_hosts=True)
        monkeypatch.setenv(where, url)
    assert (await send(how)).state is JobState.PROCESSING
    assert proxy.lines == ["POST http://vendor.invalid/api/v6/faceswap/fetch/278 HTTP/1.1"]


@both
async def test_calls_over_tls_go_through_the_environments_proxy(
    listen: Any, connect: Any, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    proxy = await listen()
    connect("https://vendor.invalid")
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
    with pytest.raises(PollError):
        await send(how)
    assert proxy.lines == ["CONNECT vendor.invalid:443 HTTP/1.1"]


@both
async def test_no_proxy_is_heeded(
    listen: Any, connect: Any, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    vendor = await listen()
    connect(f"http://127.0.0.1:{vendor.port}")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert (await send(how)).state is JobState.PROCESSING
    assert vendor.lines == ["POST /api/v6/faceswap/fetch/278 HTTP/1.1"]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vendor of the tests")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "vendor.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@both
@pytest.mark.parametrize("verify", [True, False, "path"])
async def test_certificates_are_checked_as_the_connection_says(
    listen: Any, connect: Any, certificate: Path, verify: bool | str, how: str
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    vendor = await listen(tls)
    connect(f"https://127.0.0.1:{vendor.port}", verify=str(certificate) if verify == "path" else verify)
    if verify is True:
        with pytest.raises(PollError):
            await send(how)
        assert not vendor.lines
    else:
        assert (await send(how)).state is JobState.PROCESSING


@pytest.mark.parametrize(
    ("extra", "named"), [({"verify": "/nowhere/ca.pem"}, "verify"), ({"proxy": "no url"}, "proxy")]
)
@both
async def test_an_extra_that_cannot_be_used_is_named(
    connect: Any, extra: dict[str, str], named: str, how: str
) -> None:
    connect("https://vendor.invalid", **extra)
    with pytest.raises(FaceSwapError, match=named) as caught:
        await send(how)
    assert isinstance(caught.value, SettingsError)


def test_certificates_are_loaded_once() -> None:
    assert usual_tls(True) is usual_tls(True)
    assert usual_tls(True) is not usual_tls(False)
