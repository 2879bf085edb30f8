"""The tables of docs/vendors.md, against what the requests declare."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from airflow_provider_faceswap.apis import VENDORS, vendor
from airflow_provider_faceswap.apis.kind import Kind
from airflow_provider_faceswap.apis.media import slots
from airflow_provider_faceswap.apis.request import Submission
from airflow_provider_faceswap.apis.vocabulary import choose, option_names
from airflow_provider_faceswap.exceptions import InputError

TEXT = (Path(__file__).parent.parent / "docs" / "vendors.md").read_text(encoding="utf-8")
TWO = {"face": "https://a.example/f", "target": "https://a.example/t"}
THREE = {**TWO, "reference": "s3://bucket/r.jpg"}
GIVEN: dict[str, tuple[Kind, dict[str, str]]] = {
    "a picture": ("image", TWO),
    "a picture and a reference": ("image", THREE),
    "a clip": ("video", TWO),
    "a clip and a reference": ("video", THREE),
}


def table(*header: str) -> list[list[str]]:
    """Return the rows of the table with this header."""
    _, _, rest = TEXT.partition(f"| {' | '.join(header)} |\n")
    assert rest, f"no table with {header}"
    lines = rest.split("\n\n")[0].splitlines()[1:]
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]


def fields(request: type[Submission], part: str) -> str:
    """Return where a part goes, as ``ref_info[].face_url``."""
    paths = [".".join(slot.path).replace(".*", "[]") for slot in slots(request) if slot.media.part == part]
    return ", ".join(f"`{path}`" for path in paths)


def test_the_vocabulary_is_that_of_the_requests() -> None:
    expected = {}
    for name in VENDORS:
        for request in vendor(name).operations.values():
            if fields(request, "target"):
                options = ", ".join(f"`{option}`" for option in option_names(request))
                parts = [fields(request, part) for part in ("target", "face", "reference")]
                row = [VENDORS[name], f"`{request.operation}`", *parts, options]
                expected[tuple(row[:2])] = row
    assert table("vendor", "operation", "`target`", "`face`", "`reference`", "options") == list(
        expected.values()
    )


@pytest.mark.parametrize("given", GIVEN)
def test_what_is_picked_is_what_the_operator_picks(given: str) -> None:
    def picked(name: str) -> str:
        try:
            choice = choose(vendor(name), *GIVEN[given], {})
        except InputError:
            return ""
        return f"`{vendor(name).submission(choice.endpoint).operation}`"

    rows = {row[0]: row[1:] for row in table("given", *VENDORS.values())}
    assert rows.keys() == GIVEN.keys()
    assert rows[given] == [picked(name) for name in VENDORS]


def test_prices_are_those_of_the_price_list() -> None:
    requests = vendor("aifaceswap").operations
    media = {"source_image": TWO["target"], "face_image": TWO["face"]}
    clip = {"source_video": TWO["target"], "duration": 1}

    def credits(operation: str, **given: object) -> float:
        price = requests[operation].checked(given).price()
        assert price is not None
        return price.amount

    seconds = [credits("video_faceswap", **clip, face_image=TWO["face"], enhance=step) for step in (0, 1, 2)]
    one, several = (
        credits("faceswap", **media),
        credits("multi_faceswap", **{**media, "face_image": [TWO["face"]]}, index=[0]),
    )
    by_second = f"clip {seconds[0]:g}, {seconds[1]:g} or {seconds[2]:g} a second by `enhance`"
    (row,) = [line for line in TEXT.splitlines() if line.startswith("| price | not said |")]
    assert f"picture {one:g}, several faces {several:g}," in row and by_second in row


def test_the_length_of_a_clip_is_that_of_the_requests() -> None:
    assert vendor("modelslab").operations["single_video_swap"].max_clip_seconds == 60
    assert re.search(r"^\| clips \| yes, under one minute \| no \| yes;", TEXT, re.MULTILINE)
