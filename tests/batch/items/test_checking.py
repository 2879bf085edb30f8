"""A row's fields as a vendor's request takes them, whichever vendor it is."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, Field

from airflow_provider_faceswap.batch.items.checking import check_fields, typed
from airflow_provider_faceswap.batch.items.values import Problems
from tests.batch.items.listing import CLIP, FACE
from tests.recipe.apis_acme import Swap


class Place(BaseModel):
    x: float


class Slow(Swap):
    """An operation of a vendor that is not built in."""

    speed: float = 1.0
    title: str = ""
    places: list[Place] = Field([])


def checked(**fields: Any) -> tuple[dict[str, Any], Problems]:
    problems: Problems = []
    return check_fields(Slow, {"face": FACE, "clip": CLIP, **fields}, problems), problems


def test_media_stay_as_given_and_the_rest_is_what_the_request_takes() -> None:
    found, problems = checked(speed="2.50", title=" a ", places=[{"x": 1}])
    assert found == {"face": FACE, "clip": CLIP, "speed": 2.5, "title": "a", "places": [{"x": 1}]}
    assert not problems


@pytest.mark.parametrize("speed", ["inf", "nan"])
def test_a_number_that_json_does_not_have_is_a_fault(speed: str) -> None:
    assert checked(speed=speed)[1] == [("speed", "must be a finite number")]


def test_a_name_within_a_field_is_shown_only_if_it_can_be_one() -> None:
    assert checked(places=[{"x": "https://a.example/?sig=s3cret"}])[1][0][0] == "places.0.x"
    (name, words), *_ = checked(**{"https://a.example/?sig=s3cret": 1})[1]
    assert (name, "s3cret" in words) == ("(a name that is not shown)", False)


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("speed", "2.5", 2.5),
        ("speed", "fast", "fast"),
        ("speed", "NaN", "NaN"),
        ("title", "2.5", "2.5"),
        ("title", "[1]", "[1]"),
        ("places", "[]", []),
        ("unknown", "1", "1"),
    ],
)
def test_a_cell_is_text_or_json_as_its_field_takes_it(name: str, cell: str, value: Any) -> None:
    assert typed(Slow, name, cell) == value


@pytest.mark.parametrize("cell", ["1", "a,b", "[", '{"x": 1}'])
def test_a_cell_that_holds_no_list_is_refused_where_one_is_taken(cell: str) -> None:
    with pytest.raises(ValueError, match="must be a JSON list"):
        typed(Slow, "places", cell)
