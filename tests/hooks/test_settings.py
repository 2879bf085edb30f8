"""What a connection may say, and what is found out about it before anything is sent."""

from __future__ import annotations

import json
import logging
import os
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import certifi
import httpx
import pytest
from airflow.models.connection import Connection

from airflow_provider_faceswap.exceptions import SettingsError
from airflow_provider_faceswap.hooks import hook_for
from airflow_provider_faceswap.hooks.modelslab import ModelsLabHook
from airflow_provider_faceswap.hooks.settings import usual_tls

KEY = "sbx-3f9c1e7a"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ModelsLabHook]:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)

    def define(conn_id: str = "modelslab_default", **fields: Any) -> ModelsLabHook:
        conn = {"conn_type": "modelslab", "password": KEY, **fields}
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(conn))
        return ModelsLabHook(conn_id)

    return define


def refused(hook: ModelsLabHook) -> str:
    with pytest.raises(SettingsError) as caught:
        hook.check()
    return str(caught.value)


def test_a_connection_that_can_work_passes(connect: Any, tmp_path: Path) -> None:
    connect().check()
    connect(host="http://127.0.0.1:1", extra={"verify": False, "proxy": "http://user:pw@127.0.0.1:2"}).check()


@pytest.mark.parametrize(
    "key", ["two words", "k\u00e9y", "line\nbreak", "tab\tkey", "zero\u200bwidth", "\u2022" * 8, "k" * 513]
)
def test_a_key_that_no_header_takes_is_refused_and_not_shown(connect: Any, key: str) -> None:
    said = refused(connect(password=key))
    assert "API key" in said and "modelslab_default" in said
    assert key not in said and key[:5] not in said


@pytest.mark.parametrize(
    "fields", [{"password": "***"}, {"extra": {"proxy": "http://u:***@proxy.example.com"}}]
)
def test_the_mask_of_a_secret_is_not_taken_for_one(connect: Any, fields: dict[str, Any]) -> None:
    assert "***" in refused(connect(**fields))


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"extra": {"verify": "/nowhere/ca.pem"}}, "extra verify: /nowhere/ca.pem is not a CA bundle"),
        ({"extra": {"proxy": "proxy.example.com"}}, "extra proxy must be a URL such as http://proxy"),
        ({"extra": {"proxy": "http://😇.example.com:3128"}}, "extra proxy cannot be used"),
        ({"host": "https://:pa55w0rd@example.com"}, "host (Base URL) must hold no user, password"),
        ({"host": ":pa55w0rd@example.com"}, "host (Base URL) must hold no user, password"),
        ({"host": "https://@example.com"}, "host (Base URL) must hold no user, password"),
        ({"host": "https://😇.example.com"}, "host (Base URL) must be an http(s) URL"),
        ({"host": "https://xn--a"}, "host (Base URL) must be an http(s) URL"),
        ({"extra": {"timeout": "soon"}}, "extra timeout must be a number of seconds above 0, at most 600"),
        ({"extra": {"requests_per_second": 0}}, "extra requests_per_second must be a number above 0"),
        ({"extra": {"max_connections": 0}}, "extra max_connections must be a whole number from 1 to 1000"),
        ({"extra": {"allow_private_hosts": "perhaps"}}, "extra allow_private_hosts must be true or false"),
        ({"extra": {"namespace": "faces"}}, "extra namespace must be faceswap or deepfake"),
    ],
)
def test_what_is_wrong_is_named_before_anything_is_sent(
    connect: Any, fields: dict[str, Any], named: str
) -> None:
    said = refused(connect(**fields))
    assert said.startswith("connection 'modelslab_default': ") and named in said
    assert "pa55w0rd" not in said and KEY not in said


