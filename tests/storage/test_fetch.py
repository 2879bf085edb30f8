from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage.hosts import HostRules
from airflow_provider_faceswap.storage.part import NotYetError, Part
from airflow_provider_faceswap.storage.transfer import fetch
from tests.storage.conftest import MP4, Cdn
from tests.storage.settings import settings


class EnoughError(Exception):
    """All that was wanted has come."""


def fetched(cdn: Cdn, part: Part, path: str) -> Any:
    own = settings(cdn.url)
    rules = HostRules(own.origin, allow_private=False)
    return fetch(rules.check(cdn.url + path), part, rules, own)


def test_the_link_that_answered_is_returned(cdn: Cdn, tmp_path: Path) -> None:
    cdn.give("/here", status=302, Location="/there")
    cdn.give("/there", status=307, Location="/result")
    cdn.give("/result")
    link = fetched(cdn, Part(tmp_path / "f", "video", 0), "/here")
    assert str(link.url) == f"{cdn.url}/result" and (tmp_path / "f").read_bytes() == MP4


@pytest.mark.parametrize("error", [EnoughError, NotYetError, ResultError])
def test_an_error_passes_and_the_part_knows_its_link(cdn: Cdn, tmp_path: Path, error: Any) -> None:
    class Stopping(Part):
        def add(self, chunk: bytes, file: Any) -> None:
            raise error("enough")

    cdn.give("/here", status=302, Location="/result")
    cdn.give("/result")
    part = Stopping(tmp_path / "f", "video", 0)
    with pytest.raises(error, match="enough"):
        fetched(cdn, part, "/here")
    assert part.link and str(part.link.url) == f"{cdn.url}/result"


def test_it_does_not_go_round_forever(cdn: Cdn, tmp_path: Path) -> None:
    cdn.give("/here", status=302, Location="/here")
    with pytest.raises(ResultError, match="redirected more than 5 times"):
        fetched(cdn, Part(tmp_path / "f", "video", 0), "/here")
    assert len(cdn.asked) == 6
