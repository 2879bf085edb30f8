"""Which operation an item is for, and what is said where none fits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.batch.items.listing import CLIP, FACE, faults


@pytest.mark.parametrize(
    ("raw", "common", "lines"),
    [
        (
            {"targt": CLIP},
            {"face": FACE},
            [
                "row 0, target: is required; give a URL or a path",
                "row 0, targt: is not known: give face, target, reference or an option of ModelsLab",
            ],
        ),
        (
            {"init_video": CLIP},
            {"face": FACE},
            [
                "row 0, target: is required; give a URL or a path",
                "row 0, init_video: is a name of ModelsLab: give it as target, or set operation",
            ],
        ),
        (
            {"target": CLIP},
            {"fase": FACE},
            [
                "common, fase: is not known: give face, target, reference or an option of ModelsLab",
                "row 0, face: is required; give a URL or a path",
            ],
        ),
    ],
)
def test_a_misspelt_name_is_named(raw: dict[str, Any], common: dict[str, Any], lines: list[str]) -> None:
    assert faults([raw], common=common) == lines