def test_a_ca_bundle_without_a_certificate_is_found_out(connect: Any, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")
    assert "is not a CA bundle" in refused(connect(extra={"verify": str(tmp_path / "ca.pem")}))


def test_a_ca_bundle_is_read_once_until_it_changes(connect: Any, tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(Path(certifi.where()).read_bytes())
    first = connect(extra={"verify": str(bundle)}).settings.tls
    assert isinstance(first, ssl.SSLContext) and connect(extra={"verify": str(bundle)}).settings.tls is first
    os.utime(bundle, ns=(1, 1))
    assert connect(extra={"verify": str(bundle)}).settings.tls is not first
    assert isinstance(connect(extra={"verify": str(tmp_path)}).settings.tls, ssl.SSLContext)


def test_a_ca_bundle_of_the_environment_that_cannot_be_read_is_found_out(
    connect: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    usual_tls.cache_clear()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nothing.pem"))
    assert "the environment's SSL_CERT_FILE" in refused(connect())
    monkeypatch.delenv("SSL_CERT_FILE")
    connect().check()


def test_a_proxy_of_the_environment_that_cannot_be_used_is_found_out(
    connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://user:pa55w0rd@proxy.example.com")
    said = refused(connect())
    assert "the environment's proxy" in said and "pa55w0rd" not in said


@pytest.mark.parametrize("conn_type", ["http", "aws", "segmind", "generic"])
def test_a_connection_of_another_type_is_refused_before_its_password_is_read(
    monkeypatch: pytest.MonkeyPatch, conn_type: str
) -> None:
    class Guarded:
        conn_id = "other"
        extra_dejson: ClassVar[dict[str, Any]] = {}

        def __init__(self) -> None:
            self.conn_type = conn_type

        @property
        def password(self) -> str:
            raise AssertionError("the password was read")

    monkeypatch.setattr(ModelsLabHook, "get_connection", lambda self, conn_id: Guarded())
    said = refused(ModelsLabHook("other"))
    assert said.startswith(f"connection 'other' is of type {conn_type!r}, not 'modelslab': ")


async def test_a_trigger_refuses_another_type_too(connect: Any) -> None:
    hook = connect(conn_type="http")
    with pytest.raises(SettingsError, match="is of type 'http'"):
        async with hook.connected():
            pass


def test_a_connection_without_a_type_is_taken(connect: Any) -> None:
    assert connect(conn_type="").settings.api_key.get_secret_value() == KEY


def test_a_connection_as_the_ui_and_the_command_line_test_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"status": "error", "message": "Request not found"})

    conn = Connection(
        conn_id="aXbYcZ", conn_type="modelslab", host="", schema="", login="", password=KEY, port=None,
        extra=json.dumps({"timeout": None, "verify": None, "proxy": "", "max_active_jobs": None}),
    )  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_AXBYCZ", conn.as_json())
    hook = ModelsLabHook("aXbYcZ", transport=httpx.MockTransport(answer))
    assert hook.test_connection() == (True, "ModelsLab accepts the API key")
    assert str(seen[0].url).startswith("https://modelslab.com/")


def test_unverified_tls_is_warned_of_once_for_each_connection(
    connect: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for conn_id in ("unverified_1", "unverified_1", "unverified_2"):
            _ = connect(conn_id, extra={"verify": "false"}).settings
        _ = connect("verified", extra={"verify": "true"}).settings
    assert [record.args[0] for record in caplog.records] == [  # type: ignore[index]
        "connection 'unverified_1'", "connection 'unverified_2'",
    ]  # fmt: skip


@pytest.mark.parametrize("provider", ["modelslab", "segmind", "aifaceswap"])
@pytest.mark.parametrize(
    ("given", "limit"),
    [({}, None)] + [({"max_active_jobs": n}, n and int(n)) for n in (None, 1, "15", 10_000)],
)
def test_the_queue_limit_of_the_plan_is_read(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, provider: str, given: Any, limit: Any
) -> None:
    conn = {"conn_type": provider, "password": KEY, "extra": given}
    monkeypatch.setenv("AIRFLOW_CONN_LIMITED", json.dumps(conn))
    assert hook_for(provider, "limited").settings.max_active_jobs == limit
    assert not caplog.records


@pytest.mark.parametrize("given", [0, -5, 10_001, 2.5, "many"])
def test_a_queue_limit_that_cannot_be_one_is_refused(connect: Any, given: Any) -> None:
    assert "extra max_active_jobs must be a whole number from 1 to 10000" in refused(
        connect(extra={"max_active_jobs": given})
    )
