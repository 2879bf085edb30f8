"""The list that every try of a task works on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_faceswap.batch.items import frozen
from airflow_provider_faceswap.batch.items.frozen import freeze, thaw
from airflow_provider_faceswap.batch.items.rows import Row
from airflow_provider_faceswap.exceptions import FaceSwapError, InputError, JournalError, NotSentError
from airflow_provider_faceswap.storage.places import LocalPlace, Place, open_place
from tests.batch.conftest import Inputs
from tests.batch.items.listing import CLIP, FACE, LINK, ONE, rows

NAME = "items-0.jsonl"
ROWS = rows(
    [{**ONE, "output_name": "ä", "consent_reference": "one\n\u2028two"}, ONE, ONE],
    operation="single_video_swap",
)


@pytest.fixture
def place(inputs: Inputs) -> Place:
    return open_place(f"{inputs.url}/_faceswap/batches/x", AssertionError)


def test_a_frozen_list_is_what_is_thawed(place: Place) -> None:
    assert thaw(place, NAME) is None
    assert freeze(place, NAME, ROWS) == ROWS
    assert thaw(place, NAME) == ROWS
    lines = place.read(NAME, 1 << 20).decode("ascii").splitlines()
    head = json.loads(lines[0])
    assert (head["schema_version"], head["count"], len(lines)) == (1, 3, 4)
    assert json.loads(lines[1])["fields"] == ONE


def test_values_survive(place: Place) -> None:
    fields = {"source_image": LINK, "face_image": (FACE, LINK), "index": (0, 1)}
    fitted = rows([fields], "aifaceswap", "multi_faceswap")
    assert freeze(place, NAME, fitted) == thaw(place, NAME) == fitted
    odd = [Row(0, "k-1", "e", {"a": [1, 2.0, -1e300, 10**40, True, None, "😀"]}, {}, version="v")]
    freeze(place, "odd", odd)
    found: Any = thaw(place, "odd")
    assert found == odd and [type(value) for value in found[0].fields["a"]][:2] == [int, float]


def test_an_empty_list_is_kept_too(place: Place) -> None:
    assert freeze(place, NAME, []) == [] and thaw(place, NAME) == []


def test_another_try_uses_the_list_of_the_first(place: Place) -> None:
    freeze(place, NAME, ROWS)
    assert freeze(place, NAME, ROWS[:1]) == ROWS
    assert thaw(place, NAME) == ROWS


def cut_a_line(content: bytes) -> bytes:
    return content.rstrip(b"\n").rpartition(b"\n")[0] + b"\n"


def swap_lines(content: bytes) -> bytes:
    head, *lines = content.splitlines(keepends=True)
    return head + b"".join(reversed(lines))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (cut_a_line, "it was edited or cut"),
        (swap_lines, "it was edited or cut"),
        (lambda content: content[:-1], "it was edited or cut"),
        (lambda content: content + b"\n", "it was edited or cut"),
        (lambda content: content.replace(b"a.mp4", b"b.mp4", 1), "it was edited or cut"),
        (lambda content: content.replace(b'"count":3', b'"count":2', 1), "it holds 3 rows instead of 2"),
        (
            lambda content: content.replace(b'_version":1', b'_version":2', 1),
            "another version of this provider",
        ),
        (lambda content: content.partition(b"\n")[2], "its first line is not that of a list"),
        (lambda content: b"", "its first line is not that of a list"),
        (lambda content: b"[" * 100_000, "its first line is not that of a list"),
    ],
)
def test_a_list_that_was_edited_is_not_used(
    place: Place, damage: Callable[[bytes], bytes], words: str
) -> None:
    freeze(place, NAME, ROWS)
    place.write(NAME, damage(place.read(NAME, 1 << 20)))
    for look in (lambda: thaw(place, NAME), lambda: freeze(place, NAME, ROWS)):
        with pytest.raises(JournalError) as caught:
            look()
        text = str(caught.value)
        assert text.startswith(f"the batch's list {NAME} below output_path cannot be used: {words}")
        assert CLIP not in text and "clear the task" in text


def test_a_list_that_could_not_be_read_again_is_not_written(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frozen, "_MAX_BYTES", 400)
    with pytest.raises(InputError, match="makes a list of over 200 bytes; split it"):
        freeze(place, NAME, ROWS)
    assert thaw(place, NAME) is None


class Broken(LocalPlace):
    """Raises what a store raises."""

    error: Exception = TimeoutError("late")

    def read(self, name: str, most: int) -> bytes:
        raise self.error

    def create(self, name: str, content: bytes) -> bool:
        raise self.error


@pytest.mark.parametrize(
    ("error", "kind"), [(TimeoutError("late"), NotSentError), (PermissionError("no"), InputError)]
)
def test_a_store_that_fails_is_one_of_the_familys_errors(
    tmp_path: Path, error: Exception, kind: type[FaceSwapError]
) -> None:
    broken = Broken(tmp_path)
    broken.error = error
    for act, done in ((lambda: thaw(broken, NAME), "read"), (lambda: freeze(broken, NAME, ROWS), "written")):
        with pytest.raises(kind, match=f"^output_path: {NAME} cannot be {done}"):
            act()


class Vanishing(LocalPlace):
    """Another try's file is there, and then it is not."""

    def create(self, name: str, content: bytes) -> bool:
        return False


def test_a_list_that_vanishes_is_frozen_by_the_next_try(tmp_path: Path) -> None:
    with pytest.raises(NotSentError, match="is gone again"):
        freeze(Vanishing(tmp_path), NAME, ROWS)


@given(content=st.binary() | st.text().map(str.encode))
def test_whatever_a_file_holds_it_is_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = LocalPlace(tmp_path_factory.getbasetemp())
    folder.write(NAME, content)
    with pytest.raises(JournalError):
        thaw(folder, NAME)
