"""The demo's table and contact sheet, from made-up outcomes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest

from demo.contact_sheet import CELL_WIDTH, MARGIN, Cell, Row, write_contact_sheet
from demo.examples import TaskOutcome
from demo.media import MediaError, picture_of
from demo.report import contact_sheet_rows, media_inputs, problems

ORIGIN = "http://127.0.0.1:4711"
JPEG = cv2.imencode(".jpg", np.full((60, 80, 3), 127, np.uint8))[1].tobytes()


def outcome(folder: Path, *, content: bytes = JPEG, state: str = "success") -> TaskOutcome:
    stored = folder / "result.jpg"
    stored.write_bytes(content)
    return TaskOutcome(
        dag_id="swap",
        run_id="manual",
        task_id="swap",
        map_index=2,
        state=state,
        try_number=1,
        duration=1.5,
        rendered_fields={"init_image": f"{ORIGIN}/face.jpg", "conn_id": "modelslab_default"},
        result={"stored": [f"file://{stored}"], "job_id": "27"},
    )


def test_media_inputs_are_found_with_their_names() -> None:
    fields = {"init_image": f"{ORIGIN}/a.jpg", "items": [{"target": f"{ORIGIN}/b.jpg"}], "conn_id": "x"}

    assert list(media_inputs(fields, ORIGIN)) == [
        ("init_image", f"{ORIGIN}/a.jpg"),
        ("target", f"{ORIGIN}/b.jpg"),
    ]


def test_all_good_is_no_problem(tmp_path: Path) -> None:
    assert problems([outcome(tmp_path)], {"swap": "success"}) == []


def test_a_batch_stored_what_its_manifest_lists(tmp_path: Path) -> None:
    lines = [{"stored": [f"file://{tmp_path}/{name}.jpg"]} for name in "ab"] + [{"stored": []}]
    (tmp_path / "manifest.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    result = {"succeeded": 2, "reused": 0, "manifest": f"file://{tmp_path}/manifest.jsonl"}
    batch = replace(outcome(tmp_path), result=result)

    assert [path.name for path in batch.stored] == ["a.jpg", "b.jpg"]
    assert replace(batch, result={**result, "reused": 2}).stored == []


def test_file_that_does_not_open_is_a_problem(tmp_path: Path) -> None:
    found = problems([outcome(tmp_path, content=b"no picture")], {"swap": "success"})

    assert len(found) == 1
    assert "swap.swap[2]" in found[0]


def test_nothing_stored_is_a_problem() -> None:
    assert problems([], {}) == ["no task stored a file"]


def test_failed_run_is_a_problem(tmp_path: Path) -> None:
    assert problems([outcome(tmp_path, state="failed")], {"swap": "failed"}) == [
        "swap is failed",
        "swap.swap[2] is failed",
    ]


def test_row_holds_inputs_and_results(tmp_path: Path) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=JPEG))
    with httpx.Client(transport=transport) as http:
        [row] = contact_sheet_rows([outcome(tmp_path)], ORIGIN, http)

    assert row.title == "swap / swap[2]"
    assert [(cell.caption, cell.is_result) for cell in row.cells] == [("init_image", False), ("result", True)]


def test_contact_sheet_is_as_wide_as_its_longest_row(tmp_path: Path) -> None:
    cell = Cell(picture_of(JPEG), "caption")

    write_contact_sheet(tmp_path / "sheet.jpg", [Row("one", [cell]), Row("three", [cell, cell, cell])])

    sheet = picture_of((tmp_path / "sheet.jpg").read_bytes())
    assert sheet.shape[1] == MARGIN + 3 * (CELL_WIDTH + MARGIN)


@pytest.mark.parametrize("content", [b"", b"no picture", JPEG[:20]])
def test_broken_media_are_refused(content: bytes) -> None:
    with pytest.raises(MediaError):
        picture_of(content)
