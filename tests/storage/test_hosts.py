from __future__ import annotations

from contextlib import closing

import pytest

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage.hosts import HostRules
from airflow_provider_faceswap.storage.lines import AddressRefusedError, Line

OWN = ("http", "127.0.0.1", 8765)
RULES = HostRules(OWN, allow_private=False)


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("http://127.0.0.1:8765/a?b=c", True),
        ("HTTP://127.0.0.1:8765/a", True),
        ("https://cdn.example.com/a", False),
        ("https://127.0.0.1:8765/a", False),
        ("http://127.0.0.1:8766/a", False),
        ("http://127.0.0.1/a", False),
        ("http://localhost:8765/a", False),
        ("http://[::1]:8765/a", False),
        ("https://cdn.example.com./a", False),
        ("http://127.0.0.1.:8765/a", False),
    ],
)
def test_only_the_exact_origin_is_the_connections_own(url: str, own: bool) -> None:
    assert RULES.check(url).own is own


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8765@evil.example.com/",
        "https://127.0.0.1:8765@evil.example.com/",
        "https://user@cdn.example.com/",
        "https://user:s3cr3t@cdn.example.com/",
        "http://127.0.0.1:8765\\@evil.example.com/",
        "http://evil.example.com\\@127.0.0.1:8765/",
        "http://127.0.0.1:0/",
        "https://cdn.example.com:0/",
        "https://cdn.example.com:99999/",
        "https://cdn.example.com:port/",
        "https:///path",
        "https://",
        "//cdn.example.com/a",
        "file:///etc/passwd",
        "ftp://cdn.example.com/a",
        "data:text/plain,a",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://cdn.example.com/a b",
        "https://cdn.example.com/a\r\nHost: x",
        "https://cdn.exa\tmple.com/",
        "https://cdn.example.com/\udcff",
        "https://cdn.example.com/" + "a" * 9000,
        "http://cdn.example.com/secret",
        "http://2130706433/secret",
        "http://0177.0.0.1/secret",
        "http://0x7f000001/secret",
        "http://127.1/secret",
        "",
    ],
)
def test_a_url_that_is_refused_without_a_look_at_its_address(url: str) -> None:
    with pytest.raises(ResultError) as caught:
        RULES.check(url)
    assert "secret" not in str(caught.value) and "s3cr3t" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.mark.parametrize(
    "host", ["2130706433", "0177.0.0.1", "0x7f000001", "127.1", "0", "[::ffff:7f00:1]", "[::]"]
)
def test_every_way_to_write_loopback_leads_to_an_address_that_is_refused(host: str) -> None:
    link = RULES.check(f"https://{host}/")
    assert not link.own
    with closing(Line(RULES)) as line, pytest.raises(AddressRefusedError, match="not a public address"):
        line.connect(link.url.raw_host or "", 443, seconds=5, pause=5)


def test_what_is_connected_to_is_what_was_checked() -> None:
    link = RULES.check("https://cdn.example.com/a%2Bb/%7E?sig=%7E%2F+%26")
    assert str(link.url) == "https://cdn.example.com/a%2Bb/%7E?sig=%7E%2F+%26", (
        "a signature is over the text as it is"
    )


def test_plain_http_to_another_host_needs_leave() -> None:
    with pytest.raises(ResultError, match=r"plain http from cdn\.example\.com; .*allow_private_hosts"):
        RULES.check("http://cdn.example.com/a?token=x")
    assert not HostRules(OWN, allow_private=True).check("http://cdn.example.com/a").own


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("/there", "https://cdn.example.com/there"),
        ("there?x=1", "https://cdn.example.com/a/there?x=1"),
        ("//other.example.com/x", "https://other.example.com/x"),
    ],
)
def test_a_redirect_leads_where_a_browser_would_go(location: str, leads_to: str) -> None:
    assert str(RULES.follow(RULES.check("https://cdn.example.com/a/b"), location).url) == leads_to


@pytest.mark.parametrize(
    "location",
    [
        "",
        "http://cdn.example.com/a",
        "file:///etc/passwd",
        "//[",
        "http://a@127.0.0.1:8765/",
        "https://\udcff/",
    ],
)
def test_a_redirect_that_is_not_followed_says_from_where(location: str) -> None:
    with pytest.raises(ResultError, match=r"redirect.* from cdn\.example\.com"):
        RULES.follow(RULES.check("https://cdn.example.com/secret"), location)
