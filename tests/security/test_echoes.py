"""A vendor that puts the API key where nobody looks for it: into ids, headers, host names and links."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from unittest import mock

import httpx
import pytest

from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.exceptions import InDoubtError, ResultError
from airflow_provider_faceswap.execution.results import Results
from airflow_provider_faceswap.hooks import hook_for
from airflow_provider_faceswap.hooks.settings import Settings
from airflow_provider_faceswap.storage.download import download

KEY = "sbx-3F9c1E7a"
URL = "https://example.com/a.jpg"
SUBMISSIONS = {
    "modelslab": (
        "single_video_swap",
        {"init_image": URL, "init_video": URL},
        {"status": "processing", "id": KEY},
    ),
    "segmind": (
        "v2/faceswap-v2",
        {"source_img": URL, "target_img": URL},
        {"status": "QUEUED", "request_id": KEY},
    ),
    "aifaceswap": (
        "faceswap",
        {"source_image": URL, "face_image": URL},
        {"code": 200, "data": {"task_id": KEY}},
    ),
}


@pytest.mark.parametrize("name", SUBMISSIONS)
def test_a_key_is_not_taken_for_an_id(name: str, caplog: pytest.LogCaptureFixture) -> None:
    operation, fields, answer = SUBMISSIONS[name]
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=answer, headers={"x-a": KEY}))
    hook = hook_for(name, "c")
    hook._transport = transport
    hook.__dict__["settings"] = hook.settings_class(base_url="https://api.example.com", api_key=KEY)
    with caplog.at_level(logging.DEBUG), pytest.raises(InDoubtError) as caught:
        hook.send(vendor(name).submission(operation).checked(fields))
    assert KEY not in f"{caught.value!r} {vars(caught.value)} {caplog.text}" and "***" not in caplog.text


@pytest.mark.parametrize("host", [KEY, f"{KEY}.evil.example", KEY.upper()])
def test_a_host_name_does_not_show_the_key(host: str, tmp_path: Path) -> None:
    settings = Settings(base_url="https://api.example.com", api_key=KEY)
    with pytest.raises(ResultError, match=r"plain http from \*\*\*") as caught:
        download(f"http://{host}/a.mp4", tmp_path / "a", "video", settings)
    assert KEY.lower() not in f"{caught.value!r} {caught.value.__context__!r}".lower()


@pytest.mark.parametrize("link", [f"https://cdn.example.com/{KEY}/a.mp4", f"https://{KEY.lower()}.example/a"])
def test_a_link_with_the_key_is_not_recorded(link: str) -> None:
    completion = mock.Mock()
    completion.hook.settings = Settings(base_url="https://api.example.com", api_key=KEY)
    results = Results(outputs=mock.Mock(), completion=completion, seconds=1)
    recorded = results.record({"output": ["https://cdn.example.com/a", link]})
    assert KEY.lower() not in json.dumps(recorded).lower()


def test_httpcore_logs_no_reply_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    from airflow_provider_faceswap.hooks.quiet import unlogged

    with caplog.at_level(logging.DEBUG):
        with unlogged():
            logging.getLogger("httpcore.http11").debug("location: %s", KEY)
        logging.getLogger("httpcore.http11").debug("a user's own")
    assert KEY not in caplog.text and "a user's own" in caplog.text
