"""A vendor that repeats the signed URL that it was given: in errors, in metadata, spelled in other ways."""

from __future__ import annotations

import html
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from airflow_provider_faceswap.operators.aifaceswap import AIFaceSwapImageOperator
from airflow_provider_faceswap.operators.modelslab import ModelsLabMultipleFaceSwapOperator
from airflow_provider_faceswap.operators.segmind import SegmindFaceSwapOperator
from tests.execution.vendors import Task, Vendor, connect, finished
from tests.recipe.server import serve_app

SIGNATURE = "5ec7e7" + "0123456789abcdef" * 3
CREDENTIAL = "AKIAEXAMPLE%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"
URLS = {
    "amazon": f"https://b.s3.amazonaws.com/a.jpg?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={CREDENTIAL}"
    f"&X-Amz-Expires=60&X-Amz-Security-Token={SIGNATURE}&X-Amz-Signature={SIGNATURE}",
    "google": f"https://storage.googleapis.com/b/a.jpg?X-Goog-Expires=60&X-Goog-Signature={SIGNATURE}",
    "azure": f"https://a.blob.core.windows.net/b/a.jpg?se=2026-01-01T00%3A00%3A00Z&sp=r&sig={SIGNATURE}%2B%3D",
}
SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "json": lambda url: url.replace("&", "\\u0026"),
    "json in json": lambda url: json.dumps(json.dumps(url)).replace("&", "\\\\u0026").replace("/", "\\\\/"),
    "percent": lambda url: quote(url, safe=""),
    "percent twice": lambda url: quote(quote(url, safe=""), safe=""),
    "html": html.escape,
    "without scheme": lambda url: url.partition("//")[2],
    "query": lambda url: url.partition("?")[2],
    "percent query": lambda url: quote(url.partition("?")[2], safe=""),
}
OPERATORS = {
    "modelslab": (ModelsLabMultipleFaceSwapOperator, ("init_image", "target_image")),
    "segmind": (SegmindFaceSwapOperator, ("source_img", "target_img")),
    "aifaceswap": (AIFaceSwapImageOperator, ("source_image", "face_image")),
}


@pytest.fixture(scope="module")
def server() -> Iterator[Vendor]:
    vendor = Vendor()
    with serve_app(vendor.app()) as vendor.url:
        yield vendor


@pytest.fixture(params=URLS)
def url(request: pytest.FixtureRequest) -> str:
    return URLS[request.param]


@pytest.fixture
def said(request: pytest.FixtureRequest, url: str) -> str:
    return f"Cannot open all of: {' '.join(spell(url) for spell in SPELLINGS.values())} (403)"


def task(provider: str, vendor: Vendor, url: str, monkeypatch: pytest.MonkeyPatch, **arguments: Any) -> Task:
    connect(monkeypatch, provider, vendor.url)
    monkeypatch.setenv("AIRFLOW__FACESWAP__CALLBACK_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AIRFLOW__FACESWAP__CALLBACK_SECRET", "x" * 40)
    operator, fields = OPERATORS[provider]
    return Task(operator, monkeypatch, **dict.fromkeys(fields, url), **arguments)


