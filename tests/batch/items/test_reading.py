"""Items as a Dag gives them: lists, XComs, and files that list them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.sdk import ObjectStoragePath
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_faceswap.batch.items import lists, reading
from airflow_provider_faceswap.batch.items.raw import RawItem
from airflow_provider_faceswap.batch.items.reading import literal_limit, read_items
from airflow_provider_faceswap.batch.items.rows import make_rows
from airflow_provider_faceswap.exceptions import InputError
from tests.batch.conftest import Inputs
from tests.batch.items.listing import CLIP, FACE, ONE

OUT = "s3://store@bucket/out"
ROWS = [{"target": CLIP}, {"target": FACE, "output_name": "ä"}]


def read(items: Any) -> list[RawItem]:
    return list(read_items(items, OUT))


def refused(items: Any) -> str:
    with pytest.raises(InputError) as caught:
        read(items)
    return str(caught.value)


def listed(inputs: Inputs, name: str, content: bytes | str) -> list[RawItem]:
    return read(inputs.put(name, content))


def problems(found: list[RawItem]) -> list[tuple[str, str]]:
    return [(item.where, item.problem) for item in found]


@pytest.mark.parametrize("items", [ROWS, tuple(ROWS), (row for row in ROWS)])
def test_a_list_is_read_as_it_is(items: Any) -> None:
    assert read(items) == ROWS


@pytest.mark.parametrize("items", [[], ()])
def test_an_empty_list_is_an_empty_batch(items: Any) -> None:
    assert read(items) == []


def test_an_item_that_is_not_a_dict_is_a_fault() -> None:
    assert [item.problem for item in read([ROWS[0], CLIP])] == [
        "", 'must be a dict, such as {"target": ...}, not str',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("items", "words"),
    [
        (None, "is required: give a list of dicts, the URL of"),
        (" None ", "is required"),
        (17, "must be a list of dicts, the URL of a JSON Lines or CSV file"),
        ({"target": CLIP}, "not dict"),
        (b"s3://x", "not bytes"),
        ("s3://store@bucket/{{ ds }}.jsonl", "holds a template that was not rendered"),
        (str(ROWS), "is a list that was rendered as text: give the other task's output itself"),
        ("https://me:s3cret@a.example/list.csv?sig=s3cret", "is an http(s) URL, which is not read"),
        ("s3://store@bucket/in/", "a folder needs a pattern after it"),
        ("s3://store@bucket/list.xlsx", "a list's name ends in .jsonl, .ndjson, .json or .csv"),
        ("s3://store@bucket/*.jsonl", "is a glob of lists"),
        ("s3://me:s3cret@bucket/list.csv", "must name an Airflow connection before the '@'"),
        ("s3://nobody@bucket/list.csv", "names the connection 'nobody', which is not defined here"),
        ("nope://bucket/list.csv", "must be a URL, or a path in an object store that Airflow serves"),
        ("list.csv", "must be a path in object storage"),
        ("/etc/list.csv", "is missing or is not below [faceswap] local_roots"),
    ],
)
def test_what_cannot_be_read_is_said(s3: object, items: Any, words: str) -> None:
    text = refused(items)
    assert text.startswith("items: ") and words in text and "s3cret" not in text


def test_a_path_object_is_read(inputs: Inputs) -> None:
    url = inputs.put("list.jsonl", json.dumps(ROWS[0]))
    assert read(ObjectStoragePath(url)) == ROWS[:1]


@pytest.mark.parametrize("name", ["list.jsonl", "list.NDJSON", "list.json"])
@pytest.mark.parametrize("head", ["", "\ufeff", "\n \n"])
def test_json_lines_are_read(inputs: Inputs, name: str, head: str) -> None:
    text = head + "\r\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS) + "\n\n"
    found = listed(inputs, name, text)
    first = head.count("\n") + 1
    assert found == ROWS and [item.where for item in found] == [f"line {first}", f"line {first + 1}"]


@pytest.mark.parametrize("head", ["", "\ufeff", "\n "])
def test_a_json_list_is_read(inputs: Inputs, head: str) -> None:
    assert listed(inputs, "list.json", head + json.dumps(ROWS, indent=1)) == ROWS


@pytest.mark.parametrize("name", ["list.jsonl", "list.csv", "list.json"])
def test_an_empty_file_is_an_empty_batch(inputs: Inputs, name: str) -> None:
    assert listed(inputs, name, b"") == [] and listed(inputs, name, b"\n\n") == []


def test_bad_lines_are_faults_that_name_the_line(bucket: Inputs) -> None:
    lines = [json.dumps(ROWS[0]).encode(), b"{", b"", b"[1]", b'{"a": "\xff"}', b"[" * 100_000, b"null"]
    long = b'{"a": "' + b"x" * lists.MAX_LINE + b'"}'
    found = listed(bucket, "list.jsonl", b"\n".join([*lines, long, json.dumps(ROWS[1]).encode()]))
    assert problems(found) == [
        ("line 1", ""),
        ("line 2", "is not JSON; each line holds one JSON object"),
        ("line 4", 'must be a JSON object, such as {"target": ...}'),
        ("line 5", "is not UTF-8 text; save the file as UTF-8"),
        ("line 6", "is not JSON; each line holds one JSON object"),
        ("line 7", 'must be a JSON object, such as {"target": ...}'),
        ("line 8", "is longer than 1048576 bytes; give paths or URLs instead of content"),
        ("line 9", ""),
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'[{"a": 1},\n}', "is not JSON: look at line 2"),
        (b'["\xff"]', "is not UTF-8 text"),
        (b"[" * 100_000, "is not JSON"),
    ],
)
def test_a_file_that_does_not_hold_a_json_list_is_refused(bucket: Inputs, content: bytes, words: str) -> None:
    assert words in refused(bucket.put("list.json", content))


CSV = "target,output_name,consent_reference\n"


@pytest.mark.parametrize("head", ["", "\ufeff"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_csv_file_is_read(inputs: Inputs, head: str, delimiter: str, end: str) -> None:
    rows = ["target,output_name,index", " a , ,[1]", ",,", "", "b,ä", 'c,"x""y",']
    found = listed(inputs, "list.csv", head + end.join(rows).replace(",", delimiter) + end)
    assert found == [
        {"target": "a", "index": "[1]"},
        {"target": "b", "output_name": "ä"},
        {"target": "c", "output_name": 'x"y'},
    ]
    assert [item.where for item in found] == ["line 2", "line 5", "line 6"] and all(
        item.cells for item in found
    )


def test_a_cell_may_hold_lines_and_commas(bucket: Inputs) -> None:
    found = listed(bucket, "list.csv", f'{CSV}a,b,"one\ntwo, three"\nc,d,e\n')
    assert found[0]["consent_reference"] == "one\ntwo, three"
    assert [item.where for item in found] == ["line 2", "line 4"]


@pytest.mark.parametrize(
    ("row", "line", "words"),
    [
        (b"a,b,c,d", "line 3", "holds 4 cells, and the header line 3 names"),
        (b'a,"b', "line 3", "is not CSV; look for a quote that is not closed"),
        (b'a,"b"c,d', "line 3", "is not CSV"),
        (b"a,\xe4,c", "line 3", "is not UTF-8 text; save the file as UTF-8"),
        (b"a," + b"x" * 200_000, "line 3", "is not CSV"),
        (b"a," + b"x" * (lists.MAX_LINE + 1), "line 3", "is longer than 1048576 bytes"),
    ],
)
def test_a_bad_line_of_a_csv_file_is_a_fault(bucket: Inputs, row: bytes, line: str, words: str) -> None:
    good, bad, *_ = listed(bucket, "list.csv", CSV.encode() + b"a,b,c\n" + row + b"\nd,e,f\n")
    assert not good.problem and bad.where == line and bad.problem.startswith(words)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"target,face,target\n", "two columns of one name: target"),
        (b"\xff\xfet\x00a\x00", "header line is not UTF-8 text"),
        (
            b"https://a.example/?sig=s3cret,https://a.example/?sig=s3cret\n",
            "one name: (a name that is not shown)",
        ),
    ],
)
def test_a_header_that_cannot_be_used_is_refused(bucket: Inputs, content: bytes, words: str) -> None:
    text = refused(bucket.put("list.csv", content))
    assert words in text and "s3cret" not in text


def test_a_column_without_a_name_may_be_empty_only(bucket: Inputs) -> None:
    found = listed(bucket, "list.csv", "target,,\na,,\nb,c,\n")
    assert [dict(item) for item in found[:1]] == [{"target": "a"}]
    assert found[1].problem == "holds a cell in a column without a name"


def test_a_csv_file_and_a_json_lines_file_make_the_same_rows(bucket: Inputs) -> None:
    csv = f"init_image,init_video,watermark\n{FACE},{CLIP},false\n{FACE},{CLIP},\n"
    lines = "\n".join(json.dumps(row) for row in [{**ONE, "watermark": False}, ONE])
    found = [
        make_rows(listed(bucket, name, text), provider="modelslab", operation="single_video_swap")
        for name, text in (("list.csv", csv), ("list.jsonl", lines))
    ]
    assert found[0] == found[1] and found[0][0].fields["watermark"] is False


def test_a_file_is_not_read_further_than_its_rows_are_wanted(
    bucket: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = bucket.put("list.jsonl", b'{"target": "a"}\n' * 200)
    taken: list[int] = []
    real = lists._lines

    def counted(file: Any) -> Any:
        for number, line in real(file):
            taken.append(number)
            yield number, line

    monkeypatch.setattr(lists, "_lines", counted)
    found = read_items(url, OUT)
    assert next(found) == {"target": "a"} and len(taken) == 1
    found.close()
    monkeypatch.setattr(reading, "MAX_ROWS", 100)
    with pytest.raises(InputError, match="holds over 100 rows; split it"):
        read(url)


def test_a_file_that_is_too_large_is_refused(inputs: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    url = inputs.put("list.csv", CSV)
    monkeypatch.setattr(lists, "MAX_FILE", 10)
    assert "is a file of 37 bytes, and at most 10 are read; split it" in refused(url)


def test_a_json_list_that_is_too_large_to_hold_is_refused(
    bucket: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = bucket.put("list.json", "[" + " " * 20 + "]")
    monkeypatch.setattr(lists, "MAX_JSON", 10)
    assert "is a JSON list of over 10 bytes; write it as JSON Lines" in refused(url)


def test_a_file_that_is_not_there_is_an_error(inputs: Inputs) -> None:
    assert "that does not exist" in refused(f"{inputs.url}/no.csv") or "is missing" in refused(
        f"{inputs.url}/no.csv"
    )


def test_a_list_in_a_dags_code_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    for passing in (ROWS * 250, tuple(ROWS), f"s3://{'x' * 600}", None, range(600)):
        literal_limit(passing)
    with pytest.raises(
        InputError, match=r"items: holds 501 rows, and a Dag's code at most 500: give the URL"
    ):
        literal_limit([ROWS[0]] * (reading.MAX_LITERAL + 1))


@given(
    name=st.sampled_from(["list.jsonl", "list.csv", "list.json"]),
    content=st.binary() | st.text().map(str.encode),
)
def test_whatever_a_file_holds_it_is_items_or_one_error(
    tmp_path_factory: pytest.TempPathFactory, name: str, content: bytes
) -> None:
    root = tmp_path_factory.getbasetemp()
    (root / name).write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW__FACESWAP__LOCAL_ROOTS", str(root))
        try:
            assert all(isinstance(item, RawItem) for item in read(f"file://{root}/{name}"))
        except InputError as error:
            assert (
                str(error).startswith("items: names a CSV file")
                or "is not JSON" in str(error)
                or "UTF-8" in str(error)
            )
