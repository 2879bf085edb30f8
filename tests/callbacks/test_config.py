from __future__ import annotations

from collections.abc import Iterator

import pytest

from airflow_provider_faceswap.callbacks import config
from airflow_provider_faceswap.callbacks.config import CallbackSettings, callback_settings
from airflow_provider_faceswap.exceptions import SettingsError


def option(name: str) -> str:
    return f"AIRFLOW__FACESWAP__{name.upper()}"


def test_all_three_are_read(configured: CallbackSettings) -> None:
    assert callback_settings() == configured


@pytest.mark.parametrize("name", ["callback_base_url", "callback_secret", "inbox"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_what_is_missing_is_named(
    configured: CallbackSettings, monkeypatch: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    monkeypatch.delenv(option(name)) if value is None else monkeypatch.setenv(option(name), value)
    with pytest.raises(SettingsError, match=rf"\[faceswap\] {name} is not set: set it to"):
        callback_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("callback_base_url", "airflow.example.com"),
        ("callback_base_url", "ftp://airflow.example.com"),
        ("callback_base_url", "https://user:pass@airflow.example.com"),
        ("callback_base_url", "https://:too short@airflow.example.com"),
        ("callback_base_url", "https://@airflow.example.com"),
        ("callback_base_url", "https://a\\@airflow.example.com"),
        ("callback_base_url", "https://{{host}}"),
        ("callback_base_url", "https://airflow.example.com/?a=b"),
        ("callback_base_url", "https://airflow.example.com:port"),
        ("callback_base_url", "https://{{ var.value.host }}"),
        ("callback_secret", "too short"),
        ("callback_secret", "s" * 32 + ", too short"),
        ("callback_secret", ","),
        ("inbox", "/data/inbox"),
        ("inbox", "file://data/inbox"),
        ("inbox", "file:///data/../inbox"),
        ("inbox", "s3://"),
        ("inbox", "s3://bucket/*"),
    ],
)
def test_what_cannot_work_is_named_with_a_remedy(
    configured: CallbackSettings, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(option(name), value)
    with pytest.raises(SettingsError, match=rf"\[faceswap\] {name}.* (must|make)") as error:
        callback_settings()
    assert "too short" not in str(error.value)


@pytest.fixture
def another_process() -> Iterator[None]:
    config._warn_of_plain_http.cache_clear()
    yield
    config._warn_of_plain_http.cache_clear()


@pytest.mark.usefixtures("another_process")
def test_plain_http_is_one_warning_in_a_process(
    configured: CallbackSettings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(option("callback_base_url"), "HTTP://airflow.example.com")
    for _ in range(3):
        callback_settings()
    (line,) = caplog.messages
    assert line.startswith("[faceswap] callback_base_url is plain http") and line.endswith("Use https")


@pytest.mark.usefixtures("another_process")
@pytest.mark.parametrize(
    "url", ["https://example.com", "http://localhost:8080", "http://127.0.0.9", "http://[::1]:8080"]
)
def test_https_and_loopback_are_no_warning(
    configured: CallbackSettings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    monkeypatch.setenv(option("callback_base_url"), url)
    assert callback_settings().base_url == url
    assert caplog.messages == []


def test_secrets_rotate(configured: CallbackSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(option("callback_secret"), f" {'n' * 32} ,{'o' * 32},")
    assert callback_settings().secrets == ("n" * 32, "o" * 32)


def test_a_slash_at_the_end_is_none_of_the_url(
    configured: CallbackSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(option("callback_base_url"), "https://airflow.example.com/base/")
    monkeypatch.setenv(option("inbox"), "s3://conn@bucket/inbox/")
    found = callback_settings()
    assert (found.base_url, found.inbox) == ("https://airflow.example.com/base", "s3://conn@bucket/inbox")


def test_the_secret_is_not_shown(configured: CallbackSettings) -> None:
    assert configured.secrets[0] not in repr(callback_settings())