def everything(error: BaseException | None) -> str:
    """Return all that an exception could put into a log, its causes' included."""
    if error is None:
        return ""
    return f"{error!r} {error} {vars(error)} {everything(error.__cause__)} {everything(error.__context__)}"


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_each_spelling_is_masked(
    spelling: str, server: Vendor, url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one = task("modelslab", server, url, monkeypatch)
    server.submissions = [{"status": "error", "message": f"Cannot open {SPELLINGS[spelling](url)} (403)"}]
    with caplog.at_level(logging.DEBUG):
        text = everything(one.fails())
    assert "Cannot open" in text
    assert SIGNATURE not in text and SIGNATURE not in caplog.text and SIGNATURE not in json.dumps(one.entry)


@pytest.mark.parametrize(
    ("provider", "status", "answer", "arguments"),
    [
        ("modelslab", 200, {"status": "error", "message": "{}"}, {}),
        ("modelslab", 200, {"status": "error", "message": {"init_image": ["{}"]}}, {}),
        ("modelslab", 400, {"status": "error", "messege": "{}"}, {}),
        ("modelslab", 500, "<html>{}</html>", {}),
        ("modelslab", 200, "{}", {}),
        ("modelslab", 200, {"status": "processing", "id": "{}", "meta": {"init_image": "{}"}}, {}),
        ("segmind", 400, {"error": "{}"}, {}),
        ("segmind", 406, {"error": {"detail": ["{}"]}}, {}),
        ("segmind", 200, {"error": "{}"}, {}),
        ("segmind", 502, "{}", {}),
        ("segmind", 400, {"error": "{}"}, {"api_version": "v2"}),
        ("aifaceswap", 200, {"code": 400, "message": "{}"}, {}),
        ("aifaceswap", 200, {"code": 200, "message": "{}", "data": {"task_id": "{}"}}, {"in_doubt_wait": 0}),
        ("aifaceswap", 500, "{}", {"in_doubt_wait": 0}),
    ],
)
def test_a_refused_submission_keeps_it(
    provider: str,
    status: int,
    answer: Any,
    arguments: dict[str, Any],
    server: Vendor,
    url: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    one = task(provider, server, url, monkeypatch, **arguments)
    server.submissions = [(status, filled(answer, said))]
    with caplog.at_level(logging.DEBUG):
        error = one.fails()
    kept = [everything(error), caplog.text, json.dumps(one.entry), json.dumps(one.context["ti"].xcoms)]
    assert [SIGNATURE in text for text in kept] == [False] * 4


@pytest.mark.parametrize(
    ("provider", "taken", "verdict", "arguments"),
    [
        ("modelslab", {"status": "processing", "id": 278}, {"status": "failed", "message": "{}"}, {}),
        (
            "segmind",
            {"status": "QUEUED", "request_id": "r-1"},
            {"status": "FAILED", "request_id": "r-1", "error": "{}"},
            {"api_version": "v2"},
        ),
    ],
)
def test_a_failed_job_keeps_it(
    provider: str,
    taken: dict[str, Any],
    verdict: dict[str, Any],
    arguments: dict[str, Any],
    server: Vendor,
    url: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    one = task(provider, server, url, monkeypatch, **arguments)
    echo = {"message": said, "tip": said, "meta": {"init_image": url, "seed": said}}
    server.submissions, server.polls = [{**echo, **taken}], [(422, filled(verdict, said))]
    with caplog.at_level(logging.DEBUG):
        error = one.fails()
    kept = [everything(error), caplog.text, json.dumps(one.entry), json.dumps(one.context["ti"].xcoms)]
    assert "Cannot open" in kept[0]
    assert [SIGNATURE in text for text in kept] == [False] * 4


def test_a_result_keeps_it(
    server: Vendor,
    url: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    one = task("modelslab", server, url, monkeypatch, output_path=f"file://{tmp_path}/out")
    echo = {name: said for name in ("seed", "file_prefix", "output_format", "request_id", "init_image")}
    server.submissions = [{"id": 278, **finished(server), "message": said, "tip": url, "meta": echo}]
    with caplog.at_level(logging.DEBUG):
        result = one.start()
    assert result["stored"] and "Cannot open" in json.dumps(result["meta"])
    kept = [path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file()]
    kept += [json.dumps(result), caplog.text, json.dumps(one.entry), json.dumps(one.context["ti"].xcoms)]
    assert len(kept) > 5
    assert [SIGNATURE in text for text in kept] == [False] * len(kept)


def filled(answer: Any, said: str) -> Any:
    """Return an answer with what the vendor says in each of its blanks."""
    if isinstance(answer, dict):
        return {name: filled(value, said) for name, value in answer.items()}
    if isinstance(answer, list):
        return [filled(value, said) for value in answer]
    return answer.replace("{}", said) if isinstance(answer, str) else answer
