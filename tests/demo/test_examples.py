"""The demo's copies of the example Dags."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.examples import EXAMPLE_DAGS, copy_examples

ORIGIN = "http://127.0.0.1:4711"
EXAMPLES = sorted(path.name for path in EXAMPLE_DAGS.glob("*.py"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_copy_points_at_this_sandbox_and_folder_and_differs_in_nothing_else(
    name: str, tmp_path: Path
) -> None:
    copy_examples(tmp_path / "dags", ORIGIN, tmp_path / "results")
    original, copy = (EXAMPLE_DAGS / name).read_text(), (tmp_path / "dags" / name).read_text()
    output = f"file://{tmp_path}/results/{name.removesuffix('.py')}"

    assert copy.count(ORIGIN) == 1
    assert copy.count(output) == 1
    assert copy.replace(ORIGIN, "http://127.0.0.1:8765").replace(output, "file:///tmp/faceswap") == original


def test_every_example_is_copied(tmp_path: Path) -> None:
    copy_examples(tmp_path / "dags", ORIGIN, tmp_path / "results")

    assert sorted(path.name for path in (tmp_path / "dags").iterdir()) == EXAMPLES != []
