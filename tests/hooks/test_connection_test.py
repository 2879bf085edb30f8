"""The test of a connection: it costs nothing, and says who accepted what, or what to change."""

from __future__ import annotations

import json
import logging
import socket
import ssl
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from airflow_provider_faceswap.hooks import hook_for
from airflow_provider_faceswap.hooks.base import SwapHook
from airflow_provider_faceswap.hooks.no_connection import no_connection

KEY = "sbx-3f9c1e7a"
UNKNOWN_ID = {"status": "failed", "message": "Request not found"}
PAGE = httpx.Response(200, html="<!doctype html><html><title>Welcome</title></html>")
HERE = "https://gateway.example.com"
CHECK = f"the call went to {HERE}: check the connection's host (Base URL)"
NOT_TESTED = "The API key could not be tested: "

Connect = Callable[..., SwapHook]


class Vendor:
    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return (
            self.answer if isinstance(self.answer, httpx.Response) else httpx.Response(200, json=self.answer)
        )


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    def define(vendor: str, answer: Any, **fields: Any) -> SwapHook:
        conn = {"conn_type": vendor, "password": KEY, **fields}
        monkeypatch.setenv("AIRFLOW_CONN_AXBYCZ", json.dumps(conn))
        hook = hook_for(vendor, "aXbYcZ")
        hook._transport = httpx.MockTransport(answer)
        return hook

    return define


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def not_trusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError()
    error.verify_message = "self-signed certificate"
    return error


@pytest.mark.parametrize(
    ("vendor", "answer", "fields", "said"),
    [
        ("modelslab", UNKNOWN_ID, {}, "ModelsLab accepts the API key"),
        ("modelslab", UNKNOWN_ID, {"host": HERE}, f"ModelsLab at {HERE} accepts the API key"),
        ("segmind", {"credits": 12.5}, {}, "Segmind accepts the API key; 12.5 credits left"),
        (
            "segmind",
            {"credits": 0.0, "free-credits": 0.25},
            {},
            "Segmind accepts the API key; 0.25 credits left",
        ),
        ("segmind", {"credits": 1e6}, {}, "Segmind accepts the API key; 1,000,000 credits left"),
        ("segmind", {"credits": 0}, {}, "Segmind accepts the API key; no credits left: add some"),
        ("segmind", {"credits": None}, {}, "Segmind accepts the API key"),
    ],
)
def test_a_right_key_is_reported_with_what_is_left(
    connect: Connect, vendor: str, answer: Any, fields: dict[str, Any], said: str
) -> None:
    assert connect(vendor, Vendor(answer), **fields).test_connection() == (True, said)


