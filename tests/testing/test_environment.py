"""What the fixture sets up for a test of a Dag."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from airflow_provider_faceswap.apis import VENDORS
from airflow_provider_faceswap.callbacks import probe
from airflow_provider_faceswap.callbacks.config import callback_settings
from airflow_provider_faceswap.execution import pause
from airflow_provider_faceswap.hooks import hook_for
from airflow_provider_faceswap.options import folder_option, local_roots
from airflow_provider_faceswap.testing.environment import running_sandbox
from airflow_provider_faceswap.testing.handle import FaceSwapSandbox
from airflow_provider_faceswap.triggers import base


def submit(sandbox: FaceSwapSandbox, operation: str = "single_video_swap") -> httpx.Response:
    body = {"key": sandbox.key, "init_image": sandbox.face, "init_video": sandbox.clip}
    url = f"{sandbox.url}/api/v6/faceswap/{operation}"
    return httpx.post(url, json=body, timeout=30, trust_env=False)


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_default_connections_lead_to_the_sandbox(faceswap_sandbox: FaceSwapSandbox, vendor: str) -> None:
    settings = hook_for(vendor, f"{vendor}_default").settings

    assert settings.base_url == faceswap_sandbox.url
    assert settings.api_key.get_secret_value() == faceswap_sandbox.key


def test_another_connection_leads_to_the_sandbox_until_the_end(tmp_path: Path) -> None:
    with running_sandbox(tmp_path) as sandbox:
        sandbox.add_connection("nightly", "segmind")
        assert hook_for("segmind", "nightly").settings.base_url == sandbox.url
        with pytest.raises(ValueError, match="'elsewhere' is not a known vendor: modelslab"):
            sandbox.add_connection("nightly", "elsewhere")
    assert "AIRFLOW_CONN_NIGHTLY" not in os.environ


def test_callbacks_reach_the_inbox(
    faceswap_sandbox: FaceSwapSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    probe.check(callback_settings())  # sends one, and looks for it

    assert [record.name.rpartition(".")[2] for record in caplog.records] == ["receiver"]


def test_everything_is_on_loopback(faceswap_sandbox: FaceSwapSandbox) -> None:
    for url in (faceswap_sandbox.url, faceswap_sandbox.clip, callback_settings().base_url):
        assert urlsplit(url).hostname == "127.0.0.1"


def test_files_of_the_test_may_be_inputs_and_a_place_for_results_is_there(
    faceswap_sandbox: FaceSwapSandbox,
) -> None:
    assert local_roots() == (str(faceswap_sandbox.folder),)
    assert faceswap_sandbox.folder.is_dir()
    assert folder_option("spool") != callback_settings().inbox
    assert faceswap_sandbox.output_path.startswith(faceswap_sandbox.folder.as_uri())


def test_the_pauses_for_a_real_scheduler_are_left_out_until_the_end(tmp_path: Path) -> None:
    before = (base.MIN_EVENT_SECONDS, pause.FIRST_PAUSE)
    with running_sandbox(tmp_path):
        assert (base.MIN_EVENT_SECONDS, pause.FIRST_PAUSE) == (0, 0)
    assert before == (base.MIN_EVENT_SECONDS, pause.FIRST_PAUSE)
    assert min(before) >= 8


def test_the_environment_is_as_before_though_the_test_failed(tmp_path: Path) -> None:
    before = dict(os.environ)
    with pytest.raises(RuntimeError, match="the test itself"), running_sandbox(tmp_path) as sandbox:
        raise RuntimeError("the test itself")
    assert dict(os.environ) == before
    with pytest.raises(httpx.ConnectError):
        httpx.get(sandbox.url, trust_env=False)


def test_a_proxy_of_the_user_is_kept_and_left_out_for_loopback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "intranet.example.com")
    with running_sandbox(tmp_path):
        assert os.environ["NO_PROXY"] == "intranet.example.com,127.0.0.1"


def test_accepted_jobs_are_counted_for_each_vendor(faceswap_sandbox: FaceSwapSandbox) -> None:
    assert faceswap_sandbox.accepted == {"modelslab": 0, "segmind": 0, "aifaceswap": 0}

    submit(faceswap_sandbox)
    submit(faceswap_sandbox)

    assert faceswap_sandbox.accepted == {"modelslab": 2, "segmind": 0, "aifaceswap": 0}
    assert faceswap_sandbox.counts["duplicates"] == 1


def test_a_clip_takes_its_time_and_says_nothing_of_its_end(faceswap_sandbox: FaceSwapSandbox) -> None:
    answer = submit(faceswap_sandbox).json()

    assert answer["status"] == "processing"
    assert "eta" not in answer
    assert len(faceswap_sandbox.jobs(vendor="modelslab")) == 1
    assert faceswap_sandbox.jobs(vendor="segmind") == []


def test_faults_and_progress_are_chosen(faceswap_sandbox: FaceSwapSandbox) -> None:
    faceswap_sandbox.fault("error", code=422, message="The clip is too long", times=1)
    faceswap_sandbox.progress(outcome="failed", message="No face found")

    refused, failed = submit(faceswap_sandbox), submit(faceswap_sandbox)

    assert "The clip is too long" in refused.text
    assert "No face found" in failed.text
    assert faceswap_sandbox.accepted["modelslab"] == 1


def test_a_control_that_the_sandbox_does_not_know_is_an_error(faceswap_sandbox: FaceSwapSandbox) -> None:
    with pytest.raises(ValueError, match=r"the sandbox refuses faults: .*kind"):
        faceswap_sandbox.fault("no_such_kind")
    faceswap_sandbox.callbacks(deliveries=0)
    assert faceswap_sandbox.control("GET", "callbacks")["callbacks"] == [{"deliveries": 0, "left": None}]
