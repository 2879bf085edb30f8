from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_faceswap.callbacks.config import CallbackSettings
from airflow_provider_faceswap.callbacks.tokens import RETENTION_DAYS, callback_url, mint, verify
from airflow_provider_faceswap.exceptions import TokenError

SECRETS = ("n" * 32, "o" * 32)
NOW = 1_800_000_000.0
DAY = 86400.0
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."

secrets = st.text(min_size=32, max_size=64)
vendors = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,31}", fullmatch=True)


@given(vendor=vendors, secret=secrets, expiry=st.floats(1, 1e11))
def test_a_token_is_verified_from_its_text_and_the_secret_alone(
    vendor: str, secret: str, expiry: float
) -> None:
    token = mint(vendor, [secret], expiry)
    assert verify(token.text, vendor, [secret], now=expiry) == token
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", token.nonce)
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", token.text), "it goes into a URL as it is"


TOKEN = mint("aifaceswap", SECRETS, NOW).text


@given(data=st.data())
def test_no_other_text_is_a_token(data: st.DataObject) -> None:
    text = TOKEN
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(ALPHABET).filter(lambda char: char != text[at]))
    for forged in (
        text[:at] + other + text[at + 1 :],
        text[:at] + text[at + 1 :],
        text[:at] + other + text[at:],
    ):
        with pytest.raises(TokenError):
            verify(forged, "aifaceswap", SECRETS, NOW)


@given(text=st.one_of(st.text(), st.from_regex(r"1\.[a-z]+\.[\w-]{22}\.\d{10}\.[\w-]{43}", fullmatch=True)))
def test_any_other_text_is_refused_and_nothing_worse(text: str) -> None:
    with pytest.raises(TokenError):
        verify(text, "aifaceswap", SECRETS, NOW)


@pytest.mark.parametrize("end", ["\n", " ", "=", "%0A", "\x00", "/", "é"])
def test_nothing_may_follow(end: str) -> None:
    with pytest.raises(TokenError):
        verify(mint("aifaceswap", SECRETS, NOW).text + end, "aifaceswap", SECRETS, NOW)


def test_digits_of_other_scripts_are_none() -> None:
    text = mint("aifaceswap", SECRETS, NOW).text
    with pytest.raises(TokenError):
        verify(text.replace("1800000000", "١٨٠٠٠٠٠٠٠٠"), "aifaceswap", SECRETS, NOW)


def test_a_token_of_one_vendor_is_none_of_another() -> None:
    with pytest.raises(TokenError):
        verify(mint("aifaceswap", SECRETS, NOW).text, "modelslab", SECRETS, NOW)


def test_nonces_do_not_repeat() -> None:
    assert len({mint("aifaceswap", SECRETS, NOW).nonce for _ in range(1000)}) == 1000


def test_the_first_secret_signs_and_all_verify() -> None:
    before = mint("aifaceswap", [SECRETS[1]], NOW)
    after = mint("aifaceswap", SECRETS, NOW)
    assert verify(before.text, "aifaceswap", SECRETS, NOW) == before
    assert verify(after.text, "aifaceswap", [SECRETS[0]], NOW) == after
    with pytest.raises(TokenError):
        verify(before.text, "aifaceswap", [SECRETS[0]], NOW)


def test_a_late_token_is_flagged_and_a_very_late_one_refused() -> None:
    token = mint("aifaceswap", SECRETS, NOW)
    assert not verify(token.text, "aifaceswap", SECRETS, NOW).expired
    assert verify(token.text, "aifaceswap", SECRETS, NOW + 1).expired
    assert verify(token.text, "aifaceswap", SECRETS, NOW + RETENTION_DAYS * DAY).expired
    with pytest.raises(TokenError):
        verify(token.text, "aifaceswap", SECRETS, NOW + RETENTION_DAYS * DAY + 1)


def test_its_text_is_not_shown() -> None:
    token = mint("aifaceswap", SECRETS, NOW)
    assert token.text not in repr(token)


@pytest.mark.parametrize(("vendor", "expiry"), [("", NOW), ("A B", NOW), ("a/b", NOW), ("a", 0), ("a", 1e13)])
def test_what_could_not_be_verified_is_not_minted(vendor: str, expiry: float) -> None:
    with pytest.raises(ValueError):
        mint(vendor, SECRETS, expiry)


def test_the_url_is_the_one_that_the_documents_name() -> None:
    token = mint("aifaceswap", SECRETS, NOW)
    settings = CallbackSettings("https://airflow.example.com/base", SECRETS, "file:///inbox")
    assert callback_url(settings, token) == (
        f"https://airflow.example.com/base/faceswap/callbacks/aifaceswap/{token.text}"
    )