def test_the_sentence_of_a_success_is_logged_for_the_command_line(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        _, said = connect("segmind", Vendor({"credits": 3})).test_connection()
    assert [record.getMessage() for record in caplog.records] == [said]


@pytest.mark.parametrize(
    ("vendor", "status", "body", "said"),
    [
        (
            "modelslab",
            200,
            {"status": "error", "message": "Invalid API key"},
            "ModelsLab refused the API key: Invalid API key; correct the API key in the connection's "
            "password",
        ),
        (
            "segmind",
            401,
            {"error": "Unauthorized. API key is invalid"},
            "Segmind refused the API key: HTTP 401: error: Unauthorized. API key is invalid; correct the "
            "API key in the connection's password",
        ),
    ],
)
def test_a_wrong_key_is_said_in_the_vendors_words(
    connect: Connect, vendor: str, status: int, body: Any, said: str
) -> None:
    hook = connect(vendor, Vendor(httpx.Response(status, json=body)))
    assert hook.test_connection() == (False, said)


@pytest.mark.parametrize(
    ("vendor", "answer", "said"),
    [
        (
            "modelslab",
            httpx.Response(404, json={"status": "error", "message": "The requested endpoint does not exist"}),
            f"{NOT_TESTED}The requested endpoint does not exist; {CHECK}",
        ),
        ("modelslab", {"hello": "world"}, f"{NOT_TESTED}this is not an answer of ModelsLab; {CHECK}"),
        (
            "modelslab",
            PAGE,
            f"{NOT_TESTED}this is not an answer of ModelsLab: HTTP 200: an HTML page; {CHECK}",
        ),
        (
            "segmind",
            PAGE,
            f"{NOT_TESTED}Segmind did not say which credits are left: HTTP 200: an HTML page; {CHECK}",
        ),
    ],
)
def test_an_answer_of_another_server_does_not_pass_for_the_vendors(
    connect: Connect, vendor: str, answer: Any, said: str
) -> None:
    assert connect(vendor, Vendor(answer), host=HERE).test_connection() == (False, said)


def test_the_vendors_own_address_is_not_called_in_question(connect: Connect) -> None:
    _, said = connect("segmind", Vendor(httpx.Response(503, json={"error": "down"}))).test_connection()
    assert "503" in said and "Base URL" not in said


@pytest.mark.parametrize("vendor", ["modelslab", "segmind", "aifaceswap"])
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            httpx.ConnectError("x"),
            "(ConnectError); check the connection's host (Base URL) and proxy",
        ),
        (
            caused(httpx.ConnectError("x"), socket.gaierror(-2, "x")),
            "(ConnectError): no such host name; check the connection's host (Base URL) and proxy",
        ),
        (
            caused(httpx.ConnectError("x"), not_trusted()),
            "(ConnectError): its TLS certificate is not accepted (self-signed certificate); check the "
            "connection's host (Base URL), or give your CA bundle as verify",
        ),
    ],
)
def test_a_vendor_that_cannot_be_reached(connect: Connect, vendor: str, error: Exception, said: str) -> None:
    works, found = connect(vendor, Vendor(error)).test_connection()
    assert not works
    assert found.startswith(f"{NOT_TESTED}no connection to ") and found.endswith(f" {said}")
    assert KEY not in found


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (httpx.ConnectError("x"), "(ConnectError);"),
        (httpx.ProxyError("407 Go away"), "(ProxyError): the proxy answered HTTP 407;"),
        (httpx.ProxyError("x"), "(ProxyError);"),
    ],
)
def test_the_proxy_is_named_without_its_password(connect: Connect, error: Exception, cause: str) -> None:
    hook = connect("modelslab", Vendor({}), extra={"proxy": "http://user:pa55w0rd@proxy.example.com:3128"})
    assert no_connection(error, hook.settings) == (
        f"no connection to modelslab.com through the proxy proxy.example.com:3128 {cause} "
        "check the connection's host (Base URL) and proxy"
    )


@pytest.mark.parametrize("vendor", ["modelslab", "segmind", "aifaceswap"])
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"password": ""}, "The API key is missing; enter it as API key (the connection's password)"),
        (
            {"password": "***"},
            "The API key is ***, which Airflow shows instead of a key; enter the key itself",
        ),
        ({"host": "ftp://x"}, "Host (Base URL) must be an http(s) URL such as https://example.com, or empty"),
        ({"extra": {"timeout": "soon"}}, "Extra timeout must be a number of seconds above 0, at most 600"),
        ({"extra": {"proxy": "***"}}, "Extra proxy is ***, a mask; enter the value itself"),
        ({"extra": {"proxy": "proxy"}}, "Extra proxy must be a URL such as http://proxy.example.com:3128"),
    ],
)
def test_a_setting_that_is_wrong_is_named_and_nothing_is_sent(
    connect: Connect, vendor: str, fields: dict[str, Any], said: str
) -> None:
    answer = Vendor(UNKNOWN_ID)
    # Airflow tests a copy under an id that it makes up: the sentence does not name it.
    assert connect(vendor, answer, **fields).test_connection() == (False, said)
    assert not answer.requests


def test_where_every_call_is_billed_only_the_way_to_the_vendor_is_tested(connect: Connect) -> None:
    vendor = Vendor(httpx.Response(404))
    works, said = connect("aifaceswap", vendor).test_connection()
    assert not works, "Airflow's command line shows the text of a failure alone"
    assert said == (
        "The API key was not tested, as aifaceswap.io has no free call for it; the settings are complete and "
        "https://aifaceswap.io answers, so the first task will show"
    )
    (request,) = vendor.requests
    assert (request.method, str(request.url)) == ("HEAD", "https://aifaceswap.io")
    assert "Authorization" not in request.headers and KEY not in str(request.headers)
