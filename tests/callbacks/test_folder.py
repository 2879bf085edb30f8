from __future__ import annotations

from pathlib import Path

import pytest

from airflow_provider_faceswap.callbacks.folder import MAX_BYTES, LocalFolder, StoredFolder, open_folder
from airflow_provider_faceswap.exceptions import SettingsError
from tests.buckets import S3


@pytest.fixture(params=["file", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "file":
        return f"file://{tmp_path}/inbox"
    return f"{request.getfixturevalue('s3').url}/{tmp_path.name}/inbox"


def test_each_store_has_its_kind_of_folder(url: str) -> None:
    assert type(open_folder(url)) is (LocalFolder if url.startswith("file") else StoredFolder)


def test_a_file_that_is_empty_or_too_large_is_left_out(url: str) -> None:
    folder = open_folder(url)
    folder.write("a", "largest", b"x" * MAX_BYTES)
    folder.write("a", "larger", b"x" * (MAX_BYTES + 1))
    folder.write("a", "small", b"x")
    folder.write("a", "empty", b"")
    found = folder.read("a", ["largest", "larger", "small", "empty", "missing"])
    assert {name: len(content) for name, content in found.items()} == {"largest": MAX_BYTES, "small": 1}
    assert set(folder.files("a")) == {"largest", "larger", "small", "empty"}, "it can still be swept"


def test_nothing_asked_is_nothing_read(url: str) -> None:
    assert open_folder(url).read("a", []) == {}


def test_the_connection_is_looked_up_first(s3: S3) -> None:
    with pytest.raises(SettingsError, match=r"^\[faceswap\] inbox names the connection 'nowhere', which"):
        open_folder("s3://nowhere@bucket/inbox")


def test_a_scheme_that_nothing_serves_is_named() -> None:
    with pytest.raises(SettingsError, match=r"^\[faceswap\] inbox .*no filesystem serves it"):
        open_folder("gopher://bucket/inbox")
